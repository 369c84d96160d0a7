"""MeterValues and transactionData: S 3.16, 4.7, E 3.9, 3.14 to 3.16, 3.46, 3.91."""

import pytest

from ocppj import sampler
from ocppj.datetime import parse
from v16_bench import WALL, Bench


def stamps(b):
    return [parse(p["meterValue"][0]["timestamp"]) for p in b.sent("MeterValues")]


def test_sampled_from_the_start_of_the_transaction():
    """S 3.16.1, S 4.7, E 3.15."""
    b = Bench(MeterValueSampleInterval=60).online(17).charge().run(200)
    assert stamps(b) == [WALL + 17 + 60 * n for n in (1, 2, 3)]
    assert {p["transactionId"] for p in b.sent("MeterValues")} == {1}


def test_no_samples_without_a_transaction_or_with_interval_zero():
    """S 3.16.1."""
    b = Bench(MeterValueSampleInterval=60).online(300)
    assert not b.sent("MeterValues")
    b.config.set("MeterValueSampleInterval", "0")
    b.charge().run(300)
    assert not b.sent("MeterValues")


def test_no_sample_after_the_stop():  # users' complaint 30
    """S 3.16.1, U 30."""
    b = Bench(MeterValueSampleInterval=60).online().charge().run(100)
    b.stop().run(300)
    assert len(b.sent("MeterValues")) == 1


def test_a_new_interval_takes_effect_at_once_and_keeps_the_raster():
    """S 3.16.1."""
    b = Bench(MeterValueSampleInterval=600).online(10).charge().run(95)
    b.call("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"})
    b.run(60)
    assert stamps(b) == [WALL + 10 + 120, WALL + 10 + 150]


def test_aligned_at_exact_times_of_the_day_also_without_transaction():  # S 3.16.2, complaint 14
    """S 3.16.2, S 3.16.3, E 3.16, U 14."""
    b = Bench(ClockAlignedDataInterval=900, real=WALL + 5, connectors=2).online()
    b.run(1900)
    assert stamps(b) == [WALL + 900] * 2 + [WALL + 1800] * 2
    first = b.sent("MeterValues")[0]
    assert "transactionId" not in first and first["connectorId"] == 1
    assert first["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"


def test_aligned_in_a_transaction_has_its_id():
    """E 3.16."""
    b = Bench(ClockAlignedDataInterval=900, MeterValueSampleInterval=0).online().charge()
    b.run(1000)
    assert [p.get("transactionId") for p in b.sent("MeterValues")] == [1]


def test_aligned_begins_anew_at_midnight():
    """S 3.16.2."""
    day = 86400
    assert sampler.aligned(day + 1, 50000) == day + 50000
    assert sampler.aligned(day + 50000, 50000) == 2 * day
    assert sampler.aligned(2 * day - 1, 50000) == 2 * day
    assert sampler.aligned(2 * day, 50000) == 2 * day + 50000
    assert sampler.aligned(day - 1, day) == day


def test_aligned_waits_for_a_clock():
    """S 3.16.2."""
    b = Bench(ClockAlignedDataInterval=60).start()
    b.run(300)
    assert b.cp.box.peek() is None
    b.online(70)
    assert len(b.sent("MeterValues")) == 1


@pytest.mark.parametrize("jump", [-7200, -100, 100, 7200])
def test_a_clock_that_is_moved_makes_no_burst(jump):
    """S 3.16.2."""
    b = Bench(ClockAlignedDataInterval=900, MeterValueSampleInterval=0).online(300)
    b.clock.set_wall(b.clock.wall() + jump, "console")
    b.real += jump
    before = b.clock.wall()
    b.run(900)
    assert [s % 900 for s in stamps(b)] == [0]
    assert before < stamps(b)[0] <= before + 900


def test_offline_samples_are_kept():  # users' complaint 11
    """S 3.7/2, U 11."""
    b = Bench(MeterValueSampleInterval=60).online().charge().run(3)
    b.offline()
    b.run(600)
    b.online(3)
    assert stamps(b) == [WALL + 2 + 60 * n for n in range(1, 11)]


def test_what_is_unknown_is_left_out():
    """S 3.16.3."""
    b = Bench(MeterValueSampleInterval=60).online().charge()
    meter = b.station.connector(1).meter
    meter.soc_pm, meter.temp_dc = -1, -32768
    b.run(61)
    names = [v["measurand"] for v in b.sent("MeterValues")[0]["meterValue"][0]["sampledValue"]]
    assert "SoC" not in names and "Temperature" not in names and "Voltage" in names


def test_a_sample_of_nothing_known_is_not_sent():
    """S 3.16.3."""
    b = Bench(MeterValueSampleInterval=60, MeterValuesSampledData="SoC").online().charge()
    b.station.connector(1).meter.soc_pm = -1
    b.run(130)
    assert not b.sent("MeterValues")


def test_values_and_units():
    """JE 2.1, S 4.7."""
    got = dict(sampler.values("E12P7400V4005I-5O320W2500S1000T-123"))
    assert got == {
        "E": "12",
        "P": "7400",
        "V": "400.5",
        "I": "-0.5",
        "O": "32.0",
        "W": "2500",
        "S": "100.0",
        "T": "-12.3",
    }
    assert sampler.only("E12P7400T-5", "TE") == "E12T-5"


def test_measurands_are_checked():
    """S 3.16.4."""
    b = Bench().online()
    for key in (
        "MeterValuesSampledData",
        "MeterValuesAlignedData",
        "StopTxnSampledData",
        "StopTxnAlignedData",
    ):
        for value, status in (
            ("Voltage,SoC", "Accepted"),
            ("Voltage,Frequency", "Rejected"),
            ("Voltage.L1", "Rejected"),
            ("nonsense", "Rejected"),
            ("", "Accepted"),
        ):
            answer = b.call("ChangeConfiguration", {"key": key, "value": value})
            assert answer == {"status": status}, (key, value)
        assert b.config.get(key) == ""


def test_no_transaction_data_unless_asked_for():
    """S 3.16.5."""
    b = Bench(MeterValueSampleInterval=10).online().charge().run(35)
    b.stop().run(2)
    assert "transactionData" not in b.sent("StopTransaction")[0]


def rows(b):
    return [
        (
            parse(r["timestamp"]) - WALL,
            r["sampledValue"][0]["context"],
            [v["measurand"] for v in r["sampledValue"]],
        )
        for r in b.sent("StopTransaction")[0]["transactionData"]
    ]


def test_transaction_data_has_begin_samples_and_end():
    """E 3.14, E 4.25."""
    b = Bench(MeterValueSampleInterval=10, StopTxnSampledData="SoC,Voltage").online(2)
    b.charge().run(25)
    b.stop().run(2)
    both = ["SoC", "Voltage"]
    assert rows(b) == [
        (2, "Transaction.Begin", both),
        (12, "Sample.Periodic", both),
        (22, "Sample.Periodic", both),
        (27, "Transaction.End", both),
    ]


def test_aligned_readings_in_transaction_data():
    """E 3.14."""
    b = Bench(
        ClockAlignedDataInterval=20,
        StopTxnAlignedData="Energy.Active.Import.Register",
        MeterValuesAlignedData="",
        MeterValueSampleInterval=0,
    ).online(2)
    b.charge().run(25)
    b.stop().run(2)
    assert [r[:2] for r in rows(b)] == [
        (2, "Transaction.Begin"),
        (20, "Sample.Clock"),
        (27, "Transaction.End"),
    ]
    data = b.sent("StopTransaction")[0]["transactionData"]
    assert [r["sampledValue"][0]["value"] for r in data] == ["1000", "1018", "1025"]
    assert not b.sent("MeterValues")


def test_ends_are_never_dropped():
    """E 3.91."""
    b = Bench(
        MeterValueSampleInterval=1, StopTxnSampledData="SoC", MeterValuesSampledData=""
    ).online(2)
    b.charge().run(500)
    b.stop().run(2)
    got = rows(b)
    assert got[0][:2] == (2, "Transaction.Begin")
    assert got[-1][:2] == (502, "Transaction.End")
    assert 4 <= len(got) <= b.config.get("StopTransactionMaxMeterValues")
    assert [r[0] for r in got] == sorted(r[0] for r in got)


def test_asked_for_after_the_start_the_register_at_the_begin_is_there():
    """E 3.14."""
    b = Bench(MeterValueSampleInterval=0).online(2).charge().run(10)
    b.config.set("StopTxnSampledData", "Energy.Active.Import.Register")
    b.run(10)
    b.stop().run(2)
    data = b.sent("StopTransaction")[0]["transactionData"]
    assert [r["sampledValue"][0]["value"] for r in data] == ["1000", "1020"]


def test_triggered_values_are_of_now_with_their_context():
    """S 5.17/4, E 3.46."""
    b = Bench(MeterValueSampleInterval=0, connectors=2).online().charge("A1", 2).run(7)
    b.call("TriggerMessage", {"requestedMessage": "MeterValues"})
    one, two = b.sent("MeterValues")
    assert (one["connectorId"], two["connectorId"]) == (1, 2)
    assert "transactionId" not in one and two["transactionId"] == 1
    value = two["meterValue"][0]["sampledValue"][0]
    assert (value["value"], value["context"]) == ("1007", "Trigger")


def test_registers_never_go_back():  # E 3.9, complaint 31
    """S 7.31/1, E 3.9, E 3.78, U 31."""
    b = Bench(MeterValueSampleInterval=7).online()
    for _ in range(3):
        b.charge().run(50)
        b.stop().run(5)
    seen = []
    for p in b.sent():
        seen += [p[k] for k in ("meterStart", "meterStop") if k in p]
        for row in p.get("meterValue", ()):
            seen.append(int(row["sampledValue"][0]["value"]))
    assert seen == sorted(seen) and len(seen) > 20

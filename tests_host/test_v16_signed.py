"""Signed meter values: the OCA application note (SMV), with a meter that signs by ECDSA P-256."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ocppj.datetime import parse
from tools.sim.meter import public_text, sign, verify
from v16_bench import WALL, Bench, PowerCut


class Meter:
    """The meter interface of ocppj/signing.py; a reading takes `delay` seconds."""

    private = ec.generate_private_key(ec.SECP256R1())

    def __init__(self, bench, cid=1, delay=2):
        self.bench = bench
        self.delay = delay
        self.cid = cid
        self.key = public_text(self.private.public_key())
        self.asked = []  # (kind, token, uptime)
        self.ready = 0
        self.text = ""
        self.extra = ""
        bench.station.connector(cid).external = self

    def sign(self, kind, tag):
        self.asked.append((kind, tag, self.bench.clock.now))
        energy = self.bench.station.connector(self.cid).meter.energy_wh
        body = {"RD": [{"TX": kind, "RV": energy, "ID": tag}], "X": self.extra}
        self.text = sign(self.private, json.dumps(body))
        self.ready = self.bench.clock.now + self.delay

    @property
    def signature(self):
        return None if self.bench.clock.now < self.ready else self.text


def metered(delay=2, **settings):
    """A bench whose meter signs; no other readings."""
    values = {"MeterValueSampleInterval": 0, "SampledDataSignReadings": True}
    values.update(settings)
    b = Bench(**values)
    Meter(b, delay=delay)
    return b.online()


def signed(rows):
    """(seconds since the start of the test, context, payload of the OCMF) of the signed ones."""
    out = []
    for row in rows:
        for value in row["sampledValue"]:
            if value.get("format") == "SignedData":
                assert value["measurand"] == "Energy.Active.Import.Register"
                body = json.loads(value["value"])
                assert (body["signingMethod"], body["encodingMethod"]) == ("", "OCMF")
                text = base64.b64decode(body["signedMeterData"]).decode()
                payload = verify(text, public_text(Meter.private.public_key()))
                at = parse(row["timestamp"]) - WALL
                out.append((at, value["context"], payload["RD"][0]))
    return out


def data(b):
    return b.sent("StopTransaction")[0].get("transactionData", [])


def test_both_ends_stand_in_the_stop_transaction():
    """SMV 3.1.4, SMV 3.3.3: each in its own sampled value."""
    b = metered().charge().run(100)
    b.stop().run(10)
    assert signed(data(b)) == [
        (2, "Transaction.Begin", {"TX": "B", "RV": 1000, "ID": "A1"}),
        (102, "Transaction.End", {"TX": "E", "RV": 1100, "ID": "A1"}),
    ]
    assert not b.sent("MeterValues")


def test_off_there_is_nothing_of_it():
    """SMV 3.3.3: SampledDataSignReadings false, its default."""
    b = metered(SampledDataSignReadings=False).charge().run(100)
    b.stop().run(10)
    assert not b.station.connector(1).external.asked and not data(b)


def test_the_stop_waits_for_a_slow_meter():
    """SMV 2.3.1: up to 30 s; what comes after it stays behind it."""
    b = metered(delay=30).charge().run(60)
    b.stop().run(29)
    assert not b.sent("StopTransaction")
    b.run(3)
    assert [context for _, context, _ in signed(data(b))] == [
        "Transaction.Begin",
        "Transaction.End",
    ]
    assert b.sent("StopTransaction")[0]["timestamp"] == "2027-01-15T08:01:02Z"


def test_a_charge_that_is_shorter_than_its_first_signature():
    """SMV 2.3.1, SMV 3.1.4: the meter makes one reading at a time, each is what it says."""
    b = metered(delay=10).charge().run(3)
    b.stop().run(25)
    assert [(at, row["TX"]) for at, _, row in signed(data(b))] == [(2, "B"), (5, "E")]
    times = [at for _, _, at in b.station.connector(1).external.asked]
    assert times[1] - times[0] >= 10


def test_a_meter_that_never_answers_holds_up_nothing_for_ever():
    """SMV 2.3.1: after 45 s the stop goes out without it, and the log says so."""
    b = metered(delay=10_000).charge().run(60)
    b.stop().run(50)
    assert len(b.sent("StopTransaction")) == 1 and not data(b)
    assert any("no signed reading" in line for line in b.log.lines)


def test_the_begin_may_be_sent_at_once():
    """SMV 3.3.4, SMV 3.3.5: MeterValues right after the StartTransaction, signed."""
    b = metered(
        StartTxnSampledData="Energy.Active.Import.Register,SoC",
        SampledDataSignStartedReadings=True,
    )
    b.charge().run(10)
    first, second = b.sent("MeterValues")
    assert [v["measurand"] for v in first["meterValue"][0]["sampledValue"]] == ["SoC"]
    assert first["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
    assert signed(second["meterValue"])[0][:2] == (2, "Transaction.Begin")
    assert first["transactionId"] == second["transactionId"] == 1
    actions = b.actions()
    assert actions.index("StartTransaction") < actions.index("MeterValues")


def test_without_its_switch_the_begin_is_sent_unsigned():
    """SMV 3.3.4: StartTxnSampledData alone."""
    b = metered(StartTxnSampledData="Energy.Active.Import.Register", SampledDataSignReadings=False)
    b.charge().run(10)
    value = b.sent("MeterValues")[0]["meterValue"][0]["sampledValue"][0]
    assert (value["value"], value["context"]) == ("1000", "Transaction.Begin")
    assert "format" not in value and len(b.sent("MeterValues")) == 1


def test_start_data_that_nobody_measures_is_refused():
    """S 3.16.4, SMV 3.3.4."""
    b = Bench().online()
    answer = b.call("ChangeConfiguration", {"key": "StartTxnSampledData", "value": "RPM"})
    assert answer == {"status": "Rejected"}


def test_readings_in_between():
    """SMV 3.3.6: sampled ones, beside the unsigned; one at a time."""
    b = metered(MeterValueSampleInterval=20, SampledDataSignUpdatedReadings=True).charge().run(50)
    got = [row for p in b.sent("MeterValues") for row in signed(p["meterValue"])]
    assert [row[:2] for row in got] == [(22, "Sample.Periodic"), (42, "Sample.Periodic")]
    assert [row[2]["TX"] for row in got] == ["R", "R"]
    assert len(b.sent("MeterValues")) == 4


def test_clock_aligned_ones():
    """SMV 3.3.7, SMV 3.3.8: with AlignedDataSignReadings and its switch, in a transaction."""
    b = metered(
        SampledDataSignReadings=False,
        AlignedDataSignReadings=True,
        AlignedDataSignUpdatedReadings=True,
        ClockAlignedDataInterval=60,
    )
    b.charge().run(65)
    got = [row for p in b.sent("MeterValues") for row in signed(p["meterValue"])]
    assert [row[:2] for row in got] == [(60, "Sample.Clock")]
    b.stop().run(5)
    assert len(signed(data(b))) == 2


def test_a_switch_of_its_kind_alone_signs_nothing():
    """SMV 3.3.6, SMV 3.3.8: they work only with their ..SignReadings."""
    b = metered(
        SampledDataSignReadings=False,
        SampledDataSignUpdatedReadings=True,
        AlignedDataSignUpdatedReadings=True,
        MeterValueSampleInterval=10,
        ClockAlignedDataInterval=60,
    )
    b.charge().run(70)
    assert not b.station.connector(1).external.asked


def test_a_meter_slower_than_the_interval_is_asked_for_what_it_can():
    """SMV 3.3.6: it takes time to sign; the interval may be shorter."""
    b = metered(delay=25, MeterValueSampleInterval=10, SampledDataSignUpdatedReadings=True)
    b.charge().run(100)
    b.stop().run(60)
    kinds = [kind for kind, _, _ in b.station.connector(1).external.asked]
    assert kinds[0] == "B" and kinds[-1] == "E" and 1 <= kinds.count("R") <= 3
    assert len(signed(data(b))) == 2


@pytest.mark.parametrize("when", ["Never", "OncePerTransaction", "EveryMeterValue"])
def test_the_public_key(when):
    """SMV 3.3.1, SMV 3.3.2: in MeterPublicKey1, and in the values that the key names."""
    b = metered(
        PublicKeyWithSignedMeterValue=when,
        SampledDataSignStartedReadings=True,
        StartTxnSampledData="Energy.Active.Import.Register",
    )
    b.charge().run(10)
    b.stop().run(5)
    told = b.call("GetConfiguration", {"key": ["MeterPublicKey1"]})["configurationKey"][0]
    text = base64.b64decode(told["value"]).decode()
    assert text == "oca:base16:asn1:" + b.station.connector(1).external.key and told["readonly"]
    rows = b.sent("MeterValues")[0]["meterValue"] + data(b)
    sent = [json.loads(row["sampledValue"][0]["value"])["publicKey"] for row in rows]
    expected = {"Never": [], "OncePerTransaction": [1], "EveryMeterValue": [0, 1, 2]}[when]
    assert [i for i in range(3) if sent[i] == told["value"]] == expected
    assert all(not sent[i] for i in range(3) if i not in expected)


def test_the_text_of_the_meter_itself():
    """SMV 3.2.1: SignedMeterValueFormat plain: for a CSMS older than the application note."""
    b = metered(SignedMeterValueFormat="plain").charge().run(10)
    b.stop().run(5)
    values = [row["sampledValue"][0] for row in data(b)]
    assert [v["context"] for v in values] == ["Transaction.Begin", "Transaction.End"]
    for value in values:
        assert verify(value["value"], public_text(Meter.private.public_key()))


def test_the_longest_is_sent_whole_and_a_longer_one_not_at_all():
    """SMV 3.2.1: 2500 characters of base64; never cut off."""
    for length, count in ((1875, 2), (1876, 0)):
        b = metered().charge()
        meter = b.station.connector(1).external
        meter.sign("B", "A1")
        meter.extra = "x" * (length - len(meter.text))
        meter.private = Meter.private
        while len(meter.text) != length:  # a signature has 70 to 72 bytes
            meter.extra = meter.extra[: len(meter.extra) + length - len(meter.text)]
            meter.sign("B", "A1")
            meter.extra += "x" * max(0, length - len(meter.text))
        text = meter.text
        meter.sign = lambda kind, tag: None
        meter.text, meter.ready = text, 0
        b.run(5)
        b.stop().run(5)
        assert len(data(b)) == count, length
        assert any("no signed reading" in line for line in b.log.lines) == (count == 0)


def test_offline_they_wait_with_their_transaction():
    """SMV 3.1.4: in the journal, and nothing is left of them afterwards."""
    b = metered()
    b.charge().run(20)
    b.offline()
    b.run(20)
    b.stop().run(60)
    assert {name[-1] for name in b.store.names() if name[0] == "g"} == {"b", "e"}
    b.online(3)
    assert [row[0] for row in signed(data(b))] == [2, 42]
    assert not [name for name in b.store.names() if name[0] == "g"]


def test_a_power_cut_in_the_charge():
    """SMV 3.1.4: the begin is kept, the end is made after the boot."""
    b = metered().charge().run(30)
    again = b.reboot()
    again.start()
    again.run(3)
    Meter(again)
    again.online(8)
    assert again.sent("StopTransaction")[0]["reason"] == "PowerLoss"
    contexts = [context for _, context, _ in signed(data(again))]
    assert contexts == ["Transaction.Begin", "Transaction.End"]


def test_a_power_cut_at_every_write():
    """SMV 3.1.4: one stop with both ends, wherever the power goes."""
    plain = metered().charge().run(20)
    first = plain.store.changes
    plain.stop().run(10)
    for left in range(plain.store.changes - first + 1):
        b = metered().charge().run(20)
        b.store.left = left
        try:
            b.stop().run(10)
        except PowerCut:
            pass
        again = b.reboot()
        Meter(again)
        again.online(60)
        stops = (
            b.sent("StopTransaction")
            + again.sent("StopTransaction")[len(b.sent("StopTransaction")) :]
        )
        assert {stop["transactionId"] for stop in stops} == {1}
        for stop in stops:
            assert len(signed(stop["transactionData"])) == 2, left
        assert not [name for name in again.store.names() if name[0] in "gsd"]


def test_a_resumed_charge_keeps_its_begin():
    """SMV 3.1.4: ResumeTransactionAfterPowerLoss."""
    b = metered(ResumeTransactionAfterPowerLoss=True).charge().run(30)
    again = b.reboot()
    Meter(again)
    again.online(20)
    again.stop().run(10)
    rows = signed(data(again))
    assert [row[1] for row in rows] == ["Transaction.Begin", "Transaction.End"]
    assert rows[0][0] == 2


def test_a_full_flash_loses_no_stop():
    """S 3.7/4: a signed reading that cannot be written is said; the stop goes out."""
    b = metered().charge().run(10)
    real = b.store.write

    def write(name, data):
        if name[0] == "g":
            raise OSError(28)
        real(name, data)

    b.store.write = write
    b.stop().run(10)
    assert len(b.sent("StopTransaction")) == 1
    assert any("signed reading cannot be written" in line for line in b.log.lines)

"""The journal: unknown times, full flash, flash that refuses, damaged records (E 3.10, 3.11)."""

from station import topics
from v16_bench import WALL, Bench, Error


def offline_charge(b, seconds=100):
    """A charge by a known card that the CSMS hears of only later."""
    b.config.set("AllowOfflineTxForUnknownId", "true")
    b.charge().run(seconds)
    b.stop().run(1)
    return b


def test_unknown_time_is_back_dated_when_the_clock_becomes_known():  # E 3.11: never 1970 or 2000
    """E 3.11, U 13."""
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b.run(100)
    assert b.clock.wall() is None
    b.online(5)
    assert b.sent("StartTransaction")[0]["timestamp"] == _iso(WALL + 100)
    assert b.sent("MeterValues")[0]["meterValue"][0]["timestamp"] == _iso(WALL + 130)
    assert b.sent("StopTransaction")[0]["timestamp"] == _iso(WALL + 200)


def test_the_time_found_out_is_kept_in_flash():
    """E 3.11."""
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.online(20)
    b.offline()
    b = b.reboot().online(100)
    assert b.sent("StartTransaction")[-1]["timestamp"] == _iso(WALL + 100)
    assert b.sent("MeterValues")[0]["meterValue"][0]["timestamp"] == _iso(WALL + 130)
    assert b.sent("StopTransaction")[0]["timestamp"] == _iso(WALL + 200)


def test_unknown_time_survives_a_reboot_and_keeps_its_order():
    """E 3.11."""
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b = b.reboot().start()
    b.run(50)
    offline_charge(b, 40)
    b.online(5)
    stamps = [p["timestamp"] for p in b.sent() if "meterStart" in p or "meterStop" in p]
    assert stamps == sorted(stamps) and len(set(stamps)) == 4
    assert stamps[0] >= _iso(WALL) and stamps[3] == _iso(b.real + 90)


def test_journal_full_refuses_new_charges_but_keeps_the_running_one():
    """S 3.7/4."""
    b = Bench().online()
    b.charge().run(5)
    b.store.free_bytes = 4000
    b.run(60)
    assert b.cp.journal_full
    b.stop().run(2)
    assert b.sent("StopTransaction")
    b.store.free_bytes = 400_000
    b.run(60)
    assert not b.cp.journal_full


def test_full_flash_drops_samples_before_starts_and_stops():
    """S 3.7/4."""
    b = Bench(MeterValueSampleInterval=100).online().charge().run(3)
    b.store.free_bytes = 4000
    b.run(57)
    b.offline()
    b.run(100)
    b.stop()
    b.store.free_bytes = None
    b.online(3)
    assert not b.sent("MeterValues") and b.sent("StopTransaction")[0]["meterStop"] == 1160


def test_flash_that_refuses_a_start_stops_the_charge():
    """S 3.7/2, U 9."""
    b = Bench().online()
    b.store.refuse = True
    b.charge().run(3)
    assert b.station.connector(1).session is None
    assert not b.sent("StartTransaction")


def test_flash_that_refuses_a_stop_is_tried_again():
    """S 3.7/2."""
    b = Bench(MeterValueSampleInterval=0).online().charge().run(3)
    b.store.refuse = True
    b.stop().run(5)
    b.store.refuse = False
    b.run(5)
    assert len(b.sent("StopTransaction")) == 1


def test_an_end_that_is_told_twice_is_one_stop():
    """S 4.10/1."""
    b = Bench(MeterValueSampleInterval=0).online().charge().run(3)
    b.csms.silent = ("StopTransaction",)
    session = b.station.connector(1).session
    b.stop(reason="Remote")
    session.stop_reason = "Other"
    b.bus.emit(topics.TX_STOPPED, session)
    b.csms.silent = ()
    b.offline()
    b = b.reboot().online(5)
    assert [p["reason"] for p in b.sent("StopTransaction")] == ["Remote", "Remote"]
    assert len(set(b.ids("StopTransaction"))) == 1


def test_a_reading_under_way_when_the_line_breaks_survives_a_power_cut():
    """S 3.7/2."""
    b = Bench(MeterValueSampleInterval=30).online().charge()
    b.csms.silent = ("MeterValues",)
    b.run(33)
    assert len(b.sent("MeterValues")) == 1 and not [n for n in b.store.files if n[0] == "m"]
    b.offline()
    b = b.reboot().online(5)
    assert b.ids("MeterValues")[0] == b.ids("MeterValues")[1]


def test_a_damaged_record_is_set_aside_and_the_rest_delivered():
    """S 3.7/5."""
    b = Bench(MeterValueSampleInterval=30).online()
    b.offline()
    offline_charge(b)
    name = [n for n in sorted(b.store.files) if n[0] == "m"][0]
    b.store.files[name] = b.store.files[name][:-1] + b"\0"
    b = b.reboot().online(5)
    assert len(b.sent("MeterValues")) == 2 and len(b.sent("StopTransaction")) == 1
    assert [n for n in b.store.files if n[0] == "a"]


def _iso(epoch):
    from ocppj.datetime import iso

    return iso(epoch)

"""Security events, their queue and the security log: whitepaper A04, N01.FR.05, section 8."""

import pytest

from ocppj import alarms
from v16_bench import PowerCut
from v16_secured import Secured, secured

BOOT = "StartupOfTheDevice"


def test_a_critical_event_is_told_with_its_time():
    """A04.FR.01, A04.FR.04, N01.FR.05."""
    b = secured()
    at = b.iso()
    b.cp.alarm(BOOT, "0.1.0, power")
    b.run(2)
    (told,) = b.sent("SecurityEventNotification")
    assert told == {"type": BOOT, "timestamp": at, "techInfo": "0.1.0, power"}
    assert b.log_lines() == [at + " StartupOfTheDevice 0.1.0, power"]
    b.run(700)
    assert len(b.sent("SecurityEventNotification")) == 1
    assert not alarms.waiting(b.store)


def test_others_are_only_in_the_log():
    """A04.FR.04."""
    b = secured()
    b.cp.alarm("InvalidMessages")
    b.cp.alarm("ReconfigurationOfSecurityParameters", "CpoName")
    b.run(5)
    assert not b.sent("SecurityEventNotification")
    assert b.events() == ["InvalidMessages", "ReconfigurationOfSecurityParameters"]


def test_every_event_of_the_whitepaper_has_its_criticality():
    """A04.FR.01."""
    critical = (
        "FirmwareUpdated SettingSystemTime StartupOfTheDevice ResetOrReboot "
        "SecurityLogWasCleared MemoryExhaustion TamperDetectionActivated"
    ).split()
    others = (
        "FailedToAuthenticateAtCentralSystem CentralSystemFailedToAuthenticate InvalidMessages "
        "ReconfigurationOfSecurityParameters AttemptedReplayAttacks InvalidFirmwareSignature "
        "InvalidFirmwareSigningCertificate InvalidCentralSystemCertificate "
        "InvalidChargePointCertificate InvalidTLSVersion InvalidTLSCipherSuite"
    ).split()
    b = secured()
    for name in critical + others:
        b.cp.alarm(name, "x")
    b.run(20)
    assert b.alarms() == critical
    assert b.events() == critical + others


def test_offline_and_over_power_cuts_they_wait():
    """A04.FR.02."""
    b = secured()
    b.offline()
    b.run(60)
    first = b.iso()
    b.cp.alarm("MemoryExhaustion", "flash")
    b.run(60)
    b = b.reboot().start()
    second = b.iso()
    b.cp.alarm(BOOT)
    b.run(100)  # the time is not known yet
    assert not b.sent()
    b.online().run(5)
    times = {p["type"]: p["timestamp"] for p in b.sent("SecurityEventNotification")}
    assert list(times) == ["MemoryExhaustion", BOOT]
    assert times["MemoryExhaustion"] == first
    assert times[BOOT] == second == b.log_lines()[1][:20]
    b = b.reboot().online().run(5)
    assert not b.sent("SecurityEventNotification")


def test_the_power_fails_at_every_write():
    """A04.FR.02: an event is told once it was there, the log stays readable."""
    for left in range(7):
        b = secured()
        b.cp.alarm("FirmwareUpdated", "before")
        b.run(2)
        b.store.left = left
        try:
            b.cp.alarm("ResetOrReboot", "x")
            b.offline()
            b.cp.alarm("MemoryExhaustion", "y")
        except PowerCut:
            pass
        kept = len(alarms.waiting(b.store))
        b = b.reboot().online().run(5)
        assert len(b.alarms()) == kept
        assert b.events()[0] == "FirmwareUpdated"


def test_a_refusal_is_tried_again_later():
    """A04.FR.02."""
    from v16_bench import Error

    b = secured()
    b.csms.replies["SecurityEventNotification"] = Error("InternalError")
    b.cp.alarm(BOOT)
    b.run(5)
    assert len(b.alarms()) == 1
    b.csms.replies.clear()
    b.run(700)
    assert b.alarms() == [BOOT, BOOT] and not alarms.waiting(b.store)


def test_a_csms_that_does_not_know_them_is_left_in_peace():
    """A04.FR.02: they stay in the queue, and are offered once a day."""
    from v16_bench import Error

    b = secured(HeartbeatInterval=0)
    b.csms.replies["SecurityEventNotification"] = Error("NotSupported")
    b.cp.alarm(BOOT)
    b.cp.alarm("MemoryExhaustion", "flash")
    b.run(2000)
    assert b.alarms() == [BOOT]
    assert len(alarms.waiting(b.store)) == 2
    b.days(1).run(5)
    assert b.alarms() == [BOOT, BOOT]


def test_a_mute_csms_and_charges_come_first():
    """A04.FR.02, S 3.7/3."""
    b = secured(MessageTimeout=10)
    b.csms.silent = ("SecurityEventNotification",)
    b.cp.alarm(BOOT)
    b.charge("A1")
    assert b.actions().index("StartTransaction") < b.actions().index("SecurityEventNotification")
    b.run(12)
    b.cp.alive(b.clock.now)  # the line lives, it was only this message
    b.run(300)
    assert len(b.alarms()) == 1
    b.run(300)
    assert len(b.alarms()) == 2
    b.run(12)
    b.cp.alive(b.clock.now)
    b.stop().run(30)
    assert b.sent("StopTransaction")


def test_security_events_false_tells_nobody():
    """A04.FR.04."""
    b = secured(SecurityEvents=False)
    b.cp.alarm(BOOT)
    b.run(5)
    assert not b.sent("SecurityEventNotification") and b.events() == [BOOT]


def test_the_queue_is_bounded_and_says_what_is_missing():
    """A04.FR.02."""
    b = Secured().start()
    for n in range(40):
        b.cp.alarm("ResetOrReboot", "number %d" % n)
    assert len(alarms.waiting(b.store)) == 32
    b.online().run(60)
    told = b.sent("SecurityEventNotification")
    assert len(told) == 32
    assert told[0]["techInfo"] == "number 8 (8 events before it were not kept)"
    assert told[-1]["techInfo"] == "number 39"


def test_the_log_rolls():
    """A04.FR.04."""
    b = secured(SecurityEvents=False)
    for n in range(400):
        b.cp.alarm("SettingSystemTime", "number %d" % n)
    size = sum(len(data) for name, data in b.store.files.items() if name.startswith("ev"))
    assert size <= 8 * 512
    lines = b.log_lines()
    assert len(lines) > 80 and lines[-1].endswith(" number 399")
    numbers = [int(line.split()[-1]) for line in lines]
    assert numbers == list(range(numbers[0], 400))


def test_what_anybody_can_provoke_wears_no_flash():
    """A04.FR.04: once an hour each."""
    b = secured()
    b.run(2)
    before = b.store.changes
    for _ in range(500):
        b.cp.receive("nonsense", b.clock.now)
        b.cp.receive('[2,"x","Reset",{"type":5}]', b.clock.now)
    b.pump()
    assert b.store.changes - before <= 4
    assert b.events() == ["InvalidMessages", "InvalidMessages"]
    b.days(0).run(2)
    b.cp.receive("nonsense", b.clock.now)
    assert b.events().count("InvalidMessages") == 3


@pytest.mark.parametrize("by, told", [(3600, True), (-3600, True), (5, False)])
def test_the_clock_is_moved(by, told):
    """A04.FR.01: drift is none."""
    b = secured()
    assert not b.events()  # the first time after a boot is not a change
    b.clock.set_wall(b.clock.wall() + by, "csms")
    b.run(2)
    assert b.alarms() == (["SettingSystemTime"] if told else [])


def test_a_flash_that_is_full():
    """A04.FR.01."""
    b = secured()
    b.store.free_bytes = 10_000
    b.run(61)
    assert b.alarms() == ["MemoryExhaustion"]
    b.store.free_bytes = 100_000
    b.run(61)
    b.store.refuse = True
    b.cp.alarm("ResetOrReboot")  # cannot be kept: said in the log, nothing else breaks
    assert any("is not kept" in line for line in b.log.lines)


def test_nothing_spoils_a_line_of_the_log():
    """A04.FR.04."""
    b = secured()
    b.cp.alarm("ResetOrReboot", "two\nlines" + "x" * 900)
    b.run(2)
    assert len(b.log_lines()) == 1
    assert len(b.sent("SecurityEventNotification")[0]["techInfo"]) <= 255

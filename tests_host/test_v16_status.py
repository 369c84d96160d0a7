"""StatusNotification: S 4.9, 9.1.20, E 3.19, 3.22."""

from v16_bench import Bench


def told(b, cid=1):
    return [p["status"] for p in b.sent("StatusNotification") if p["connectorId"] == cid]


def test_every_change_is_told_in_its_order():
    """E 3.19."""
    b = Bench().online()
    for status in ("Preparing", "Charging", "SuspendedEV", "Charging", "Finishing", "Available"):
        b.station.show(1, status)
    b.run(1)
    assert told(b) == [
        "Available",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "Charging",
        "Finishing",
        "Available",
    ]


def test_the_same_facts_twice_are_told_once():
    """S 4.9/8."""
    b = Bench().online()
    for _ in range(3):
        b.station.show(1, "Preparing")
        b.run(2)
    assert told(b) == ["Available", "Preparing"]


def test_the_time_is_that_of_the_event():
    """S 4.9/8."""
    b = Bench().online()
    b.csms.silent = True
    b.station.tag(1, "A1")
    b.run(5)
    b.station.show(1, "Faulted", "OtherError")
    b.run(5)
    b.csms.silent = ()
    b.cp.receive(b.csms.answer(b.csms.pending.pop()), b.clock.now)
    b.run(1)
    fault = [p for p in b.sent("StatusNotification") if p["status"] == "Faulted"][0]
    assert fault["timestamp"] == "2027-01-15T08:00:07Z"


def test_minimum_status_duration_inside_on_and_outside():
    """U 27, S 9.1.20."""
    b = Bench(MinimumStatusDuration=10).online()
    b.station.show(1, "Preparing")
    b.run(9)
    b.station.show(1, "Charging")
    b.run(9)
    assert told(b) == ["Available"]
    b.run(1)
    assert told(b) == ["Available", "Charging"]


def test_a_status_that_came_back_in_time_is_not_told():
    """U 27, S 9.1.20."""
    b = Bench(MinimumStatusDuration=10).online()
    b.station.show(1, "Preparing")
    b.run(5)
    b.station.show(1, "Available")
    b.run(60)
    assert told(b) == ["Available"]


def test_after_boot_the_duration_does_not_matter():
    """E 3.22, S 4.9/11."""
    b = Bench(MinimumStatusDuration=3600).online()
    assert told(b) == ["Available"] and told(b, 0) == ["Available"]


def test_a_new_error_of_the_same_status_is_told():
    """S 4.9/8."""
    b = Bench(MinimumStatusDuration=10).online()
    b.run(20)
    b.station.show(1, "Available", "WeakSignal")
    b.run(2)
    assert b.sent("StatusNotification")[-1]["errorCode"] == "WeakSignal"


def test_offline_changes_are_history_only_the_present_counts():
    """S 4.9/7."""
    b = Bench().online()
    b.offline()
    for status in ("Preparing", "Charging", "Finishing"):
        b.station.show(1, status)
        b.run(10)
    b.online()
    assert told(b) == ["Available", "Finishing"]


def test_back_to_what_the_csms_knows_is_not_told_again():
    """S 4.9/7."""
    b = Bench().online()
    b.offline()
    b.station.show(1, "Preparing")
    b.run(10)
    b.station.show(1, "Available")
    b.online()
    assert told(b) == ["Available"]


def test_one_that_got_no_answer_before_the_line_broke_is_told_again():
    """S 4.9/7, U 27."""
    b = Bench().online()
    b.csms.silent = True
    b.station.show(1, "Preparing")
    b.run(3)
    b.offline()
    b.csms.silent = ()
    b.online()
    assert told(b) == ["Available", "Preparing", "Preparing"]


def test_fault_with_vendor_code_and_info():
    """S 4.9/8."""
    b = Bench().online()
    c = b.station.connector(1)
    c.info = "x" * 80
    b.station.show(1, "Faulted", "OtherError", "EmergencyStop")
    b.run(1)
    last = b.sent("StatusNotification")[-1]
    assert last["vendorErrorCode"] == "EmergencyStop" and last["vendorId"] == "Galvani"
    assert last["info"] == "x" * 50


def test_connector_0_is_told_too():
    """S 3.8."""
    b = Bench().online()
    b.station.show(0, "Unavailable")
    b.run(1)
    assert told(b, 0) == ["Available", "Unavailable"]


def test_a_flood_is_bounded_and_ends_with_the_present():
    """E 3.19."""
    b = Bench().online()
    b.csms.silent = True
    b.station.tag(1, "A1")
    b.run(1)
    for n in range(500):
        b.station.show(1, "SuspendedEV" if n % 2 else "Charging")
    b.csms.silent = ()
    b.cp.receive(b.csms.answer(b.csms.pending.pop()), b.clock.now)
    b.run(1)
    sent = told(b)
    assert len(sent) < 15 and sent[-1] == b.station.connector(1).status


def test_a_callerror_does_not_repeat_it():
    """E 3.19."""
    from v16_bench import Error

    b = Bench().online()
    b.csms.replies["StatusNotification"] = Error("InternalError")
    b.station.show(1, "Preparing")
    b.run(300)
    assert told(b) == ["Available", "Preparing"]

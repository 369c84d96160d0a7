"""UnlockConnector with the real station: the lock decides, and nothing moves under load."""

from v16_world import V16World


class Stuck(dict):
    """Lock feedback that stays as it is from `stuck` on."""

    stuck = False

    def __setitem__(self, cid, on):
        if not self.stuck:
            super().__setitem__(cid, on)


def locked_world(**settings):
    """A charger with a lock that says what it does."""
    w = V16World(**settings)
    w.io.locks = Stuck(w.io.locks)
    w.io.locks[1] = False
    return w.online()


def unlock(w, seconds=12):
    """Call UnlockConnector; returns (the status or None, seconds until it came)."""
    w.count += 1
    name = "csms-%d" % w.count
    w.asked[name] = "UnlockConnector"
    w.cp.receive('[2,"%s","UnlockConnector",{"connectorId":1}]' % name, w.clock.now)
    for tenths in range(seconds * 10):
        answer = dict(w.csms.answers).get(name)
        if answer:
            return answer["status"], tenths / 10
        w.pass_time(0.1)
    return None, seconds


def test_an_idle_connector_is_unlocked_at_once():
    """S 5.18/2."""
    w = locked_world()
    assert unlock(w) == ("Unlocked", 0.1)


def test_a_charge_ends_first_and_no_lock_moves_under_load():
    """S 5.18/1: the transaction is finished first; the lock opens without current."""
    w = locked_world()
    w.charge()
    amps = []
    keep = w.io.lock_set

    def lock_set(cid, on):
        amps.append((on, w.wire.amps))
        keep(cid, on)

    w.io.lock_set = lock_set
    status, seconds = unlock(w)
    assert status == "Unlocked" and 0.1 < seconds < 5
    assert [on for on, _ in amps] == [False] and amps[0][1] < 1
    assert w.sent("StopTransaction")[0]["reason"] == "UnlockCommand"


def test_a_lock_that_stays_locked_is_a_failure():
    """E 3.87: UnlockFailed only because the lock says so."""
    w = locked_world()
    w.charge()
    w.io.locks.stuck = True
    moves = []
    w.io.lock_set = lambda cid, on: moves.append(on)
    status, seconds = unlock(w, 15)
    assert status == "UnlockFailed" and 9 < seconds < 12
    assert moves == [False]  # driven once, and then looked at
    assert w.sent("StopTransaction")[0]["reason"] == "UnlockCommand"


def test_the_next_attempt_drives_the_lock_again():
    """S 5.18/2: hopefully this time the connector unlocks."""
    w = locked_world()
    w.charge()
    w.io.locks.stuck = True
    unlock(w, 15)
    w.io.locks.stuck = False
    assert unlock(w)[0] == "Unlocked" and w.io.locks[1] is False


def test_another_call_does_not_wait_for_the_lock():
    """S 5.18/2: what another call waits for is answered with what is known now."""
    w = locked_world()
    w.charge()
    w.io.locks.stuck = True
    w.count += 1
    w.asked["u"] = "UnlockConnector"
    w.cp.receive('[2,"u","UnlockConnector",{"connectorId":1}]', w.clock.now)
    w.pass_time(1)
    assert "u" not in dict(w.csms.answers)
    assert w.call("GetLocalListVersion") == {"listVersion": 0}
    assert dict(w.csms.answers)["u"] == {"status": "UnlockFailed"}
    assert [row[0] for row in w.csms.answers] == ["u", "csms-2"]


def test_no_lock_and_no_such_connector():
    """E 3.87: NotSupported for both."""
    w = V16World().online()
    for cid in (0, 1, 2):
        assert w.call("UnlockConnector", {"connectorId": cid}) == {"status": "NotSupported"}


def test_a_line_that_breaks_meanwhile_ends_the_wait():
    """S 5.18/1: the charge ends and the lock opens all the same; the answer is nobody's."""
    w = locked_world()
    w.charge()
    w.cp.receive('[2,"u","UnlockConnector",{"connectorId":1}]', w.clock.now)
    w.offline()
    w.pass_time(6)
    assert w.io.locks[1] is False and w.cp.work is None
    w.online()
    w.pass_time(2)
    assert w.sent("StopTransaction")[0]["reason"] == "UnlockCommand"
    assert "u" not in dict(w.csms.answers)

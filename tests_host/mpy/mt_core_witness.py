# heapsize: 400k
"""Are a crash and the watchdog told in the order in which they came, when the line is there?

Three runs in virtual time over the same records: two die without a central system.
"""

from mt_v16 import WALL, Store, World

import lazy
from core import log, witness
from core.restart import Restart

TRACE = 'Traceback (most recent call last):\n  File "x.py", line 3\nValueError: sick\n'


class App:
    """What witness.boot asks of a run."""

    VERSION = "1.2.3"

    def __init__(self, files):
        lazy.forget(0)
        self.world = World(files)
        self.cp = self.world.cp
        self.cp.certs = Store({})
        self.store = self.world.store
        log.clock = self.world.clock
        self.restart = Restart(self.store)
        witness.boot(self)

    def told(self):
        """Payloads of SecurityEventNotification."""
        sent = [m for m in self.world.sent if m[0] == 2]
        return [m[3] for m in sent if m[2] == "SecurityEventNotification"]


def teardown():
    log.clock = None


def test_three_runs():
    files = {}
    one = App(files)
    assert one.restart.cause == "power"
    one.world.clock.set_wall(WALL - 10000, "sntp")  # known in the first run, not in the second
    one.world.run(100)
    log.get("SYS").error("the last word of run %d", 1)
    one.cp.flush()
    one.restart.note("crash: session ValueError('sick')", TRACE)

    two = App(files)
    assert two.restart.cause.startswith("crash: session") and not two.told()
    two.world.run(100)
    two.store.write("dog", b"1")  # what the dog leaves behind on this port

    three = App(files)
    assert three.restart.cause == "watchdog"
    three.world.run(50)
    assert not three.told()
    three.cp.connected(three.world.clock.now)
    three.world.run(30)
    told = three.told()
    kinds = [one["type"] for one in told]
    start = "StartupOfTheDevice"
    assert kinds == [start, "ResetOrReboot", start, "ResetOrReboot", start], kinds
    assert "ValueError: sick" in told[1]["techInfo"]
    assert "the last word of run 1" in told[1]["techInfo"]
    assert told[3]["techInfo"].startswith("watchdog")
    times = [one["timestamp"] for one in told]
    assert times == sorted(times) and times[-1] <= "2027-01-15T08:00:30Z", times
    assert times[0] == "2027-01-15T05:13:20Z" < times[1], times

    from ocppj import alarms

    lines = list(alarms.lines(three.cp))
    assert [line.split()[1] for line in lines] == kinds
    four = App(files)
    four.cp.connected(four.world.clock.now)
    four.world.run(30)
    assert len(four.told()) <= 2  # of this start alone: the others were confirmed

"""Does the station get through the moments in which there is no memory to tell of a failure?"""

from core import log
from core.supervisor import Supervisor


class Mute:
    def exc(self, *args):
        raise MemoryError


def test_a_stray_task_for_which_there_is_no_memory_to_tell_ends_nothing():
    Supervisor(None, None, Mute(), None)._stray(None, {"exception": MemoryError()})


def test_without_memory_a_traceback_is_the_name_of_the_exception():
    def no_memory(*args):
        raise MemoryError

    class Sys:
        print_exception = no_memory

    whole, log.sys = log.sys, Sys
    try:
        assert log.traceback(OSError(5)) == "OSError"
    finally:
        log.sys = whole


def test_the_reset_of_a_crash_comes_without_memory_for_its_note():
    import main

    class World:
        calls = []

        def safe(self):
            self.calls.append("safe")

        def note(self, why, trace):
            self.calls.append(why)
            raise MemoryError

    app = main.App()
    app.station = app.restart = World()
    try:
        app.crash("crash: main")
        ended = False
    except SystemExit as e:
        ended = e.args[0] == 4
    assert ended and World.calls == ["safe", "crash: main"]


def test_a_listener_that_finds_no_memory_is_called_once_more():
    from core.bus import Bus

    seen = []

    def short(value):
        seen.append(value)
        if len(seen) < 2:
            raise MemoryError

    def never(value):
        raise MemoryError

    bus = Bus()
    bus.on(1, never)
    bus.on(1, short)
    bus.emit(1, 5)  # raises nothing, and who comes after it is told
    assert seen == [5, 5]
    whole, log.get = log.get, lambda tag: Mute()
    try:
        bus.emit(1, 6)  # not even memory to tell of it
    finally:
        log.get = whole
    assert seen == [5, 5, 6]


class Short:
    """A charge point without memory for `left` calls."""

    linked = True
    probe = False

    def __init__(self, left):
        self.left = left
        self.heard = []

    def _need(self):
        if self.left:
            self.left -= 1
            raise MemoryError

    def receive(self, text, now):
        self._need()
        self.heard.append(text)

    def poll(self, now):
        self._need()
        return None


class Line:
    """An open WebSocket that says two texts and ends."""

    def __init__(self):
        self.texts = ["a", "b"]
        self.closed = False
        self.heard = 0

    async def receive(self):
        self.type = 1 if self.texts else 8
        self.data = self.texts.pop(0) if self.texts else None
        self.closed = not self.data


class App:
    def __init__(self, cp):
        self.cp = cp
        self.clock = self

    def uptime_s(self):
        return 1

    def log(self, tag):
        return log.get(tag)


def test_a_message_without_memory_ends_no_connection():
    import asyncio

    from tasks.csms import Link

    for left, heard in ((0, ["a", "b"]), (1, ["a", "b"]), (3, ["b"])):
        cp = Short(left)
        link = Link(App(cp))
        link.ws = None
        asyncio.run(link._receive(Line()))
        assert cp.heard == heard, left
    cp.left = 1
    asyncio.run(link.flush())
    assert not cp.left and not link.busy

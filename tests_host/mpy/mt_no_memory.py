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

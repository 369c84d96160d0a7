"""What do cards and buttons do, as tasks/session.py hands them on?"""

import asyncio
import sys

from core import log
from tasks import session


class App:
    """What the task needs; `buttons` were pressed, `done` is what came of it."""

    def __init__(self, buttons, parts=()):
        self.io = self.station = self.supervisor = self.clock = self.board = self
        self.PARTS = parts
        self.buttons = list(buttons)
        self.done = []
        self.log = log.get
        self.cp = None

    def next_tag(self):
        return None

    def next_button(self):
        return self.buttons.pop(0) if self.buttons else None

    def stop(self, cid, reason):
        self.done.append(("stop", cid, reason))

    def start(self, app):
        app.done.append("page")

    def uptime_s(self):
        return 0

    def second(self, now):
        pass

    def beat(self, name):
        pass


async def came_of(*buttons, parts=()):
    app = App(buttons, parts)
    sys.modules["tasks.provision"] = app
    task = asyncio.create_task(session.run(app))
    await asyncio.sleep_ms(10)
    task.cancel()
    sys.modules.pop("tasks.provision")
    return app.done


async def test_a_press_ends_the_charge():
    assert await came_of(1, 2) == [("stop", 1, "Local"), ("stop", 2, "Local")]


async def test_a_long_press_opens_the_page_and_ends_no_charge():
    assert await came_of(-1, parts=("provision",)) == ["page"]


async def test_a_long_press_is_a_press_where_there_is_no_page():
    assert await came_of(-2) == [("stop", 2, "Local")]

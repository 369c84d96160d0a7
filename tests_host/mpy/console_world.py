"""What do the console's tests type on? The real shell services around a station of the world."""

import asyncio

import board_stub
import parent_path  # noqa: F401

from console.machine import Machine
from console.session import Session
from core import log, logview
from core.bus import Bus
from core.clock import Clock
from core.config import Config
from core.health import Health
from core.journal import FileStore
from core.restart import Restart
from core.supervisor import Supervisor
from ocppj.v16 import keys as v16
from station import keys
from world import World


class App:
    """The real shell services around a station whose hardware is the test world's."""

    VERSION = "1.2.3"
    maintenance = login_fails = 0
    made = 0

    def __init__(self, connectors=2):
        App.made += 1
        self.board = board_stub
        self.world = World(connectors)
        self.station = self.world.station
        self.io = self.world.io
        self.cans = [board_stub.Bus()]
        self.paths = [c.path for c in self.station.connectors]
        self.cp = board_stub
        self.bus = Bus()
        self.store = FileStore("flash%d" % App.made)
        self.clock = Clock(lambda: self.world.clock.ms, lambda a, b: a - b, lambda: 0)
        self.config = Config(
            "flash%d/config.json" % App.made, (keys.KEYS, v16.KEYS), self.bus.emit
        )
        self.log = log.get
        self.restart = Restart(self.store)
        self.supervisor = Supervisor(self.clock, self, log.get("SYS"), None)
        self.health = Health(self.clock, self.supervisor, self.restart)


class Terminal:
    """What a terminal shows; type() feeds keys one by one as a person does."""

    def __init__(self, app=None, echo=True):
        self.app = app or App()
        self.text = ""
        self.session = Session(self.app, self.send, self.put, echo)
        self.session.greet()

    def send(self, text):
        self.text += text

    async def put(self, text):
        self.text += text

    def feed(self, data):
        self.text = ""
        asyncio.run(self.session.feed(data))
        return self.text

    def type(self, keys):
        shown = ""
        for key in keys:
            shown += self.feed(key.encode())
        return shown

    def machine(self, line):
        """One command in the machine mode; the answer without its end."""
        if not isinstance(self.session, Machine):
            self.session = Machine(self.app, self.put)
            line = "\x01" + line
        answer = self.feed(line.encode() + b"\n")
        assert answer[-1] == "\x04"
        return answer[:-1]


def ask(line, app=None):
    return Terminal(app).machine(line)


def fresh_log():
    """An empty log that keeps everything from INFO on."""
    logview.setup("debug", "INFO", 1024)
    logview.setup("debug", "INFO", 4096)
    log.sinks[:] = []
    log.clock = None

"""Of what is one simulated charger made, and in which order does it start and end?

The bench holds the plant, the CAN hubs, the I/O line, the cable, the pace and the machine, and
nothing else knows all of them. `start()` returns when the station's console has answered.
"""

import asyncio
import os
import re
import socket
import sys
import tempfile
from pathlib import Path

from . import flash
from .cable import Cable
from .canframe import parse_candump
from .console_link import ConsoleError, ConsoleLink
from .control_port import ControlPort
from .dc_plant import DcPlant
from .dc_words import DcWords
from .hub import Hub
from .io_link import IoLink
from .machine import Firmware, Machine
from .pace import Pace
from .plant import Plant
from .words import Words

START_S = 60.0


class BenchError(Exception):
    """The bench cannot start; the text says why."""


class Bench:
    """One simulated charger.

    options: an object with dir csms id guns set control heap arch build speed no_plant can, as
    tools/station.py parses them.
    """

    def __init__(self, options):
        self.options = options
        self.temporary = None
        if options.dir is None:
            self.temporary = tempfile.TemporaryDirectory(prefix="galvani-")
        self.dir = Path(options.dir or self.temporary.name).resolve()
        try:
            told = flash.settings(options.set)
            self.claim = flash.claim(self.dir)
            # What the station has to take; None where these settings are not written again.
            self.told = None if (self.dir / flash.MARK).exists() else dict(told)
            self.id = flash.prepare(self.dir, told, options.csms, options.id)
        except (OSError, ValueError, flash.FlashError) as error:
            raise BenchError(str(error)) from None
        self.recording = _recording(options.replay)
        self.plant = None if options.no_plant else self._plant()
        self.hubs = [] if options.no_plant else [Hub() for _ in self.plant.buses]
        self.io = IoLink(self.plant) if self.plant else None
        self.pace = Pace(options.speed, self._advance)
        self.cable = Cable(set(), lambda: self.machine.pid is not None)
        self.pace.resolve = self.cable.route
        firmware = Firmware(options.build, int(options.arch), options.heap)
        self.machine = Machine(firmware, self.dir, self._environment, log)
        self.machine.on_down = self._down
        self.machine.on_power = self._powered
        self._reserved = reserved_port()
        self.console = ConsoleLink(self._reserved.getsockname()[1], lambda: self.machine.power)
        words = DcWords(self) if options.profile == "dc" else Words(self)
        self.control = ControlPort(words, self.console)
        self.can = []
        self._link = None
        self.pacing = self.replaying = None

    def _plant(self):
        if self.options.profile == "dc":
            has = flash.stored(self.dir)
            plant = DcPlant(self.options.guns, version=int(has.get("PlcContract", 3)))
            for outlet in plant.outlets:
                outlet.plc.owns_gun = has.get("GunRelayBy") == "plc"
            return plant
        return Plant(self.options.guns, make=self._make())

    def _make(self):
        # The vehicle and the module at hand are those that the station is set up for.
        has = flash.stored(self.dir)
        names = {
            "generation": "RivotProfile",
            "current": "ModuleCurrentScale",
            "temp": "ModuleTempScale",
        }
        return {name: has[key] for name, key in names.items() if key in has}

    async def start(self) -> dict:
        """Start everything; returns what the first line on stdout says. BenchError if not."""
        for bus, hub in zip(self.plant.buses if self.plant else (), self.hubs):
            bus.attach(hub)
            self.can.append(f"slcan://127.0.0.1:{await hub.start()}")
        if self.options.no_plant:
            self.can = list(self.options.can)
        if self.io:
            await self.io.start()
        self._link = await asyncio.start_server(self.pace.serve, "127.0.0.1", 0)
        self._exempt()
        await self.control.start(self.options.control)
        self.pacing = asyncio.create_task(self.pace.run())
        await self.machine.switch_on()
        await self._first_answer()
        await self._settings_taken()
        if self.recording:
            self.replaying = asyncio.create_task(self._replay())
        return {
            "ready": True,
            "pid": os.getpid(),
            "station_pid": self.machine.pid,
            "control": self.control.port,
            "console": self.console.port,
            "can": self.can,
            "dir": str(self.dir),
            "id": self.id,
        }

    async def _replay(self):
        hub = self.hubs[0]
        hub.speed = self.options.speed
        log(f"replayed {await hub.replay(self.recording)} frames of {self.options.replay}")

    async def _first_answer(self):
        answering = asyncio.create_task(self.console.ask("config get Identity", START_S))
        while not answering.done():
            await asyncio.wait(
                {answering, self.pacing}, timeout=0.2, return_when=asyncio.FIRST_COMPLETED
            )
            if self.pacing.done():
                self.pacing.result()
            if self.machine.failed or not self.machine.power:
                answering.cancel()
                raise BenchError(self.machine.failed or "the station was killed at its start")
        try:
            self.id = answering.result()
        except ConsoleError as error:
            raise BenchError(str(error)) from None

    async def _settings_taken(self):
        # A setting that the station does not have, or not so, would make another bench of it.
        keys = {key.lower() for key in (self.told or ())}
        if self.options.id is not None:
            keys.add(flash.ID_KEY.lower())
        if not keys or self.told is None:
            return
        prefix = "configuration: "
        lines = (await self.console.ask("faults", START_S)).splitlines()
        faults = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
        faults = [line for line in faults if keys & set(re.split(r"[^a-z0-9]+", line.lower()))]
        if faults:
            await self.machine.switch_off()
            flash.forget(self.dir)
            raise BenchError("--set: " + "; ".join(faults))

    def _exempt(self):
        exempt = self.cable.exempt
        for url in self.can:
            if url.startswith("slcan://"):
                host, _, port = url[8:].rpartition(":")
                exempt.add((host, int(port)))
        exempt.add(("127.0.0.1", self.console.port))
        if self.io:
            exempt.add(("127.0.0.1", self.io.port))

    def _environment(self):
        environment = {
            "GALVANI_CAN": ",".join(self.can),
            "GALVANI_CONSOLE": str(self.console.port),
            "GALVANI_CONNECTORS": str(self.options.guns),
            "GALVANI_BENCH": str(self._link.sockets[0].getsockname()[1]),
            "GALVANI_SPEED": f"{self.options.speed:g}",
            "GALVANI_SKEW": str(self.pace.skew_ms()),
        }
        if self.options.profile == "dc":
            environment["GALVANI_PATH"] = "plc"
        if self.io:
            environment["GALVANI_IO"] = f"127.0.0.1:{self.io.port}"
        return environment

    def _advance(self, ms):
        if self.plant:
            self.plant.advance(ms)
            self.io.advanced(ms)

    def _down(self):
        # Neither a power cut nor a reset says good-bye to the network.
        self.cable.kill_open()
        self.console.hang_up()
        self.pace.cut()

    def _powered(self, on):
        if self.plant:
            self.plant.power(on)

    async def stop(self) -> None:
        """End everything, the station first."""
        await self.machine.switch_off()
        for task in (self.pacing, self.replaying):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self.control.close()
        self.pace.cut()
        if self._link:
            self._link.close()
        if self.io and self.io.port:
            self.io.close()
        await self.cable.close()
        for hub in self.hubs:
            await hub.stop()
        self.claim.close()
        self._reserved.close()
        if self.temporary:
            self.temporary.cleanup()


def _recording(path):
    """The lines of a candump log that hold a frame; BenchError for a file without any."""
    if path is None:
        return []
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise BenchError(f"--replay {path}: {error.strerror}") from None
    found = [line for line in lines if parse_candump(line)]
    if not found:
        raise BenchError(f"--replay {path}: no line of candump format in it")
    return found


def log(text: str) -> None:
    """A line of the bench's own on stderr."""
    print("bench:", text, file=sys.stderr, flush=True)


def reserved_port() -> socket.socket:
    """A socket whose port is a station's to listen on: while it is open nobody else is given it.

    Bound and never listening: on Linux a second socket may then bind the port too, if both have
    SO_REUSEADDR, as asyncio's servers have (also MicroPython's). The station cannot choose a port
    by itself: MicroPython does not tell which one the system gave.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept

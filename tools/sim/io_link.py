"""How do the board's inputs and outputs reach the plant? Text lines over TCP.

The plant listens; the station connects (firmware/drivers/io_tcp.py). Plant to station: `plug 1 1`,
`estop 0`, `lock 1 1`, `tag 1 ABC123`, `button 1`, and a `.` every second of bench time as a sign
of life. Station to plant: `contactor 1 1`, `lock 1 0`, `led ...`. All inputs, then a `.`, come
first. A meter that is switched on (meter.py) sends `meter 1 WH DV DA`, `meterkey 1 HEX` and, asked
by `sign 1 B TOKEN`, `signed 1 OCMF|..|..`. When the connection ends the outputs fall.
"""

import asyncio

from .meter import SigningMeter
from .plant import Plant

BEAT_MS = 1000


class IoLink:
    """Serves one plant; the newest connection is the station's."""

    def __init__(self, plant: Plant):
        self.plant = plant
        self.port = 0
        self.linked = asyncio.Event()
        self._server = None
        self._writer = None
        self._locks = {}
        self._meters = {}
        self._beat_ms = 0
        plant.on_input = self._input

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1; returns it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    def close(self) -> None:
        """Stop listening and hang up."""
        self._server.close()
        self._hang_up()

    def meter(self, number: int, on: bool) -> None:
        """Switch the meter of a connector on or off; it is the same one when it comes back."""
        meter = self._meters.setdefault(number, SigningMeter(self.plant.outlet(number)))
        meter.on = on
        self.tell(f"meterkey {number} {meter.public_key}")

    def tell(self, line: str) -> bool:
        """Send one line; False when no station listens."""
        if self._writer is None:
            return False
        self._writer.write(line.encode() + b"\n")
        return True

    def advanced(self, ms: int) -> None:
        """Bench time has passed: lock feedback and the sign of life."""
        for outlet in self.plant.outlets:
            if self._locks.get(outlet.number) != outlet.lock.on:
                self._input("lock", outlet.number)
        for number, meter in self._meters.items():
            for line in meter.advanced(ms) if meter.on else ():
                kind, _, rest = line.partition(" ")
                self.tell(f"{kind} {number} {rest}")
        self._beat_ms += ms
        if self._beat_ms >= BEAT_MS:
            self._beat_ms = 0
            self.tell(".")

    def _input(self, kind: str, number: int) -> None:
        if kind == "estop":
            self.tell(f"estop {int(self.plant.estop)}")
        else:
            outlet = self.plant.outlet(number)
            value = outlet.plugged if kind == "plug" else outlet.lock.on
            if kind == "lock":
                self._locks[number] = value
            self.tell(f"{kind} {number} {int(value)}")

    async def _serve(self, reader, writer) -> None:
        self._hang_up()
        self._writer = writer
        for outlet in self.plant.outlets:
            self._input("plug", outlet.number)
            self._input("lock", outlet.number)
        for number, meter in self._meters.items():
            meter.forget()  # whoever asked is gone
            self.tell(f"meterkey {number} {meter.public_key}")
        self._input("estop", 0)
        self.tell(".")
        self.linked.set()
        try:
            while line := await reader.readline():
                self._output(line.decode("ascii", "replace").split())
        except (ConnectionError, ValueError, IndexError):
            pass
        if self._writer is writer:
            self._hang_up()

    def _output(self, words: list) -> None:
        if len(words) == 3 and words[0] in ("contactor", "lock"):
            number, on = int(words[1]), words[2] == "1"
            if words[0] == "lock":
                self.plant.output_lock(number, on)
            else:
                self.plant.output_contactor(number, on)
        elif len(words) > 3 and words[0] == "sign" and int(words[1]) in self._meters:
            self._meters[int(words[1])].order(words[2], " ".join(words[3:]))

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self.linked.clear()
            self.plant.outputs_dead()

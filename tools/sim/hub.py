"""How do the nodes of a simulated charger share one CAN bus?

The hub is a virtual CAN bus that speaks slcan (Lawicel) over TCP. Every frame one node sends is
delivered to all other nodes, never back to its sender. Nodes are

- TCP clients: the firmware (``slcan://host:port``), python-can (``socket://host:port``), anything
  that can drive a Lawicel adapter;
- ports in this process: ``hub.attach(callback) -> Port``, which the plant uses.

Command line: ``python -m tools.sim.hub --port 7001 [--replay FILE] [--dump]``.
The slcan commands it answers, and what a cut bus looks like, stand in docs/can.md.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import sys
import time
from typing import Callable, Iterable

from tools.sim.canframe import Frame, parse_candump, parse_slcan

BELL = b"\x07"
ACK = b"\r"
MAX_LINE = 40  # the longest legal line is T + 8 + 1 + 16 + timestamp 4 = 30
MAX_BACKLOG = 65536  # bytes a client may leave unread before frames to it are lost

# Lawicel status flags, the answer to F.
FLAG_RX_FULL = 0x01
FLAG_WARNING = 0x04
FLAG_OVERRUN = 0x08
FLAG_PASSIVE = 0x20
FLAG_BUS_ERROR = 0x80


class Port:
    """A node of the bus: what `Hub.attach` returns to a simulated device."""

    def __init__(self, hub: "Hub", callback: Callable[[Frame], None] | None) -> None:
        self.hub = hub
        self.callback = callback
        self.sent = 0
        self.failed = 0

    def send(self, can_id: int, data: bytes, extended: bool = True, remote: bool = False) -> bool:
        """Puts a frame on the bus. False when the bus is cut (nobody acknowledges)."""
        length = len(data)
        frame = Frame(can_id, b"" if remote else bytes(data), extended, remote, length)
        return self.send_frame(frame)

    def send_frame(self, frame: Frame) -> bool:
        """The same with a ready made Frame."""
        if self.hub.is_cut:
            self.failed += 1
            return False
        self.sent += 1
        self.hub.transmit(frame, self)
        return True

    def deliver(self, frame: Frame) -> None:
        """Called by the hub with a frame another node has sent."""
        if self.callback is not None:
            self.callback(frame)

    def detach(self) -> None:
        """Takes the node off the bus."""
        self.hub.ports.discard(self)


class Client(Port):
    """A TCP client that drives the hub as if it were a Lawicel adapter of its own."""

    def __init__(self, hub: "Hub", writer: asyncio.StreamWriter) -> None:
        super().__init__(hub, None)
        self.writer = writer
        self.open = self.listen_only = self.stamps = False
        self.bit_rate_code = ""
        self.status = 0
        self.lost = 0
        self.malformed = 0

    def deliver(self, frame: Frame) -> None:
        """Writes the frame to the client, or counts it as lost when the client does not read."""
        if not self.open or self.writer.is_closing():
            return
        if self.writer.transport.get_write_buffer_size() > MAX_BACKLOG:
            self.lost += 1
            self.status |= FLAG_RX_FULL | FLAG_OVERRUN
            return
        stamp = b"%04X" % (int(self.hub.time_s() * 1000) % 60000) if self.stamps else b""
        self.writer.write(frame.slcan() + stamp + ACK)

    def command(self, line: bytes) -> bytes:
        """Executes one line (without CR) and returns the adapter's answer."""
        head = line[:1]
        if head and head in b"tTrR":
            return self._transmit(line)
        if head == b"F" and self.open:
            flags, self.status = self.status | self.hub.fault_flags(), 0
            return b"F%02X\r" % flags
        if head in (b"O", b"L"):
            self.open, self.listen_only = True, head == b"L"
            return ACK
        if head == b"C":
            self.open = False
            return ACK
        if head in (b"S", b"s"):
            if self.open:
                return BELL  # a real adapter refuses to change the bit rate of an open channel
            self.bit_rate_code = line.decode("ascii", "replace")
            return ACK
        if head == b"Z":
            self.stamps = line == b"Z1"
            return ACK
        if head == b"V":
            return b"V1013\r"
        if head == b"N":
            return b"NHUB1\r"
        # An empty line flushes, M m X W Q set what a virtual bus does not have.
        return ACK if not head or head in b"MmXWQ" else BELL

    def _transmit(self, line: bytes) -> bytes:
        frame = parse_slcan(line)
        if frame is None:
            self.malformed += 1
            return BELL
        if not self.open or self.listen_only or not self.send_frame(frame):
            return BELL
        return b"Z\r" if frame.extended else b"z\r"


class Hub:
    """The bus. `bit_rate` None delivers at once; else frames take their time and are arbitrated.

    `speed` is how many times faster than real time the simulation runs: it shortens frame times.
    """

    def __init__(self, bit_rate: int | None = None, speed: float = 1.0) -> None:
        self.bit_rate = bit_rate
        self.speed = speed
        self.is_cut = False
        self.ports: set[Port] = set()
        self.frames = 0
        self.on_frame: Callable[[Frame], None] | None = None
        self.port = 0
        self._server: asyncio.Server | None = None
        self._pending: list[tuple[int, int, Frame, Port | None]] = []
        self._count = 0
        self._bus_task: asyncio.Task | None = None
        self._started = time.monotonic()

    def time_s(self) -> float:
        """Seconds of simulated time since the hub was made."""
        return (time.monotonic() - self._started) * self.speed

    def fault_flags(self) -> int:
        """Lawicel F bits of the state of the wire: a node alone on a cut bus turns passive."""
        return FLAG_BUS_ERROR | FLAG_PASSIVE | FLAG_WARNING if self.is_cut else 0

    def attach(self, callback: Callable[[Frame], None] | None) -> Port:
        """A node in this process; `callback(frame)` gets every frame the others send."""
        port = Port(self, callback)
        self.ports.add(port)
        return port

    def cut(self, on: bool) -> None:
        """Cuts (or mends) the bus: nothing passes, and no sender gets an acknowledge."""
        self.is_cut = on
        if on:
            self._pending.clear()

    def drop_clients(self) -> None:
        """Closes every TCP connection, as a USB adapter that is pulled does."""
        for port in list(self.ports):
            if isinstance(port, Client):
                port.writer.transport.abort()

    def transmit(self, frame: Frame, sender: Port | None) -> None:
        """Delivers to everybody but the sender, after the time the frame takes on the wire."""
        if self.bit_rate is None:
            self._deliver(frame, sender)
            return
        # Arbitration: the lowest id wins; a base frame beats an extended one with the same
        # first 11 bits; equal ids keep their order.
        key = frame.can_id << 1 | 1 if frame.extended else frame.can_id << 19
        self._count += 1
        heapq.heappush(self._pending, (key, self._count, frame, sender))
        if self._bus_task is None or self._bus_task.done():
            self._bus_task = asyncio.get_running_loop().create_task(self._run_bus())

    async def _run_bus(self) -> None:
        free_at = asyncio.get_running_loop().time()
        while self._pending:
            _, _, frame, sender = heapq.heappop(self._pending)
            free_at += frame.bits / self.bit_rate / self.speed
            await asyncio.sleep(max(0.0, free_at - asyncio.get_running_loop().time()))
            if not self.is_cut:
                self._deliver(frame, sender)

    def _deliver(self, frame: Frame, sender: Port | None) -> None:
        self.frames += 1
        if self.on_frame is not None:
            self.on_frame(frame)
        for port in list(self.ports):
            if port is not sender:
                port.deliver(frame)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listens; returns the port (0 lets the system pick one)."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Closes every client and the listening socket."""
        self.drop_clients()
        if self._bus_task is not None:
            self._bus_task.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, writer)
        self.ports.add(client)
        line = bytearray()
        try:
            while chunk := await reader.read(4096):
                for byte in chunk:
                    if byte != 13:
                        if len(line) <= MAX_LINE and byte != 10:
                            line.append(byte)
                        continue
                    writer.write(client.command(bytes(line)))
                    line.clear()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.ports.discard(client)
            writer.close()

    async def replay(self, lines: Iterable[str], loop_forever: bool = False) -> int:
        """Plays candump lines with their own spacing (divided by `speed`); returns the count."""
        frames = [found for line in lines if (found := parse_candump(line))]
        count = 0
        while frames:
            begin, first = time.monotonic(), frames[0][0]
            for stamp, frame in frames:
                wait = (stamp - first) / self.speed - (time.monotonic() - begin)
                if wait > 0:
                    await asyncio.sleep(wait)
                if not self.is_cut:
                    self.transmit(frame, None)
                    count += 1
            if not loop_forever:
                break
            await asyncio.sleep(0.1 / self.speed)
        return count


async def _main(options: argparse.Namespace, log: list[str]) -> None:
    hub = Hub(options.bit_rate, options.speed)
    if options.dump:
        hub.on_frame = lambda frame: print(frame.candump(time.time()), flush=True)
    port = await hub.start(options.host, options.port)
    print(f"slcan://{options.host}:{port}", file=sys.stderr, flush=True)
    if log:
        count = await hub.replay(log, options.loop)
        print(f"replayed {count} frames", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """The command line: see --help."""
    parser = argparse.ArgumentParser(prog="tools.sim.hub", description="a virtual CAN bus")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="TCP port (0: any free one)")
    parser.add_argument("--bit-rate", type=int, help="model bus time and arbitration, bit/s")
    parser.add_argument("--speed", type=float, default=1.0, help="times faster than real time")
    parser.add_argument("--replay", metavar="FILE", help="play a candump log onto the bus")
    parser.add_argument("--loop", action="store_true", help="repeat the log for ever")
    parser.add_argument("--dump", action="store_true", help="print every frame, candump format")
    options = parser.parse_args()
    log: list[str] = []
    if options.replay:
        with open(options.replay, encoding="ascii", errors="replace") as lines:
            log = lines.readlines()
    try:
        asyncio.run(_main(options, log))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()

"""What does the network look like when somebody pulls the cable?

Between the station and everything outside stands a relay on the socket level: TLS and host names
stay what they are. While the cable is out, packets vanish: nothing is forwarded, no FIN, no RST,
a connect hangs. Connections that were open then stay dead for ever, whichever side ends first.
The same happens to the connections of a station that loses its power.
"""

import asyncio
import contextlib
import socket

CHUNK = 65536


class Cable:
    """`exempt`: set of (host, port) that are no network but the board's own wires.

    Those are CAN, I/O and console. `alive()` tells whether the station's process still runs: the
    end of a connection that its death caused is not forwarded.
    """

    def __init__(self, exempt: set, alive=lambda: True):
        self.exempt = exempt
        self.alive = alive
        self.on = True
        self._relays = {}  # (host, port) -> asyncio.Server
        self._open = set()  # pairs that still carry data
        self._tasks = set()
        self._hole = None

    async def route(self, host: str, port: int):
        """Where the station shall connect instead of (host, port); None: the name is unknown."""
        if (host, port) in self.exempt:
            return host, port
        if not self.on:
            return self._black_hole()
        try:
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), 5)
        except (OSError, TimeoutError):
            return None
        server = self._relays.get((host, port))
        if server is None:

            async def carry(reader, writer):
                await self._carry(host, port, reader, writer)

            server = await asyncio.start_server(carry, "127.0.0.1", 0, limit=CHUNK)
            self._relays[(host, port)] = server
        return server.sockets[0].getsockname()[:2]

    def switch(self, on: bool) -> None:
        """Plug the cable in or pull it."""
        if not on:
            self.kill_open()
        self.on = on

    def kill_open(self) -> None:
        """Every connection that is open now is dead from here on; neither side is told."""
        for pair in self._open:
            pair.dead = True
        self._open.clear()

    async def close(self) -> None:
        """End everything."""
        for server in self._relays.values():
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in self._hole or ():
            end.close()

    def _black_hole(self):
        # A listener whose queue is full drops SYNs: connects to it hang, as into a dead cable.
        if self._hole is None:
            listener = socket.create_server(("127.0.0.1", 0), backlog=0)
            ends = [listener]
            for _ in range(3):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
                ends.append(filler)
            self._hole = ends
        return self._hole[0].getsockname()[:2]

    async def _carry(self, host, port, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        pair = _Pair(self)
        if self.on:
            self._open.add(pair)
        else:
            pair.dead = True
        try:
            await pair.carry(host, port, reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            self._open.discard(pair)
            self._tasks.discard(task)


class _Pair:
    """One connection of the station and its continuation outside."""

    def __init__(self, cable):
        self.cable = cable
        self.dead = False

    async def carry(self, host, port, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port, limit=CHUNK)
        except OSError:
            if self.dead:
                await _drain(reader)
            writer.transport.abort()  # refused: the station sees its connection reset
            return
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, True), self._pump(far_reader, writer, False)
            )
        finally:
            writer.close()
            far_writer.close()

    async def _pump(self, reader, writer, from_station):
        reset = False
        try:
            while data := await reader.read(CHUNK):
                if self.dead:
                    break
                writer.write(data)
                await writer.drain()
        except (ConnectionError, OSError):
            reset = True
        if from_station and not self.dead:
            # Did it close the connection, or did it die? A process ends after its sockets.
            await asyncio.sleep(0.1)
            if not self.cable.alive():
                self.dead = True
        if self.dead:
            await _drain(reader)
            return
        if reset:
            writer.transport.abort()
        else:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()
                await writer.drain()


async def _drain(reader):
    # What arrives on a dead connection vanishes; it ends when its own side gives up.
    with contextlib.suppress(OSError):
        while await reader.read(CHUNK):
            pass

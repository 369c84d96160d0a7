"""How do the buttons of the page reach the simulated charger, and what is it doing?

The control port: one command a line, one JSON object a line in answer (docs/csms.md).
"""

from __future__ import annotations

import asyncio
import json
import logging

from .events import Hub

log = logging.getLogger("csms.plant")
_POLL_S = 1.0
_ANSWER_S = 12.0  # the control port promises 10 s
_LINE_MAX = 1 << 20


class PlantError(Exception):
    """The plant cannot be reached, or it refused the command."""


class Plant:
    """One simulated charger. `state` is its last state, None while it cannot be reached.

    `ring`: what its station tells of its ring of modules (console: ring --json), None where
    there is none or while the station does not answer.
    """

    def __init__(self, hub: Hub, station_id: str, host: str, port: int):
        self._hub = hub
        self._station_id = station_id
        self.host, self.port = host, port
        self.state: dict | None = None
        self.ring: dict | None = None
        self.error: str | None = None
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        """Begin to poll its state."""
        self._task = asyncio.create_task(self._poll(), name=f"csms-plant-{self._station_id}")

    async def stop(self) -> None:
        """Stop polling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def command(self, line: str) -> dict:
        """Send one command on a connection of its own, so that a slow one (`power on`) holds
        up nothing; answers its JSON. Raises PlantError."""
        if not line.strip() or not line.isprintable():
            raise PlantError("a command is one line of text")
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader, writer = await self._connect()
                try:
                    return await _ask(reader, writer, line.strip())
                finally:
                    writer.close()
        except TimeoutError:
            raise PlantError("no answer from the simulated charger") from None
        except (OSError, ValueError) as error:
            raise PlantError(f"the simulated charger cannot be reached: {error}") from None

    async def _connect(self):
        return await asyncio.open_connection(self.host, self.port, limit=_LINE_MAX)

    async def _poll(self) -> None:
        while True:
            writer = None
            try:
                async with asyncio.timeout(_ANSWER_S):
                    reader, writer = await self._connect()
                while True:
                    async with asyncio.timeout(_ANSWER_S):
                        state = await _ask(reader, writer, "state")
                        self.ring = await _ring(reader, writer) if state.get("ties") else None
                    self._publish(state, None)
                    await asyncio.sleep(_POLL_S)
            except (OSError, ValueError, TimeoutError, PlantError) as error:
                self.ring = None
                self._publish(None, str(error) or "no answer")
            finally:
                if writer is not None:
                    writer.close()
            await asyncio.sleep(2 * _POLL_S)

    def _publish(self, state: dict | None, error: str | None) -> None:
        self.state, self.error = state, error
        self._hub.publish("plant", self._station_id, state)

    def connectors(self) -> list[dict]:
        """The plant's connectors, as its state tells them."""
        return [
            item
            for item in (self.state or {}).get("connectors", ())
            if isinstance(item, dict) and isinstance(item.get("id"), int)
        ]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> dict:
    """One command, one answer; PlantError if it says no, OSError if the connection ends."""
    writer.write(line.encode() + b"\n")
    await writer.drain()
    text = await reader.readline()
    if not text.endswith(b"\n"):
        raise ConnectionError("the connection ended")
    answer = json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    if not answer.get("ok"):
        raise PlantError(str(answer.get("error") or "refused"))
    return answer


async def _ring(reader, writer) -> dict | None:
    """What the station itself tells; a station without power tells nothing."""
    try:
        found = (await _ask(reader, writer, "ring --json")).get("result")
    except PlantError:
        return None
    return found if isinstance(found, dict) else None


class Plants:
    """The plants known, by station."""

    def __init__(self, hub: Hub):
        self._hub = hub
        self._plants: dict[str, Plant] = {}

    def register(self, station_id: str, address: str) -> Plant:
        """Add a plant at "host:port", in place of an older one."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"plant {address!r}: HOST:PORT")
        old = self._plants.get(station_id)
        if old is not None and old._task is not None:
            old._task.cancel()
        plant = self._plants[station_id] = Plant(self._hub, station_id, host, int(port))
        plant.start()
        self._hub.publish("station", station_id)
        return plant

    def get(self, station_id: str) -> Plant | None:
        """The plant of a station, or None."""
        return self._plants.get(station_id)

    def ids(self) -> list[str]:
        """Every station that has a plant."""
        return sorted(self._plants)

    async def stop(self) -> None:
        """Stop polling them all."""
        await asyncio.gather(*(plant.stop() for plant in self._plants.values()))

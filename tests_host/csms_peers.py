"""Who talks to the central system in its tests? A small station and a small plant, both honest
enough to be driven and rude enough to be wrong on purpose."""

from __future__ import annotations

import asyncio
import base64
import functools
import itertools
import json
from urllib.parse import quote

import websockets

from patience import PATIENCE_S

BOOT = {"chargePointVendor": "Galvani", "chargePointModel": "Fake", "firmwareVersion": "1.2.3"}


class FakeStation:
    """A 1.6 station: `call` sends and answers [3|4, id, ...]; what the central system asks is
    answered from `answers` (a payload, a CALLERROR as a tuple, or None for silence)."""

    def __init__(
        self, url: str, station_id: str, password: bytes | None = None, protocols=("ocpp1.6",)
    ):
        self.url = f"{url}/{quote(station_id, safe='')}"
        self.id = station_id
        self.answers: dict[str, object] = {}
        self.asked: list[list] = []
        self.closed = asyncio.Event()
        self._headers = {}
        if password is not None:
            token = base64.b64encode(station_id.encode() + b":" + password).decode()
            self._headers["Authorization"] = f"Basic {token}"
        self._protocols = protocols
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future] = {}
        self.socket = None

    async def __aenter__(self) -> FakeStation:
        self.socket = await websockets.connect(
            self.url,
            subprotocols=self._protocols,
            additional_headers=self._headers,
            compression=None,
            proxy=None,
            open_timeout=PATIENCE_S,
        )
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_) -> None:
        await self.socket.close()
        await self._task

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                frame = json.loads(text)
                if frame[0] == 2:
                    await self._answer(frame)
                elif frame[1] in self._waiting:
                    self._waiting[frame[1]].set_result(frame)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed.set()

    async def _answer(self, frame: list) -> None:
        self.asked.append(frame)
        answer = self.answers.get(frame[2], {"status": "Accepted"})
        if isinstance(answer, tuple):
            await self.raw([4, frame[1], answer[0], answer[1], {}])
        elif answer is not None:
            await self.raw([3, frame[1], answer])

    async def raw(self, message) -> None:
        """Send anything: a text as it is, else as JSON."""
        await self.socket.send(
            message if isinstance(message, (str, bytes)) else json.dumps(message)
        )

    async def exchange(self, message, message_id: str) -> list:
        """Send anything and wait for the answer to that message id."""
        future = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self.raw(message)
        async with asyncio.timeout(PATIENCE_S):
            return await future

    async def frame(self, action: str, payload, message_id: str | None = None) -> list:
        """Send a CALL, answer the whole frame that settles it."""
        message_id = message_id or f"m{next(self._numbers)}"
        return await self.exchange([2, message_id, action, payload], message_id)

    async def call(self, action: str, payload=None, message_id: str | None = None) -> dict:
        """Send a CALL that must succeed, answer its payload."""
        answer = await self.frame(action, payload or {}, message_id)
        assert answer[0] == 3, answer
        return answer[2]

    async def boot(self) -> dict:
        """BootNotification."""
        return await self.call("BootNotification", BOOT)

    async def status(self, connector: int, status: str, error: str = "NoError", **more) -> None:
        """StatusNotification."""
        await self.call(
            "StatusNotification",
            {"connectorId": connector, "status": status, "errorCode": error, **more},
        )

    async def start(
        self,
        connector: int = 1,
        tag: str = "A1",
        meter: int = 1000,
        time: str = "2026-05-01T10:00:00Z",
        message_id: str | None = None,
    ) -> dict:
        """StartTransaction."""
        return await self.call(
            "StartTransaction",
            {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": time},
            message_id,
        )

    async def stop(
        self,
        number: int,
        meter: int = 3500,
        time: str = "2026-05-01T11:00:00Z",
        message_id: str | None = None,
        **more,
    ) -> dict:
        """StopTransaction."""
        return await self.call(
            "StopTransaction",
            {"transactionId": number, "meterStop": meter, "timestamp": time, **more},
            message_id,
        )

    async def meter(
        self,
        number: int | None,
        time: str,
        connector: int = 1,
        message_id: str | None = None,
        **values,
    ) -> None:
        """MeterValues: soc=.., power=.. (W), current=.., voltage=.., energy=.. (Wh)."""
        names = {
            "soc": ("SoC", "Percent"),
            "power": ("Power.Active.Import", "W"),
            "current": ("Current.Import", "A"),
            "voltage": ("Voltage", "V"),
            "energy": ("Energy.Active.Import.Register", "Wh"),
            "temp": ("Temperature", "Celsius"),
        }
        payload = {
            "connectorId": connector,
            "meterValue": [
                {
                    "timestamp": time,
                    "sampledValue": [
                        {"value": str(value), "measurand": names[key][0], "unit": names[key][1]}
                        for key, value in values.items()
                    ],
                }
            ],
        }
        if number is not None:
            payload["transactionId"] = number
        await self.call("MeterValues", payload, message_id)


class FakePlant:
    """A control port: remembers its commands, answers `state` from `self.state`."""

    def __init__(self, connectors: int = 1):
        self.commands: list[str] = []
        self.state = {
            "ok": True,
            "time_s": 0.0,
            "power": True,
            "net": True,
            "estop": False,
            "connectors": [
                {
                    "id": n + 1,
                    "plugged": False,
                    "contactor": False,
                    "lock": False,
                    "voltage_v": 0.0,
                    "current_a": 0.0,
                    "soc": 20.0,
                    "energy_wh": 0.0,
                    "temp_c": 25.0,
                }
                for n in range(connectors)
            ],
            "modules": [],
            "ties": [],
            "violations": [],
        }
        self.port = 0

    async def __aenter__(self) -> FakePlant:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()

    async def _serve(self, reader, writer) -> None:
        while line := (await reader.readline()).decode().strip():
            answer = {"ok": True}
            if line == "state":
                answer = self.state
            else:
                self.commands.append(line)
                words = line.split()
                if words[0] in ("plug", "unplug"):
                    self.state["connectors"][int(words[1]) - 1]["plugged"] = words[0] == "plug"
                elif words[0] in ("net", "power"):
                    self.state[words[0]] = words[1] == "on"
                elif words[0] == "stop":
                    answer = {"ok": True, "output": "stopping connector 1"}
                elif words[0] != "tag":
                    answer = {"ok": False, "error": f"unknown command {words[0]}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()


def scenario(function):
    """Run an async test to its end, or for a few minutes."""

    @functools.wraps(function)
    def test(*args, **kwargs):
        async def bounded():
            async with asyncio.timeout(4 * PATIENCE_S):
                await function(*args, **kwargs)

        asyncio.run(bounded())

    return test

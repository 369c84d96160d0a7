"""Does the operator learn what a station died of, from all four places, and when it was?

Whole firmware processes on the Unix port die as test_core_crash.py lets them; the next run is
asked by a central system. Whitepaper A04, N01; S 5.9.
"""

import asyncio
import contextlib
import json
import signal
from datetime import datetime, timedelta, timezone

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from patience import PATIENCE_S
from test_core_console import Station
from test_core_crash import HANG, SICK, bad_runs, crash
from test_v16_files_interop import Files, file_server

KINDS = ("SecurityLog", "DiagnosticsLog")


class Central:
    """Accepts everything, notes the calls of the station, and may call it."""

    def __init__(self):
        self.calls = []
        self.line = None
        self.answers = {}
        self.news = asyncio.Condition()

    async def serve(self, line):
        """One connection."""
        self.line = line
        with contextlib.suppress(ConnectionClosed):  # a station that is killed says no good-bye
            await self._converse(line)

    async def _converse(self, line):
        async for text in line:
            message = json.loads(text)
            if message[0] == 2:
                payload = {}
                if message[2] == "BootNotification":
                    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
                    payload = {"status": "Accepted", "interval": 300, "currentTime": now}
                await line.send(json.dumps([3, message[1], payload]))
                self.calls.append((message[2], message[3]))
            else:
                self.answers[message[1]] = message[2:]
            async with self.news:
                self.news.notify_all()

    async def until(self, found):
        """Wait for `found()`."""
        async with self.news, asyncio.timeout(PATIENCE_S):
            await self.news.wait_for(found)
        return found()

    async def call(self, action, payload):
        """The station's answer."""
        number = action + payload.get("logType", "")
        await self.line.send(json.dumps([2, number, action, payload]))
        return (await self.until(lambda: self.answers.get(number)))[0]

    def seen(self, action, **fields):
        """Payloads of its calls of that kind."""
        return [p for a, p in self.calls if a == action and fields.items() <= p.items()]


async def told(port, folder, events):
    """The next run: {where: text} of the four places; `events`: how many resets are told."""
    central = Central()
    began = datetime.now(timezone.utc) - timedelta(minutes=5)
    more = {"subprotocols": ["ocpp1.6"], "open_timeout": PATIENCE_S, "ping_interval": None}
    with file_server() as url:
        async with serve(central.serve, "127.0.0.1", 0, **more) as server:
            at = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
            with Station(port, folder, CsmsUrl=at, Identity="E1"):
                kind = {"type": "ResetOrReboot"}
                await central.until(
                    lambda: len(central.seen("SecurityEventNotification", **kind)) >= events
                )
                places = {}
                for one in KINDS:
                    log = {"logType": one, "requestId": 1, "log": {"remoteLocation": url + "/"}}
                    places[one] = (await central.call("GetLog", log))["filename"]
                    await central.until(
                        lambda: (
                            len(central.seen("LogStatusNotification", status="Uploaded"))
                            == len(places)  # noqa: B023
                        )
                    )
                answer = await central.call("GetDiagnostics", {"location": url + "/"})
                places["GetDiagnostics"] = answer["fileName"]
                status = "DiagnosticsStatusNotification"
                await central.until(lambda: central.seen(status, status="Uploaded"))
        texts = {place: Files.got["/" + name].decode() for place, name in places.items()}
    resets = central.seen("SecurityEventNotification", **kind)
    assert len(resets) == events
    for one in resets:
        when = datetime.fromisoformat(one["timestamp"])
        assert began < when <= datetime.now(timezone.utc), one
    return texts | {"SecurityEventNotification": " | ".join(e["techInfo"] for e in resets)}


def holds(texts, *words):
    """Every place says all of these."""
    for place, text in texts.items():
        for word in words:
            assert word in text, (place, word, text[-3000:])


def test_two_crashes_are_told_when_somebody_listens(micropython64, tmp_path):
    """A04.FR.02, N01.FR.01, S 5.9/1: the second run did not live to tell of the first."""
    crash(micropython64, tmp_path, SICK)
    crash(micropython64, tmp_path, SICK.replace("sick", "sicker"))
    texts = asyncio.run(told(micropython64, tmp_path, 2))
    holds(texts, "crash: session", "ValueError: sicker")
    for place in ("SecurityEventNotification", "SecurityLog"):
        assert "ValueError: sick;" in texts[place].split("sicker")[0], texts[place]
    assert (
        "about to fail" in texts["DiagnosticsLog"] and "about to fail" in texts["GetDiagnostics"]
    )


def test_a_boot_loop_is_told_from_the_minimal_mode(micropython32, tmp_path):
    """A04.FR.02, N01.FR.01."""
    bad_runs(tmp_path, 5, "io")
    texts = asyncio.run(told(micropython32, tmp_path, 1))
    holds(texts, "crash: io")
    assert "minimal mode" in texts["DiagnosticsLog"]


@pytest.mark.long
def test_a_bite_of_the_dog_is_told(micropython64, tmp_path):
    """A04.FR.02, N01.FR.01."""
    with Station(micropython64, tmp_path, HANG, WatchdogTimeout="5") as station:
        assert station.process.wait(PATIENCE_S) == -signal.SIGKILL
    texts = asyncio.run(told(micropython64, tmp_path, 1))
    holds(texts, "watchdog")
    for place in ("DiagnosticsLog", "GetDiagnostics"):
        assert "hangs now" in texts[place], place
    assert "last line: " in texts["SecurityEventNotification"]

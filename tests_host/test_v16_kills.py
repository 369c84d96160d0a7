"""The real process is killed at random moments, again and again: nothing is lost or doubled.

The firmware on the Unix port with its plant, SIGKILL, and a central system built on the PyPI
package `ocpp`. What it has taken is compared with itself and with the energy of the plant.
"""

import asyncio
import contextlib
import os
import random
import signal
from datetime import datetime, timezone

import pytest
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result

from bench_world import Client, bounded, options, until
from patience import PATIENCE_S
from power_world import Books
from tools.sim.bench import Bench

pytestmark = pytest.mark.xdist_group("interop")

SNAPSHOT_S = 10
WATTS = 3000  # the plant's battery takes less


def now():
    return datetime.now(timezone.utc).isoformat()


class Peer(ChargePoint):
    """One connection; `books` are those of the central system."""

    books = None
    boots = 0

    async def _handle_call(self, message):
        if message.action in ("StartTransaction", "StopTransaction", "MeterValues"):
            self.books.take(message.action, message.unique_id, message.payload)
            self.last = message.unique_id
        await super()._handle_call(message)

    @on("BootNotification")
    def boot(self, **values):
        Peer.boots += 1
        return call_result.BootNotification(
            current_time=datetime.now(timezone.utc).isoformat(), interval=600, status="Accepted"
        )

    @on("Heartbeat")
    def heartbeat(self):
        return call_result.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **values):
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, **values):
        return call_result.Authorize(id_tag_info={"status": "Accepted"})

    @on("StartTransaction")
    def start_transaction(self, **values):
        number = self.books.ids[self.last]
        return call_result.StartTransaction(number, id_tag_info={"status": "Accepted"})

    @on("StopTransaction")
    def stop_transaction(self, **values):
        return call_result.StopTransaction()

    @on("MeterValues")
    def meter_values(self, **values):
        return call_result.MeterValues()


@contextlib.asynccontextmanager
async def world(directory, books):
    """The control port of a fast station."""

    async def serve(ws):
        peer = Peer("station", ws)
        peer.books = books
        with contextlib.suppress(websockets.ConnectionClosed):
            await peer.start()

    more = {"subprotocols": ["ocpp1.6"], "ping_interval": None, "open_timeout": PATIENCE_S}
    server = await websockets.serve(serve, "127.0.0.1", 0, **more)
    port = server.sockets[0].getsockname()[1]
    settings = {"MeterValueSampleInterval": 2, "EnergySnapshotInterval": SNAPSHOT_S}
    settings.update({"StopTxnSampledData": "SoC", "ReconnectMax": 10})
    url = f"ws://127.0.0.1:{port}/ocpp"
    pairs = [f"{key}={value}" for key, value in settings.items()]
    bench = Bench(options(directory, csms=url, id="K1", build="mpy", speed=20.0, set=pairs))
    try:
        ready = await bench.start()
        yield await Client().dial(ready["control"])
    finally:
        await bench.stop()
        server.close()


async def live(client, rng, seconds):
    """Cards are shown for so long (of the bench), and the plug is pulled now and then."""
    left = seconds
    while left > 0:
        await client.ask(rng.choice(("tag 1 A1", "tag 1 A1", "unplug 1")))
        await client.ask("plug 1")
        pause = min(left, rng.random() * 10)
        await client.elapse(pause)
        left -= pause


async def play(directory, kills, seed):
    rng = random.Random(seed)
    books = Books()
    Peer.boots = 0
    async with world(directory, books) as client:
        await client.ask("plug 1")
        for _ in range(kills):
            boots = Peer.boots
            await live(client, rng, rng.random() * 10)
            state = await client.ask("state")
            os.kill(state["station_pid"], signal.SIGKILL)

            async def is_off():
                return not (await client.ask("state"))["power"]

            await until(is_off, 60)
            await client.ask("power on")
            if rng.random() < 0.7:  # else it may die before it has registered

                async def is_back(boots=boots):
                    return Peer.boots > boots

                await until(is_back, 60)
        await client.ask("unplug 1")

        async def is_quiet():
            text = await client.ask("state")
            return text["station_pid"] and len(books.of("StartTransaction")) == len(
                books.of("StopTransaction")
            )

        await until(is_quiet, 60)
        await client.elapse(10)
        check(books, await client.ask("state"), kills)


def check(books, state, kills):
    """Each start has its stop, registers only rise, and no watt-hour is missing but at a kill."""
    starts, stops = books.of("StartTransaction"), books.of("StopTransaction")
    assert len(starts) > kills // 5, "hardly a charge was cut"
    ids = [p["transactionId"] for _, p in stops]
    assert sorted(ids) == sorted(books.ids.values())
    register = 0
    for action, p in books.first.values():
        if action == "StartTransaction":
            assert p["meterStart"] >= register
            register = p["meterStart"]
        elif action == "StopTransaction":
            assert p["meterStop"] >= register, "a register went back"
            register = p["meterStop"]
        else:
            for value in p["meterValue"]:
                (wh,) = [int(v["value"]) for v in value["sampledValue"] if v["unit"] == "Wh"]
                assert wh >= register
                register = wh
    cuts = [p for _, p in stops if p.get("reason") == "PowerLoss"]
    delivered = state["connectors"][0]["energy_wh"]
    assert register <= delivered + 1
    assert delivered - register <= kills * WATTS * (SNAPSHOT_S + 2) / 3600 + 2
    assert cuts and not state["violations"]


def test_twenty_kills(tmp_path):
    """S 3.7/2, S 4.10/1, S 4.10/3, E 3.78, U 5."""
    asyncio.run(bounded(play(tmp_path, 20, 1)))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 8))
def test_fifty_kills(tmp_path, seed):
    asyncio.run(bounded(play(tmp_path, 50, seed), 600))

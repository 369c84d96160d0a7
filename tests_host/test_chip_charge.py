"""Does a whole charge work through the TWAI controller's registers, a cut bus and a power cut?

The firmware is the real one, the plant too; between them stands the register model instead of a
socket (twai_board/board.py). Everything the battery and the module say comes through the FIFO.
"""

import asyncio

import pytest

from bench_world import Client, options
from tools import micropython
from tools.sim.bench import Bench
from tools.sim.machine import ROOT, Firmware, launcher

pytestmark = pytest.mark.long


class OnTwai(Firmware):
    """The firmware's sources with the board of twai_board/."""

    def command(self, flash):
        tests = ROOT / "tests_host"
        path = [tests / "twai_board", tests / "mpy" / "fakes", ROOT / "firmware", ROOT / "lib"]
        board = ROOT / "boards" / "UNIX" / "board.py"
        start = (
            f"import os, sys; os.putenv('GALVANI_UNIX_BOARD', {str(board)!r}); "
            f"sys.path[:0] = [{str(launcher())!r}]; import launch; "
            f"launch.run({[*map(str, path), '.frozen']!r}, {str(flash)!r})"
        )
        return [str(micropython.path(self.bits)), "-X", "heapsize=4m", "-c", start]


async def until(client, check, seconds=60):
    """The first `status --json` of connector 1 for which check(row) holds."""
    async with asyncio.timeout(seconds):
        while True:
            row = (await client.result("status --json"))["connectors"][0]
            if check(row):
                return row
            await asyncio.sleep(0.2)


async def charge(directory):
    settings = ["FreeVend=true", "CsmsMode=none", "EnergySnapshotInterval=10"]
    one = Bench(options(directory, set=settings, speed=4))
    one.machine.firmware = OnTwai("py", 64)
    try:
        ready = await one.start()
        client = await Client().dial(ready["control"])
        yield client
        state = await client.ask("state")
        assert state["violations"] == []
    finally:
        await one.stop()


def scenario(test):
    def run(tmp_path):
        async def play():
            async for client in charge(tmp_path):
                await test(client)

        asyncio.run(asyncio.wait_for(play(), 150))

    run.__name__ = test.__name__
    return run


@scenario
async def test_a_whole_charge(client):
    await client.ask("plug 1")
    row = await until(client, lambda row: row["status"] == "Charging" and row["energy_wh"] > 20)
    assert row["power_w"] > 1000
    plant = (await client.ask("state"))["connectors"][0]
    assert plant["contactor"] and plant["current_a"] > 5
    await client.ask("console stop 1")
    await until(client, lambda row: row["status"] == "Finishing")
    await client.ask("unplug 1")
    row = await until(client, lambda row: row["status"] == "Available")
    plant = (await client.ask("state"))["connectors"][0]
    assert abs(plant["energy_wh"] - row["energy_wh"]) <= 3
    lost = (await client.output("console can")).split("lost ")[1]
    assert int(lost.split()[0].strip(",;")) == 0


@scenario
async def test_a_cut_bus_stops_the_charge_and_mends(client):
    await client.ask("plug 1")
    await until(client, lambda row: row["status"] == "Charging" and row["power_w"] > 1000)
    await client.ask("can cut on")
    await until(client, lambda row: row["status"] == "Faulted")
    await client.ask("can cut off")
    await until(client, lambda row: row["status"] not in ("Faulted", "Charging"))


@scenario
async def test_a_power_cut_in_the_charge(client):
    await client.ask("plug 1")
    # Eleven seconds at 9 kW are 27 Wh: the register has been written once at least.
    await until(client, lambda row: row["status"] == "Charging" and row["energy_wh"] > 50)
    await client.ask("power cycle")
    after = await until(client, lambda row: row["status"] == "Charging" and row["power_w"] > 1000)
    assert after["energy_wh"] > 0  # the register came back from flash
    last = await until(client, lambda row: row["energy_wh"] > after["energy_wh"])
    assert last["status"] == "Charging"

"""What does a central system see when the bench cuts power or cable in the middle of a charge?

With the firmware and our own central system: the bench's promises as the other side sees them.
"""

import asyncio
import contextlib

from bench_world import Client, bounded, options, until
from patience import PATIENCE_S
from tools.csms.central import CentralSystem
from tools.csms.settings import from_text
from tools.sim.bench import Bench

SPEED = 30.0
ID = "bench-1"


@contextlib.asynccontextmanager
async def charging(directory, **changes):
    """(central, bench, client) with a transaction that runs."""
    async with CentralSystem(accept_all=True, ping_s=0) as central:
        one = Bench(
            options(directory, build="mpy", speed=SPEED, csms=central.ws_url, id=ID, **changes)
        )
        try:
            ready = await one.start()
            client = await Client().dial(ready["control"])
            await central.wait_for("BootNotification", timeout=PATIENCE_S)
            for line in ("soc 1 50", "plug 1"):
                assert (await client.ask(line))["ok"]
            await central.wait_for(
                "StatusNotification", lambda p: p["status"] == "Preparing", PATIENCE_S
            )
            await client.ask("tag 1 CARD1")
            await central.wait_for("StartTransaction", timeout=PATIENCE_S)
            yield central, one, client
        finally:
            await one.stop()


def run(test):
    asyncio.run(bounded(test))


def test_time_stamps_run_with_bench_time_and_do_not_jump_back(tmp_path):
    async def scenario():
        async with charging(tmp_path, set=["MeterValueSampleInterval=10"]) as (
            central,
            one,
            client,
        ):
            mark = central.mark()
            begin_ms = one.pace.now_ms

            def times():
                return [
                    from_text(r.payload["meterValue"][0]["timestamp"])
                    for r in central.hub.records(mark)
                    if r.action == "MeterValues"
                ]

            await until(lambda: len(times()) > 9)
            found = times()
            spent_s = (one.pace.now_ms - begin_ms) / 1000
            steps = [(b - a).total_seconds() for a, b in zip(found, found[1:])]
            assert min(steps) > 0
            assert 80 <= (found[-1] - found[0]).total_seconds() <= spent_s + 12

    run(scenario())


def test_a_power_cut_in_a_charge_ends_it_with_power_loss(tmp_path):
    async def scenario():
        async with charging(tmp_path) as (central, one, client):
            link = central.links[ID]
            await client.ask("power off")
            await client.elapse(30)
            assert central.links.get(ID) is link  # nobody told the central system
            assert (await client.ask("state"))["connectors"][0]["current_a"] == 0
            mark = central.mark()
            assert (await client.ask("power on"))["station_pid"]
            await central.wait_for("BootNotification", after=mark, timeout=PATIENCE_S)
            stop = await central.wait_for("StopTransaction", after=mark, timeout=PATIENCE_S)
            assert stop.payload["reason"] == "PowerLoss"
            assert (await client.ask("state"))["violations"] == []

    run(scenario())


def test_a_charge_goes_on_without_the_cable_and_is_reported_when_it_is_back(tmp_path):
    async def scenario():
        async with charging(tmp_path) as (central, one, client):
            mark = central.mark()
            await client.ask("net off")
            await client.ask("tag 1 CARD1")

            async def finishing():
                status = await client.result("status --json")
                return status["connectors"][0]["status"] == "Finishing"

            await until(finishing)
            assert not [r for r in central.hub.records(mark) if r.action == "StopTransaction"]
            await client.ask("net on")
            stop = await central.wait_for("StopTransaction", after=mark, timeout=PATIENCE_S)
            assert stop.payload["reason"] == "Local"
            assert (
                len([r for r in central.hub.records(mark) if r.action == "BootNotification"]) == 0
            )

    run(scenario())

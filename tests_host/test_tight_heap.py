"""Does a station with hardly any memory left charge on while somebody asks it all the time?

As .mpy files in a tenth more than a charge needs (tools/bench/limits.py), its console asked once a
second: what there is no memory for is said, and nothing ends, restarts or is lost.
"""

import asyncio

import pytest

from tools.bench import charge, limits
from tools.bench.rig import Rig

pytestmark = pytest.mark.long

HEAP_KB = int(limits.HELD["heap.smallest.mpy"] * 1.1) // 1024


async def asked(rig, answers):
    """Ask as fast as once a second for ever; `answers`: True for a status, False for busy."""
    while True:
        try:
            answer = await rig.ask("status --json")
        except TimeoutError:  # who asks for it waits for room, too
            answers.append(False)
            continue
        answers.append("result" in answer)
        assert answers[-1] or answer["output"].startswith("error: busy, "), answer
        await asyncio.sleep(1)


async def play():
    answers = []
    turn = asyncio.Lock()  # of two who ask on one connection
    async with Rig("mpy", heap=f"{HEAP_KB}k", speed=4, settings=charge.SETTINGS) as rig:
        begun = rig.ready["station_pid"]
        ask = rig.ask

        async def in_turn(line):
            async with turn:
                return await ask(line)

        rig.ask = in_turn
        asking = asyncio.create_task(asked(rig, answers))
        await charge.begin(rig)
        await charge.meter_values(rig, 4)
        stop = await charge.end(rig)
        assert not asking.done(), asking.result()
        asking.cancel()
        rig.csms.check()  # no MemoryError in its log, no restart
        assert rig.ready["station_pid"] == begun
        starts = [one.payload for one in rig.csms.heard if one.action == "StartTransaction"]
    assert len(starts) == 1 and stop["meterStop"] > starts[0]["meterStart"]
    assert answers.count(True) >= 3, answers


def test_a_charge_while_the_console_is_asked_each_second():
    asyncio.run(asyncio.wait_for(play(), 240))

"""What happens when the line of inputs and outputs breaks or falls silent? (drivers/io_tcp.py)"""

from bench_world import bench, scenario, until


async def _status(client):
    return await client.result("status --json")


@scenario
async def test_a_broken_line_lets_the_outputs_fall_and_comes_back_with_what_is_wanted(tmp_path):
    async with bench(tmp_path) as (one, client, _ready):
        contactor = one.plant.outlet(1).contactor
        await client.ask("contactor on")

        async def closed():
            return contactor.on

        await until(closed)
        fallen = []
        one.plant.outputs_dead = lambda: fallen.append(contactor.set(False))
        await client.ask("plug 1")
        one.io._hang_up()
        assert fallen

        async def back():
            return one.io.linked.is_set() and contactor.on and (await _status(client))["alive"]

        await until(back)
        assert (await _status(client))["plug"] is True


@scenario
async def test_a_silent_line_is_lost_after_three_seconds(tmp_path):
    async with bench(tmp_path, speed=10) as (one, client, _ready):
        assert (await _status(client))["alive"] is True
        one.io.advanced = lambda ms: None  # no sign of life any more
        before = (await _status(client))["ticks"]

        async def lost():
            status = await _status(client)
            return not status["alive"] and status["ticks"]

        assert await until(lost) - before >= 2000


@scenario
async def test_lines_that_make_no_sense_end_the_line_and_not_the_plant(tmp_path):
    import asyncio

    async with bench(tmp_path) as (one, client, _ready):
        for junk in (b"contactor 9 1\n", b"contactor x 1\n", b"\xff\xfe\n", b"\n" * 10):
            reader, writer = await asyncio.open_connection("127.0.0.1", one.io.port)
            writer.write(junk)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()

        async def back():
            return (await _status(client))["alive"] and one.io.linked.is_set()

        await until(back)
        assert (await client.ask("plug 1"))["ok"]
        assert not one.pacing.done()

"""Does virtual time pass for tasks as real time would, only faster?"""

import asyncio

import vtime


def test_sixteen_hours_pass_in_a_moment():
    seen = []

    async def every(s):
        while True:
            await asyncio.sleep(s)
            seen.append(s)

    async def scenario():
        asyncio.create_task(every(3600))
        asyncio.create_task(every(1800))
        await asyncio.sleep(16 * 3600 + 1)

    vtime.run(scenario())
    assert seen.count(3600) == 16
    assert seen.count(1800) == 32
    assert vtime.elapsed_ms() == 57601000


def test_sixty_days_pass_over_five_wraps_of_the_ticks():
    async def scenario():
        count = 0
        for _ in range(60 * 24):
            before = vtime.ticks()
            await asyncio.sleep(3600)
            assert vtime.diff(vtime.ticks(), before) == 3600000
            count += 1
        return count

    assert vtime.run(scenario()) == 1440
    assert vtime.elapsed_ms() == 60 * 86400 * 1000


def test_a_cancelled_sleeper_wakes_at_once_whatever_the_uptime():
    async def sleeper():
        await asyncio.sleep(86400)

    async def scenario():
        for _ in range(13):  # asyncio itself sleeps six days at most
            await asyncio.sleep(86400)
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(1)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return vtime.elapsed_ms()

    assert vtime.run(scenario()) == 13 * 86400000 + 1000


def test_an_event_wakes_a_task_before_any_time_passes():
    async def scenario():
        flag = asyncio.Event()

        async def later():
            await asyncio.sleep_ms(250)
            flag.set()

        asyncio.create_task(later())
        await flag.wait()
        return vtime.elapsed_ms()

    assert vtime.run(scenario()) == 250

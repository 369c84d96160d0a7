"""Charging profiles from a central system built on the PyPI package `ocpp`, seen at the plant.

The firmware's real process with its plant, as in test_v16_interop.py.
"""

import time

import pytest
from ocpp.v16 import call

from bench_world import scenario, until
from charging_bench import profile
from test_v16_interop import charging, world

pytestmark = pytest.mark.xdist_group("interop")
TX = "TxProfile"


def snake(body):
    """The payload as ocpp.v16.call takes it."""
    names = {"startPeriod": "start_period", "numberPhases": "number_phases"}
    schedule = body["chargingSchedule"]
    rows = [{names.get(k, k): v for k, v in r.items()} for r in schedule["chargingSchedulePeriod"]]
    inner = {"charging_rate_unit": schedule["chargingRateUnit"], "charging_schedule_period": rows}
    for key, name in (("duration", "duration"), ("startSchedule", "start_schedule")):
        if key in schedule:
            inner[name] = schedule[key]
    return {
        "charging_profile_id": body["chargingProfileId"],
        "stack_level": body["stackLevel"],
        "charging_profile_purpose": body["chargingProfilePurpose"],
        "charging_profile_kind": body["chargingProfileKind"],
        "charging_schedule": inner,
    }


async def install(csms, cid, body):
    request = call.SetChargingProfile(connector_id=cid, cs_charging_profiles=snake(body))
    assert (await csms.peer.call(request)).status == "Accepted"


async def settled(client, expected):
    """Wait until that many amperes flow and stay for a second: a ramp passes them as well."""
    since = []

    async def there():
        state = await client.ask("state")
        if abs(state["connectors"][0]["current_a"] - expected) >= 0.3:
            since.clear()
        since.append(state["time_s"])
        return since[-1] - since[0] >= 1

    await until(there)


async def clock(client):
    """(the station's time, seconds since 1970; bench time) at this moment."""
    wall = (await client.result("status --json"))["health"]["time"]
    return wall, (await client.ask("state"))["time_s"]


@scenario
async def test_limits_and_breakpoints_reach_the_plant(tmp_path):
    """That it takes 200 ms at most is held by test_charging_station.py."""
    async with world(tmp_path) as (csms, client):
        await charging(csms, client)
        await settled(client, 60)
        await install(csms, 1, profile(1, TX, periods=[(0, 12)]))
        await settled(client, 12)
        status = (await client.result("status --json"))["connectors"][0]
        assert status["limit_source"] == "profile"
        wall, bench_s = await clock(client)
        await install(csms, 1, profile(2, TX, level=1, periods=[(0, 6)], start=wall + 20))
        seen = []

        async def lower():
            state = await client.ask("state")
            seen.append((state["time_s"], state["connectors"][0]["current_a"]))
            return seen[-1][1] < 11.7

        await until(lower)
        assert all(abs(amperes - 12) < 0.3 for _, amperes in seen[:-1])
        assert seen[-1][0] > bench_s + 17  # its clocks are read one after the other
        await settled(client, 6)
        answer = await csms.peer.call(call.GetCompositeSchedule(connector_id=1, duration=60))
        assert answer.charging_schedule["charging_schedule_period"] == [
            {"start_period": 0, "limit": 6.0}
        ]
        assert (await csms.peer.call(call.ClearChargingProfile())).status == "Accepted"
        await settled(client, 60)
        assert not (await client.ask("state"))["violations"]


@scenario
async def test_profiles_survive_a_power_cut(tmp_path):
    """E 3.37."""
    async with world(tmp_path) as (csms, client):
        await install(csms, 0, profile(1, "ChargePointMaxProfile", periods=[(0, 9)]))
        await client.ask("power cycle")
        await until(lambda: len(csms.seen("BootNotification")) >= 2)
        await charging(csms, client)
        await settled(client, 9)
        answer = await csms.peer.call(call.GetCompositeSchedule(connector_id=0, duration=10))
        assert answer.charging_schedule["charging_schedule_period"][0]["limit"] == 9.0


@scenario
async def test_a_remote_start_with_its_profile(tmp_path):
    """S 5.11/5."""
    async with world(tmp_path) as (csms, client):
        body = snake(profile(1, TX, periods=[(0, 7)]))
        request = call.RemoteStartTransaction(id_tag="R1", connector_id=1, charging_profile=body)
        assert (await csms.peer.call(request)).status == "Accepted"
        await client.ask("plug 1")
        await settled(client, 7)


@scenario
async def test_a_long_composite_schedule_comes_in_turns(tmp_path):
    """S 5.7/1."""
    async with world(tmp_path) as (csms, client):
        rows = [(n * 60, 5 + n % 25) for n in range(50)]
        start = int(time.time()) - 100
        body = snake(profile(1, periods=rows, start=start, daily=True))
        body["recurrency_kind"] = "Daily"
        request = call.SetChargingProfile(connector_id=0, cs_charging_profiles=body)
        assert (await csms.peer.call(request)).status == "Accepted"
        answer = await csms.peer.call(call.GetCompositeSchedule(connector_id=1, duration=172800))
        rows = answer.charging_schedule["charging_schedule_period"]
        assert answer.status == "Accepted"
        assert len(rows) in (100, 101)  # fifty changes a day, the first may fall on the receipt
        assert {row["limit"] for row in rows} == {float(5 + n) for n in range(25)}
        assert not (await client.ask("state"))["violations"]

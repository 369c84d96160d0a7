"""Does the bench do what its interface promises? (design section 7, with a stand-in station)"""

import asyncio
import os
import signal

import pytest

from bench_world import Client, bench, scenario, until

# -- plant words


@scenario
async def test_people_act_on_the_plant_and_the_station_sees_it(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        assert await client.ask("plug 1") == {"ok": True}
        assert await client.ask("estop on") == {"ok": True}
        assert await client.ask("tag 1 ABC123") == {"ok": True}

        async def seen():
            status = await client.result("status --json")
            return status["plug"] is True and status["estop"] is True

        async def card():
            return await client.output("console tag") == "(1, 'ABC123')"

        await until(seen)
        await until(card)
        await client.ask("unplug 1")
        state = await client.ask("state")
        assert state["connectors"][0]["plugged"] is False and state["estop"] is True


@scenario
async def test_outputs_of_the_station_move_the_plant_in_their_time(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        await client.ask("contactor on")
        await client.ask("lock on")

        async def moved():
            found = (await client.ask("state"))["connectors"][0]
            return found["contactor"] and found["lock"]

        async def told():
            return (await client.result("status --json"))["lock"] is True

        await until(moved)
        await until(told)


@scenario
async def test_state_has_every_field_of_the_interface(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        state = await client.ask("state")
        assert {
            "ok",
            "time_s",
            "power",
            "net",
            "estop",
            "connectors",
            "modules",
            "ties",
            "violations",
        } <= state.keys()
        assert {
            "id",
            "plugged",
            "contactor",
            "lock",
            "voltage_v",
            "current_a",
            "soc",
            "energy_wh",
            "temp_c",
        } <= state["connectors"][0].keys()
        assert {"id", "on", "voltage_v", "current_a", "temp_c"} <= state["modules"][0].keys()


WRONG = {
    "plug 2": "no connector 2",
    "plug": "usage: plug N",
    "soc 1 101": "0 to 100",
    "bms silent 1 maybe": "on or off",
    "plc silent 1 on": "no PLC",
    "identity 1 evccid 00": "no PLC",
    "weld tie 1 on": "no tie",
    "weld xx 1 on": "gc",
    "power up": "usage: power",
    "clock tomorrow": "seconds",
    "": "empty",
}


@scenario
async def test_a_wrong_word_says_what_was_expected(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        for line, says in WRONG.items():
            answer = await client.ask(line)
            assert answer["ok"] is False, line
            assert says in answer["error"], line


@scenario
async def test_vehicle_and_faults_are_set(tmp_path):
    async with bench(tmp_path) as (one, client, _ready):
        outlet = one.plant.outlet(1)
        for line in (
            "soc 1 35.5",
            "ev demand 1 20 67.2",
            "bms silent 1 on",
            "bms stop 1 on",
            "overtemp 1 95",
            "weld gc 1 on",
            "can cut on",
        ):
            assert await client.ask(line) == {"ok": True}, line
        assert outlet.battery.soc == 35.5
        assert outlet.bms.demand_a == 20 and outlet.bms.vmax_v == 67.2
        assert outlet.bms.silent and outlet.bms.stop_forced
        assert outlet.module.temp_c == 95
        assert outlet.contactor.welded and one.hubs[0].is_cut
        await client.ask("overtemp 1 off")
        await client.ask("module off 1 on")
        assert outlet.module.temp_c == 25 and outlet.module.off_line


# -- console


@scenario
async def test_other_lines_go_to_the_console_many_at_a_time(tmp_path):
    async with bench(tmp_path) as (_, client, ready):
        clients = [await Client().dial(ready["control"]) for _ in range(20)]
        answers = await asyncio.gather(*(c.ask("nonsense %d" % i) for i, c in enumerate(clients)))
        assert [a["output"] for a in answers] == ["unknown: nonsense %d" % i for i in range(20)]
        assert await client.output("console plug 1") == "unknown: plug 1"


@scenario
async def test_a_line_beyond_any_sense_is_refused_and_the_next_one_is_heard(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        assert await client.ask("z" * 300_000) == {"ok": False, "error": "the line is too long"}
        assert (await client.ask("estop off"))["ok"]


@scenario
async def test_a_station_that_hangs_is_answered_for_within_ten_seconds(tmp_path):
    async with bench(tmp_path) as (one, client, ready):
        assert one.console.answer_s < 10
        one.console.answer_s = 1.5
        hung = asyncio.create_task((await Client().dial(ready["control"])).ask("hang"))
        await asyncio.sleep(0.3)
        await client.elapse(0.5)  # the bench itself goes on
        answer = await hung
        assert not answer["ok"] and "did not answer within 1.5 s" in answer["error"]
        await client.elapse(0.5)


# -- power


@scenario
async def test_power_cycle_starts_the_station_on_the_same_flash(tmp_path):
    async with bench(tmp_path) as (_, client, ready):
        first = (await client.ask("state"))["station_pid"]
        assert first == ready["station_pid"]
        assert await client.ask("power off") == {"ok": True}
        assert (await client.ask("state"))["power"] is False
        assert not os.path.exists("/proc/%d" % first)
        assert not (await client.ask("status --json"))["ok"]
        answer = await client.ask("power on")
        assert answer["ok"] and answer["station_pid"] != first
        assert (await client.result("status --json"))["starts"] == 2
        third = (await client.ask("power cycle"))["station_pid"]
        assert third not in (first, answer["station_pid"])
        assert (await client.result("status --json"))["starts"] == 3


@scenario
async def test_a_station_that_resets_itself_is_started_again(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        await client.ask("reset")
        assert (await client.result("status --json"))["starts"] == 2
        assert (await client.ask("state"))["power"] is True


@scenario
async def test_a_watchdog_that_bites_starts_it_again(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        await client.ask("bite")
        assert (await client.result("status --json"))["starts"] == 2


@scenario
async def test_a_signal_is_a_power_cut_until_power_on(tmp_path):
    async with bench(tmp_path) as (_, client, ready):
        os.kill(ready["station_pid"], signal.SIGKILL)

        async def off():
            return not (await client.ask("state"))["power"]

        await until(off)
        assert (await client.ask("power on"))["ok"]
        assert (await client.result("status --json"))["starts"] == 2


@scenario
async def test_power_off_lets_the_outputs_fall_and_the_module_stop(tmp_path):
    async with bench(tmp_path) as (one, client, _ready):
        await client.ask("plug 1")
        await client.ask("contactor on")
        module = one.plant.outlet(1).module
        module.set_voltage(84)
        module.set_current(20)
        module.start()

        async def flows():
            return (await client.ask("state"))["connectors"][0]["current_a"] > 15

        await until(flows)
        await client.ask("power off")

        async def fallen():
            found = (await client.ask("state"))["connectors"][0]
            return not found["contactor"] and found["current_a"] == 0

        await until(fallen)
        assert not module.on
        assert not [v for v in (await client.ask("state"))["violations"] if "opened" in v]


# -- time


@pytest.mark.parametrize("speed", [1, 20])
def test_station_and_plant_share_one_time(tmp_path, speed):
    async def run():
        async with bench(tmp_path, speed=speed) as (_, client, _ready):

            async def agree():
                begin = await _times(client)
                await asyncio.sleep(1)
                end = await _times(client)
                # Each reading lies between two of the plant's and of the real clock.
                station_s = end["station"] - begin["station"]
                slack_s = 0.2 * speed + 0.3
                assert station_s >= end["plant"][0] - begin["plant"][1] - slack_s
                assert station_s <= end["plant"][1] - begin["plant"][0] + slack_s
                real_s = end["real"][1] - begin["real"][0] - (end["lost"] - begin["lost"])
                plant_s = end["plant"][1] - begin["plant"][0]
                return speed * (real_s - 0.5) <= plant_s <= speed * (real_s + 0.3)

            await until(agree)  # once is enough: a machine may stand still between two readings

    asyncio.run(run())


async def _times(client):
    loop = asyncio.get_running_loop()
    began = loop.time()
    first = await client.ask("state")
    ticks = (await client.result("status --json"))["ticks"]
    last = await client.ask("state")
    return {
        "plant": (first["time_s"], last["time_s"]),
        "real": (began, loop.time()),
        "lost": last["slipped_s"],
        "station": ticks / 1000,
    }


@scenario
async def test_waiting_takes_bench_time(tmp_path):
    async with bench(tmp_path, speed=50) as (_, client, _ready):
        begin = await _times(client)
        await client.ask("sleep 20000")
        end = await _times(client)
        plant_s = end["plant"][1] - begin["plant"][0]
        assert 20 <= end["station"] - begin["station"] <= plant_s + 10
        assert plant_s < 500  # 20 s of real time would have been 1000


@scenario
async def test_the_wall_clock_is_unknown_at_power_up_and_moves_alone(tmp_path):
    async with bench(tmp_path) as (_, client, _ready):
        before = await client.result("status --json")
        assert before["wall"] < 946684800 + 60  # 2000-01-01, as the chip's
        assert await client.ask("clock 86400") == {"ok": True}
        after = await client.result("status --json")
        assert 86400 <= after["wall"] - before["wall"] < 86460
        assert after["ticks"] - before["ticks"] < 60_000
        await client.ask("clock -86400")
        assert (await client.result("status --json"))["wall"] - before["wall"] < 60

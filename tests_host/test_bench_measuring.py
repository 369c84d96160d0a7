"""Do the pieces that measure measure the right thing? (tools/bench, without the long searches)"""

import asyncio
import json
from decimal import Decimal

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

import schema_oracle
from patience import PATIENCE_S
from tools import micropython
from tools.bench import charge, control, flash, heap, packages, port
from tools.bench.rig import TROUBLE, Csms, RigError

# -- scripts on the 32-bit port


@pytest.mark.parametrize("kind", control.KINDS)
def test_every_kind_of_round_runs_by_itself_for_callgrind(kind):
    assert port.run("control_cost.py", kind, 64) == {}


def test_a_script_that_fails_says_why():
    with pytest.raises(port.ScriptError, match="ValueError"):
        port.run("control_cost.py", "frame", "many")


def test_checking_a_message_costs_time_and_memory():
    found = port.run("ocpp_cost.py")
    assert set(found) == {"meter_values", "boot", "boot_answer"}
    for time_us, alloc, length in found.values():
        assert 0 < time_us < 100_000 and 0 < alloc < 20_000 and length > 50


# -- packages


def test_every_module_of_the_firmware_is_weighed_once():
    names = packages.module_names()
    assert len(names) == len(set(names))
    assert {"station.station", "ocppj.v16.chargepoint", "ws", "main", "core.bus"} <= set(names)
    sizes = packages.held(names)
    assert set(names) <= set(sizes)
    assert sizes["station.station"] > 1000
    table = packages.by_package(sizes)
    assert sum(size for size, _ in table.values()) == sum(sizes.values())
    assert {"station", "ocppj", "ws", "canproto", "core", "tasks", "main"} <= set(table)


def test_a_module_is_weighed_without_those_it_imports():
    alone = packages.held(["ocppj.datetime", "ocppj.schema"])
    together = packages.held(["ocppj.schema"])
    assert together["ocppj.datetime"] > 500
    # Which of two owns a name that both have depends on the order, little more.
    assert abs(alone["ocppj.schema"] - together["ocppj.schema"]) < 500


# -- the probe's words


def test_the_probes_words_are_read_from_among_the_log():
    log = [
        'PROBE {"used": 1, "modules": [], "written": {}}',
        "No. of 1-blocks: 2153, 2-blocks: 339, max blk sz: 358, max free sz: 9000",
        "qstr pool: n_pool=2, n_qstr=100, n_str_data_bytes=1000, n_total_bytes=2000",
        "+0:00:05 I SYS max blk sz is a word",
        'noise PROBE {"used": 77, "modules": ["main"], "written": {"s": [2, 90], "m": [1, 10]}}',
        "No. of 1-blocks: 2153, 2-blocks: 339, max blk sz: 256, max free sz: 9000",
        "qstr pool: n_pool=2, n_qstr=115, n_str_data_bytes=1100, n_total_bytes=2117",
    ]
    assert heap.last(log)["used"] == 77
    assert heap.largest_block(log) == 358 * 16
    assert heap.names(log) == (115, 2117)


# -- flash


def test_frozen_growth_counts_what_is_loaded():
    binary = micropython.path(32)
    size = flash.loaded_bytes(binary)
    assert 300_000 < size <= binary.stat().st_size


def test_a_file_of_another_word_size_is_refused():
    with pytest.raises(ValueError, match="no 32-bit ELF"):
        flash.loaded_bytes(micropython.path(64))


# -- the bench's own central system


@pytest.mark.parametrize(
    "action",
    "BootNotification Heartbeat Authorize StartTransaction StopTransaction StatusNotification "
    "MeterValues DataTransfer".split(),
)
def test_its_answers_are_what_ocpp_asks_for(action):
    payload = json.loads(json.dumps(Csms().answer(action)), parse_float=Decimal)
    assert not list(schema_oracle.validator(action, True).iter_errors(payload))


@pytest.mark.parametrize("action, payload", charge.CALLS)
def test_its_calls_are_what_ocpp_asks_for(action, payload):
    payload = json.loads(json.dumps(payload), parse_float=Decimal)
    assert not list(schema_oracle.validator(action, False).iter_errors(payload))


def with_csms(scenario):
    """Run scenario(csms, station's socket)."""

    async def run():
        csms = Csms()
        async with serve(csms.serve, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}/x", subprotocols=["ocpp1.6"]) as socket:
                await scenario(csms, socket)

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_it_waits_for_a_call_with_the_fields_asked_for():
    async def scenario(csms, socket):
        status = {"connectorId": 1, "status": "Preparing"}
        await socket.send(json.dumps([2, "1", "StatusNotification", status]))
        assert json.loads(await socket.recv()) == [3, "1", {}]
        waiting = asyncio.create_task(csms.wait("StatusNotification", status="Charging"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await socket.send(
            json.dumps([2, "2", "StatusNotification", status | {"status": "Charging"}])
        )
        assert (await waiting).payload["status"] == "Charging"
        assert (await csms.wait("StatusNotification")).payload["status"] == "Preparing"

    with_csms(scenario)


def test_a_call_that_is_answered_by_an_error_fails():
    async def scenario(csms, socket):
        calling = asyncio.create_task(csms.call("ClearCache", {}))
        await asyncio.sleep(0)
        number = json.loads(await socket.recv())[1]
        await socket.send(json.dumps([4, number, "InternalError", "memory", {}]))
        with pytest.raises(RigError, match="InternalError"):
            await calling

    async def later(csms, socket):
        await socket.send(json.dumps([2, "1", "Heartbeat", {}]))
        await socket.recv()  # the connection is known now
        await scenario(csms, socket)

    with_csms(later)


def test_trouble_of_the_station_ends_every_wait_at_once():
    async def scenario(csms, socket):
        waiting = asyncio.create_task(csms.wait("StopTransaction"))
        await asyncio.sleep(0.05)
        await csms.fail("MemoryError: memory allocation failed")
        with pytest.raises(RigError, match="MemoryError"):
            await waiting

    with_csms(scenario)


@pytest.mark.parametrize(
    "line, trouble",
    [
        ("+0:00:00 E SYS   MemoryError: memory allocation failed, allocating 760 bytes", True),
        ("bench: station ended: 1", True),
        ("bench: station bitten by its watchdog", True),
        ("bench: station started, pid 17", False),
        ("+0:00:07 I OCPP charge at connector 1 has begun", False),
    ],
)
def test_trouble_is_told_from_the_log(line, trouble):
    assert bool(TROUBLE.search(line)) is trouble


# -- the whole, with a real station


@pytest.mark.long
def test_a_real_station_is_probed_through_a_charge():
    probe = asyncio.run(heap.probed("frozen", 60))
    assert 20_000 < probe.idle < probe.charging < 500_000
    assert probe.largest % 16 == 0 and probe.largest > 0
    writes, size = probe.written
    assert writes > 0 and size > 100
    assert "main" in probe.modules and "console.session" not in probe.modules


@pytest.mark.long
@pytest.mark.parametrize("form", ["frozen", "romfs", "mpy"])
def test_a_charge_with_every_call_plays_in_a_roomy_heap(form):
    rig = asyncio.run(charge.play(form, "512k", calls=True))
    actions = [heard.action for heard in rig.csms.heard]
    assert actions.count("StartTransaction") == actions.count("StopTransaction") == 1


@pytest.mark.long
def test_a_heap_that_is_too_small_is_told_at_once():
    with pytest.raises(RigError):
        asyncio.run(charge.play("frozen", "24k"))

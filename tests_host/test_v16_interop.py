"""The whole station against a central system built straight on the PyPI package `ocpp`.

The firmware's real process on the Unix port with its plant, many times faster than real
time; the other end is nobody's code of ours.
"""

import contextlib
from datetime import datetime, timezone

import pytest
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result

from bench_world import Client, options, scenario, until
from patience import PATIENCE_S
from tools.sim.bench import Bench

pytestmark = pytest.mark.xdist_group("interop")


def _now():
    return datetime.now(timezone.utc).isoformat()


class Peer(ChargePoint):
    """One connection of the station; what it says goes to the CSMS's books."""

    csms = None

    def _note(self, action, values):
        self.csms.calls.append((action, values))

    @on("BootNotification")
    def boot(self, **values):
        self._note("BootNotification", values)
        return call_result.BootNotification(current_time=_now(), interval=600, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self):
        self._note("Heartbeat", {})
        return call_result.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def status(self, **values):
        self._note("StatusNotification", values)
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, **values):
        self._note("Authorize", values)
        status = "Blocked" if values["id_tag"] == "BAD1" else "Accepted"
        return call_result.Authorize(id_tag_info={"status": status})

    @on("StartTransaction")
    def start_transaction(self, **values):
        self._note("StartTransaction", values)
        self.csms.transactions += 1
        return call_result.StartTransaction(
            transaction_id=self.csms.transactions, id_tag_info={"status": "Accepted"}
        )

    @on("StopTransaction")
    def stop_transaction(self, **values):
        self._note("StopTransaction", values)
        return call_result.StopTransaction()

    async def _handle_call(self, message):
        if self.csms.deaf and message.action == "StopTransaction":
            self._note("StopTransaction", message.payload)
        else:
            await super()._handle_call(message)

    @on("MeterValues")
    def meter_values(self, **values):
        self._note("MeterValues", values)
        return call_result.MeterValues()


class Csms:
    def __init__(self):
        self.calls = []
        self.transactions = 100
        self.peer = None
        self.deaf = False
        self.refuse = 0
        self.paths = []

    async def serve(self, ws):
        self.peer = peer = Peer("station", ws)
        peer.csms = self
        with contextlib.suppress(websockets.ConnectionClosed):
            await peer.start()

    def request(self, connection, request):
        self.paths.append(request.path)
        if self.refuse:
            self.refuse -= 1
            return connection.respond(404, "who?")
        return None

    def seen(self, action):
        return [values for name, values in self.calls if name == action]

    def statuses(self):
        return [v["status"] for v in self.seen("StatusNotification") if v["connector_id"] == 1]


@contextlib.asynccontextmanager
async def world(directory, refuse=0, speed=30.0, **settings):
    """(csms, client of the control port) of a station that is registered."""
    csms = Csms()
    csms.refuse = refuse
    server = await websockets.serve(
        csms.serve,
        "127.0.0.1",
        0,
        subprotocols=["ocpp1.6"],
        process_request=csms.request,
        ping_interval=None,
        open_timeout=PATIENCE_S,
    )
    port = server.sockets[0].getsockname()[1]
    settings = dict({"MeterValueSampleInterval": 10, "WebSocketPingInterval": 20}, **settings)
    bench = Bench(
        options(
            directory,
            csms=f"ws://127.0.0.1:{port}/ocpp",
            id="CP 1/ä",
            build="mpy",
            speed=speed,
            set=[f"{key}={value}" for key, value in settings.items()],
        )
    )
    try:
        ready = await bench.start()
        client = await Client().dial(ready["control"])
        await until(lambda: len(csms.statuses()) > 0)
        yield csms, client
    finally:
        await bench.stop()
        server.close()


async def charging(csms, client, tag="A1"):
    await client.ask("plug 1")
    await until(lambda: csms.statuses()[-1] == "Preparing")
    await client.ask("tag 1 " + tag)
    await until(lambda: csms.statuses()[-1] == "Charging")


@scenario
async def test_a_charge_by_card_and_one_from_afar(tmp_path):
    """J 3.1.1, S 5.11/4."""
    async with world(tmp_path) as (csms, client):
        assert csms.paths == ["/ocpp/CP%201%2F%C3%A4"]
        await charging(csms, client)
        await until(lambda: len(csms.seen("MeterValues")) >= 2)
        await client.ask("tag 1 A1")
        await until(lambda: csms.seen("StopTransaction"))
        stop = csms.seen("StopTransaction")[0]
        assert (stop["transaction_id"], stop["reason"], stop["id_tag"]) == (101, "Local", "A1")
        assert stop["meter_stop"] > csms.seen("StartTransaction")[0]["meter_start"]
        await client.ask("unplug 1")
        await until(lambda: csms.statuses()[-1] == "Available")
        answer = await csms.peer.call(call.RemoteStartTransaction(id_tag="R1", connector_id=1))
        assert answer.status == "Accepted"
        await client.ask("plug 1")
        await until(lambda: len(csms.seen("StartTransaction")) == 2)
        answer = await csms.peer.call(call.RemoteStopTransaction(transaction_id=102))
        assert answer.status == "Accepted"
        await until(lambda: len(csms.seen("StopTransaction")) == 2)
        assert csms.seen("StopTransaction")[1]["reason"] == "Remote"
        assert len(csms.seen("Authorize")) == 1


@scenario
async def test_core_calls_are_answered(tmp_path):
    async with world(tmp_path) as (csms, client):
        peer = csms.peer
        answer = await peer.call(call.GetConfiguration())
        assert len(answer.configuration_key) > 35
        answer = await peer.call(
            call.ChangeConfiguration(key="MeterValueSampleInterval", value="7")
        )
        assert answer.status == "Accepted"
        assert (await peer.call(call.ClearCache())).status == "Accepted"
        for kind, status in (("Inoperative", "Unavailable"), ("Operative", "Available")):
            answer = await peer.call(call.ChangeAvailability(connector_id=1, type=kind))
            assert answer.status == "Accepted"
            await until(lambda status=status: csms.statuses()[-1] == status)
        answer = await peer.call(call.TriggerMessage(requested_message="Heartbeat"))
        assert answer.status == "Accepted"
        await until(lambda: csms.seen("Heartbeat"))
        assert (await peer.call(call.DataTransfer(vendor_id="x"))).status == "UnknownVendorId"
        await client.ask("plug 1")
        assert await client.ask("tag 1 BAD1") == {"ok": True}
        await until(lambda: csms.seen("Authorize"))
        await client.elapse(5)
        assert not csms.seen("StartTransaction")


@scenario
async def test_a_soft_reset_stops_first_and_boots_again(tmp_path):
    """S 4.2.1, E 3.36."""
    async with world(tmp_path) as (csms, client):
        await charging(csms, client)
        assert (await csms.peer.call(call.Reset(type="Soft"))).status == "Accepted"
        await until(lambda: len(csms.seen("BootNotification")) == 2)
        names = [name for name, _ in csms.calls]
        assert names.index("StopTransaction") < names.index("BootNotification", 1)
        assert csms.seen("StopTransaction")[0]["reason"] == "SoftReset"


@scenario
async def test_a_power_cut_ends_the_transaction_once(tmp_path):
    """S 4.10/3, U 5."""
    async with world(tmp_path) as (csms, client):
        await charging(csms, client)
        await until(lambda: csms.seen("MeterValues"))
        await client.ask("power cycle")
        await until(lambda: csms.seen("StopTransaction"))
        await client.elapse(10)
        assert len(csms.seen("StartTransaction")) == len(csms.seen("StopTransaction")) == 1
        stop = csms.seen("StopTransaction")[0]
        assert (stop["transaction_id"], stop["reason"]) == (101, "PowerLoss")
        told = csms.seen("MeterValues")[-1]["meter_value"][0]["sampled_value"][0]["value"]
        assert stop["meter_stop"] >= int(told)


@scenario
async def test_a_dead_line_loses_nothing_and_does_not_boot_again(tmp_path):
    """J 5.4, U 19."""
    settings = {"MessageTimeout": 10, "TransactionMessageRetryInterval": 1, "ReconnectMax": 10}
    settings.update({"WebSocketPingInterval": 5, "TransactionMessageAttempts": 1})
    async with world(tmp_path, **settings) as (csms, client):
        await charging(csms, client)
        await until(lambda: csms.seen("MeterValues"))
        await client.ask("net off")
        await client.elapse(15)
        await client.ask("tag 1 A1")
        await client.elapse(40)  # its pings found out
        assert not csms.seen("StopTransaction")
        await client.ask("net on")
        await until(lambda: csms.seen("StopTransaction"))
        await client.elapse(5)
        assert len(csms.seen("StopTransaction")) == 1
        assert csms.seen("StopTransaction")[0]["transaction_id"] == 101
        assert len(csms.seen("BootNotification")) == 1
        numbers = [v["meter_value"][0]["timestamp"] for v in csms.seen("MeterValues")]
        assert numbers == sorted(numbers) and len(numbers) > 1


@scenario
async def test_a_csms_that_does_not_answer_gets_it_again(tmp_path):
    """S 3.7.1/4."""
    settings = {"MessageTimeout": 10, "TransactionMessageRetryInterval": 20}
    async with world(tmp_path, TransactionMessageAttempts=2, **settings) as (csms, client):
        await charging(csms, client)
        csms.deaf = True
        await client.ask("tag 1 A1")
        await until(lambda: len(csms.seen("StopTransaction")) == 2)
        await client.elapse(40)
        assert len(csms.seen("StopTransaction")) == 2
        assert len(csms.paths) == 1  # the line was never given up


@scenario
async def test_a_404_is_tried_again(tmp_path):
    """JE 3.4."""
    async with world(tmp_path, refuse=2) as (csms, _):
        assert len(csms.paths) == 3

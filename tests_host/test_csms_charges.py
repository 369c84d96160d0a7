"""Is every charge kept right: started, measured, stopped, resent, after a restart?"""

import asyncio

from csms_peers import FakeStation, scenario
from tools.csms import CentralSystem
from tools.csms.measure import merge_phases, number


@scenario
async def test_a_whole_charge_is_recorded():
    async with (
        CentralSystem(http_port=None, cards=("A1",)) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        answer = await station.boot()
        assert answer["status"] == "Accepted" and answer["interval"] == 60
        await station.status(1, "Preparing")
        assert await station.call("Authorize", {"idTag": "A1"}) == {
            "idTagInfo": {"status": "Accepted"}
        }
        started = await station.start(1, "A1", 1000)
        assert started["idTagInfo"] == {"status": "Accepted"}
        tx = started["transactionId"]
        await station.status(1, "Charging")
        await station.meter(tx, "2026-05-01T10:05:00Z", soc=40, power=7000, energy=1600)
        connector = csms.live.connector("S1", 1)
        assert connector.status == "Charging" and connector.session_wh() == 600
        assert connector.values == {"soc": 40, "power_w": 7000, "energy_wh": 1600}
        assert await station.stop(tx, 3500, reason="EVDisconnected") == {}
        row = await csms.charges.get(tx)
        assert (row.energy_wh, row.reason, row.id_tag, row.active) == (
            2500,
            "EVDisconnected",
            "A1",
            False,
        )
        assert connector.charge is None and "power_w" not in connector.values
        assert connector.session_wh() == 2500  # shown until the connector is free
        await station.status(1, "Available")
        assert connector.session_wh() is None


@scenario
async def test_a_stop_without_a_reason_is_local_and_keeps_transaction_data():
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S") as station,
    ):
        tx = (await station.start())["transactionId"]
        data = [
            {
                "timestamp": "2026-05-01T10:00:00+02:00",
                "sampledValue": [{"value": "1.5", "unit": "kWh", "context": "Transaction.Begin"}],
            }
        ]
        answer = await station.stop(tx, idTag="A1", transactionData=data)
        assert answer == {"idTagInfo": {"status": "Accepted"}}
        (row,) = await csms.charges.values("S", charge_id=tx)
        assert (await csms.charges.get(tx)).reason == "Local"
        assert (row.measurand, row.number, row.value, row.context) == (
            "Energy.Active.Import.Register",
            1500.0,
            "1.5",
            "Transaction.Begin",
        )
        assert row.time.isoformat() == "2026-05-01T08:00:00+00:00"  # an offset is honoured


@scenario
async def test_a_resent_start_is_the_same_transaction_even_on_a_new_connection():
    async with CentralSystem(http_port=None, cards=("A1",)) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            first = await station.start(message_id="start-7")
        async with FakeStation(csms.ws_url, "S1") as station:
            assert await station.start(message_id="start-7") == first
            assert await station.start(message_id="other-id") == first  # still open, same second
        assert len(await csms.charges.find("S1")) == 1


@scenario
async def test_a_message_id_used_again_with_other_content_is_a_new_transaction():
    """A station that counts from 1 after each reboot."""
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        first = await station.start(tag="A1", message_id="1")
        await station.stop(first["transactionId"], message_id="2")
        second = await station.start(
            tag="A1", meter=3500, time="2026-05-02T10:00:00Z", message_id="1"
        )
        assert second["transactionId"] != first["transactionId"]


@scenario
async def test_the_same_message_id_of_two_stations_is_two_transactions():
    async with CentralSystem(http_port=None, accept_all=True, concurrent=True) as csms:
        async with FakeStation(csms.ws_url, "S1") as one, FakeStation(csms.ws_url, "S2") as two:
            a = await one.start(message_id="1")
            b = await two.start(message_id="1")
        assert a["transactionId"] != b["transactionId"]


@scenario
async def test_a_resent_stop_changes_nothing():
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        tx = (await station.start())["transactionId"]
        await station.stop(tx, 3500, message_id="s", reason="Remote")
        await station.stop(tx, 3500, message_id="s", reason="Remote")
        await station.stop(tx, 9999, message_id="t", reason="Other")
        row = await csms.charges.get(tx)
        assert (row.meter_stop, row.reason, row.stop_message_id) == (3500, "Remote", "s")
        assert len(await csms.charges.find("S1")) == 1


@scenario
async def test_a_resent_meter_message_is_stored_once():
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        tx = (await station.start())["transactionId"]
        for _ in range(3):
            await station.meter(tx, "2026-05-01T10:01:00Z", message_id="m", power=7000, soc=5)
        await station.meter(tx, "2026-05-01T10:02:00Z", message_id="n", power=7100)
        assert len(await csms.charges.values("S1", charge_id=tx)) == 3


@scenario
async def test_a_stop_of_an_unknown_transaction_is_kept_once():
    """E 3.18: a station that never got a transactionId stops -1."""
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        await station.stop(-1, 5000, message_id="s")
        await station.stop(-1, 5000, message_id="s")
        (row,) = await csms.charges.find("S1")
        assert row.orphan and row.meter_stop == 5000 and not row.active


@scenario
async def test_a_station_cannot_stop_the_transaction_of_another():
    async with CentralSystem(http_port=None, accept_all=True) as csms:
        async with FakeStation(csms.ws_url, "S1") as one, FakeStation(csms.ws_url, "S2") as two:
            tx = (await one.start())["transactionId"]
            await two.stop(tx)
        assert (await csms.charges.get(tx)).active


@scenario
async def test_a_transaction_without_a_stop_is_stale_once_the_connector_goes_on():
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        lost = (await station.start(1, "A1"))["transactionId"]
        await station.status(1, "Available")
        assert (await csms.charges.get(lost)).stale
        again = await station.start(2, "A1", time="2026-05-01T12:00:00Z")
        assert again["idTagInfo"]["status"] == "Accepted"  # the lost one does not block the card
        await station.stop(lost, 4000)  # a late stop still closes it
        row = await csms.charges.get(lost)
        assert (row.stale, row.energy_wh) == (False, 3000)


@scenario
async def test_cards():
    async with (
        CentralSystem(http_port=None, cards=("A1",)) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        await csms.cards.put("B2", "Blocked")
        await csms.cards.put("C3", expiry=csms.clock.now().replace(year=2020), parent="FLEET")

        async def verdict(tag):
            return (await station.call("Authorize", {"idTag": tag}))["idTagInfo"]

        assert await verdict("a1") == {"status": "Accepted"}  # case does not count (E 3.74)
        assert await verdict("B2") == {"status": "Blocked"}
        assert await verdict("nobody") == {"status": "Invalid"}
        info = await verdict("C3")
        assert info["status"] == "Expired" and info["parentIdTag"] == "FLEET"
        assert (await station.start(1, "A1"))["idTagInfo"]["status"] == "Accepted"
        assert (await station.start(2, "a1"))["idTagInfo"]["status"] == "ConcurrentTx"
        csms.cards.accept_all = True
        assert await verdict("nobody") == {"status": "Accepted"}
        assert await verdict("B2") == {"status": "Blocked"}


@scenario
async def test_twelve_connectors_charge_at_once():
    async with (
        CentralSystem(http_port=None, accept_all=True) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        for n in range(1, 13):
            tx = (await station.start(n, f"C{n}"))["transactionId"]
            await station.meter(tx, "2026-05-01T10:05:00Z", connector=n, power=1000 * n)
        powers = [c.values["power_w"] for c in csms.live.connectors("S1")]
        assert powers == [1000.0 * n for n in range(1, 13)]
        assert len(await csms.charges.find("S1", active=True)) == 12


@scenario
async def test_a_restart_with_the_same_database_forgets_nothing(tmp_path):
    db = f"sqlite+aiosqlite:///{tmp_path}/csms.db"
    async with CentralSystem(http_port=None, db=db, cards=("A1",)) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            first = await station.start(message_id="x")
            await station.status(1, "Charging")
            await station.meter(first["transactionId"], "2026-05-01T10:05:00Z", energy=1700)
    async with CentralSystem(http_port=None, db=db) as csms:
        connector = csms.live.connector("S1", 1)
        assert connector.status == "Charging" and connector.session_wh() == 700
        async with FakeStation(csms.ws_url, "S1") as station:
            assert await station.start(message_id="x") == first
            await station.stop(first["transactionId"], 2000)
        assert (await csms.charges.get(first["transactionId"])).energy_wh == 1000
        actions = [m.action for m in await csms.traffic.find("S1")]
        assert "BootNotification" in actions and actions[0] == "StopTransaction"
        assert (await csms.store.station("S1")).boots == 1


@scenario
async def test_a_stop_sent_just_before_the_line_drops_is_kept():
    async with CentralSystem(http_port=None, accept_all=True) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            tx = (await station.start())["transactionId"]
            stop = {"transactionId": tx, "meterStop": 1500, "timestamp": "2026-05-01T11:00:00Z"}
            await station.raw([2, "hb", "Heartbeat", {}])
            await station.raw([2, "last", "StopTransaction", stop])
            station.socket.transport.abort()
        while csms.connected("S1"):
            await asyncio.sleep(0.01)
        assert (await csms.charges.get(tx)).meter_stop == 1500


@scenario
async def test_a_task_cancelled_in_a_query_costs_no_data():
    async with CentralSystem(http_port=None, accept_all=True) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            for n in range(60):
                task = asyncio.create_task(csms.store.stations())
                await asyncio.sleep(n / 20000)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            assert [row.id for row in await csms.store.stations()] == ["S1"]
            await station.call("Heartbeat")


@scenario
async def test_the_message_log_is_bounded_for_each_station():
    async with CentralSystem(http_port=None, messages_kept=20) as csms:
        async with FakeStation(csms.ws_url, "S1") as one, FakeStation(csms.ws_url, "S2") as two:
            await two.call("Heartbeat")
            for _ in range(60):
                await one.call("Heartbeat")
                await asyncio.sleep(0)
                await csms.traffic.flush()
        assert 20 <= len(await csms.traffic.find("S1", limit=1000)) <= 24
        assert len(await csms.traffic.find("S2", limit=1000)) == 2


def test_values_are_numbers_in_base_units():
    assert number("7.4", "kW") == 7400.0
    assert number("32", "Fahrenheit") == 0.0
    assert number("abc", None) is None and number("nan", "V") is None


def test_phases_make_one_number():
    assert merge_phases("Power.Active.Import", {"L1": 1, "L2": 2, "L3": 3}) == 6
    assert merge_phases("Current.Import", {"L1": 1, "L2": 5, "N": 9}) == 5
    assert merge_phases("Voltage", {"L1": 228, "L2": 232}) == 230
    assert merge_phases("Power.Active.Import", {None: 10, "L1": 1}) == 10

"""Who may connect, and what happens to messages that break the protocol?"""

import asyncio

import pytest
import websockets

from csms_peers import BOOT, FakeStation, scenario
from tools.csms import CallFailed, CallTimeout, CentralSystem, NotConnected
from tools.csms.errors import BadAnswer, CallError

STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


async def refusal(url: str, station_id: str, **options) -> int:
    with pytest.raises(websockets.InvalidStatus) as error:
        async with FakeStation(url, station_id, **options):
            pass
    return error.value.response.status_code


@scenario
async def test_identities_are_percent_encoded():
    async with CentralSystem() as csms:
        async with FakeStation(csms.ws_url, "Depot/7 é") as station:
            await station.boot()
            assert csms.connected("Depot/7 é")


@scenario
async def test_unknown_stations_get_404_only_if_a_list_is_given():
    async with CentralSystem(known=("S1",)) as csms:
        assert await refusal(csms.ws_url, "S2") == 404
        assert await refusal(csms.ws_url.replace("/ocpp", "/other"), "S1") == 404
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()


@scenario
async def test_a_password_is_asked_of_the_station_that_has_one():
    async with CentralSystem(passwords={"S1": "secret", "S2": "hex:00ff10"}) as csms:
        assert await refusal(csms.ws_url, "S1") == 401
        assert await refusal(csms.ws_url, "S1", password=b"wrong") == 401
        assert await refusal(csms.ws_url, "S2", password=b"hex:00ff10") == 401
        async with FakeStation(csms.ws_url, "S1", password=b"secret"), \
                FakeStation(csms.ws_url, "S2", password=b"\x00\xff\x10"), \
                FakeStation(csms.ws_url, "S3"):
            await csms.wait_connected("S3")


@scenario
async def test_without_a_common_subprotocol_the_handshake_ends_and_the_connection_too():
    async with CentralSystem() as csms:
        async with FakeStation(csms.ws_url, "S1", protocols=("ocpp2.0",)) as station:
            assert station.socket.subprotocol is None
            await station.closed.wait()
        assert not csms.connected("S1")


@scenario
async def test_the_first_subprotocol_of_the_station_that_is_known_wins():
    async with CentralSystem() as csms:
        async with FakeStation(csms.ws_url, "S1", protocols=("ocpp2.0.1", "ocpp1.6")) as station:
            assert station.socket.subprotocol == "ocpp1.6"


@scenario
async def test_a_new_connection_replaces_the_dead_one():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as old:
        await old.boot()
        async with FakeStation(csms.ws_url, "S1") as new:
            await old.closed.wait()
            await new.call("Heartbeat")
            assert csms.connected("S1")
            assert await csms.call("S1", "ClearCache") == {"status": "Accepted"}


@pytest.mark.parametrize(("action", "payload", "code"), [
    ("Reboot", {}, "NotImplemented"),
    ("Reset", {"type": "Soft"}, "NotSupported"),
    ("Heartbeat", {"extra": 1}, "FormationViolation"),
    ("Heartbeat", [], "FormationViolation"),
    ("BootNotification", {"chargePointModel": "M"}, "OccurenceConstraintViolation"),
    ("BootNotification", {**BOOT, "iccid": "x" * 21}, "PropertyConstraintViolation"),
    ("StatusNotification", {**STATUS, "status": "Fine"}, "PropertyConstraintViolation"),
    ("StatusNotification", {**STATUS, "connectorId": "1"}, "TypeConstraintViolation"),
    ("StatusNotification", {**STATUS, "connectorId": 1.0}, "TypeConstraintViolation"),
    ("StatusNotification", {**STATUS, "timestamp": "yesterday"}, "PropertyConstraintViolation"),
    ("StatusNotification", {**STATUS, "timestamp": "2026-13-01T00:00:00Z"},
     "PropertyConstraintViolation"),
    # the first in document order decides
    ("StatusNotification", {"connectorId": "1", "status": "Fine", "errorCode": "NoError"},
     "TypeConstraintViolation"),
    ("StatusNotification", {"status": "Fine", "connectorId": "1"},
     "PropertyConstraintViolation"),
])
def test_an_invalid_call_gets_the_right_callerror_and_is_shown(action, payload, code):
    async def check():
        async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            answer = await station.frame(action, payload, "bad-1")
            assert answer[:3] == [4, "bad-1", code] and len(answer) == 5
            shown, = await csms.traffic.find("S1", problems=True)
            assert (shown.kind, shown.message_id, shown.action) == ("ERROR", "bad-1", action)
    asyncio.run(check())


@pytest.mark.parametrize("message", [
    [2, "b"], [2, "b", "Heartbeat"], [2, "b", "Heartbeat", {}, 1], [2, "b", 7, {}],
    [2, "b" * 37, "Heartbeat", {}]])
def test_a_malformed_call_with_an_id_is_a_formation_violation(message):
    async def check():
        async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
            answer = await station.exchange(message, message[1])
            assert answer[2] == "FormationViolation"
            assert len(await csms.traffic.find("S1", problems=True)) == 2
    asyncio.run(check())


@pytest.mark.parametrize("text", [
    "{", "[]", '"text"', "[5,\"x\",{}]", "[2]", "[2,7,\"Heartbeat\",{}]", "[true,\"x\",\"y\",{}]",
    '[3,"nobody asked",{}]', '[4,"x","Code","no details"]', b"\x00\xff",
    '[2,"n","MeterValues",{"connectorId":NaN}]', "[" * 5000])
def test_what_cannot_be_answered_is_shown_and_the_connection_lives(text):
    async def check():
        async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
            await station.raw(text)
            await station.call("Heartbeat")
            found = await csms.traffic.find("S1", problems=True)
            assert any(m.direction == "in" and m.action is None for m in found)
    asyncio.run(check())


@scenario
async def test_a_null_payload_counts_as_empty():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        assert (await station.frame("Heartbeat", None))[0] == 3


@scenario
async def test_registration_pending_and_rejected():
    async with CentralSystem(registration="Pending", boot_retry_s=7) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            answer = await station.boot()
            assert (answer["status"], answer["interval"]) == ("Pending", 7)
            await csms.set_registration("S1", "Rejected")
            assert (await station.boot())["status"] == "Rejected"
            await station.status(1, "Available")
            assert "rejected" in (await csms.traffic.find("S1", problems=True))[0].problem
            await csms.set_registration("S1", "Accepted")
            assert (await station.boot())["interval"] == 60
        async with FakeStation(csms.ws_url, "S1") as station:      # no boot on a mere reconnect
            await station.status(1, "Available")
            assert len(await csms.traffic.find("S1", problems=True)) == 1


@scenario
async def test_calls_to_a_station():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        await csms.wait_connected("S1")
        for action, payload in {
                "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
                "ClearCache": {}, "DataTransfer": {"vendorId": "V"},
                "ChangeConfiguration": {"key": "K", "value": ""},
                "RemoteStartTransaction": {"idTag": "A1", "connectorId": 12},
                "RemoteStopTransaction": {"transactionId": 3}, "Reset": {"type": "Hard"},
                "TriggerMessage": {"requestedMessage": "Heartbeat"},
                "ReserveNow": {"connectorId": 1, "expiryDate": "2030-01-01T00:00:00Z",
                               "idTag": "A1", "reservationId": 1}}.items():
            assert await csms.call("S1", action, payload) == {"status": "Accepted"}
            assert station.asked[-1][2:] == [action, payload]
        station.answers["UnlockConnector"] = {"status": "Unlocked"}
        assert await csms.call("S1", "UnlockConnector", {"connectorId": 1}) == {
            "status": "Unlocked"}
        assert len({frame[1] for frame in station.asked}) == len(station.asked)


@scenario
async def test_get_configuration_is_kept():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        station.answers["GetConfiguration"] = {"configurationKey": [
            {"key": "B", "readonly": True, "value": "2"}, {"key": "A", "readonly": False}]}
        await csms.wait_connected("S1")
        await csms.call("S1", "GetConfiguration")
        rows = await csms.store.config("S1")
        assert [(row.key, row.value, row.readonly) for row in rows] == [
            ("A", None, False), ("B", "2", True)]


@scenario
async def test_calls_that_fail_say_how():
    async with CentralSystem() as csms:
        with pytest.raises(NotConnected):
            await csms.call("S1", "Reset", {"type": "Soft"})
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            with pytest.raises(CallError, match="PropertyConstraintViolation"):
                await csms.call("S1", "Reset", {"type": "Gentle"})
            with pytest.raises(CallError, match="NotSupported"):
                await csms.call("S1", "Heartbeat", {})
            assert station.asked == []
            station.answers["Reset"] = ("InternalError", "busy")
            with pytest.raises(CallFailed, match="busy"):
                await csms.call("S1", "Reset", {"type": "Soft"})
            station.answers["Reset"] = {"status": "Perhaps"}
            with pytest.raises(BadAnswer) as bad:
                await csms.call("S1", "Reset", {"type": "Soft"})
            assert bad.value.answer == {"status": "Perhaps"}
            station.answers["Reset"] = None
            with pytest.raises(CallTimeout):
                await csms.call("S1", "Reset", {"type": "Soft"}, timeout=0.1)
            await station.raw([3, station.asked[-1][1], {"status": "Accepted"}])
            await station.call("Heartbeat")
            assert (await csms.traffic.find("S1", problems=True))[0].problem == "a late answer"
            pending = asyncio.create_task(csms.call("S1", "Reset", {"type": "Soft"}))
            while len(station.asked) < 4:
                await asyncio.sleep(0.01)
            await station.socket.close()
            with pytest.raises(CallTimeout, match="connection ended"):
                await pending


@scenario
async def test_one_call_at_a_time_goes_to_a_station():
    """J 4.1.1; the station's own calls are answered meanwhile."""
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        await csms.wait_connected("S1")
        station.answers["ClearCache"] = None
        first = asyncio.create_task(csms.call("S1", "ClearCache"))
        second = asyncio.create_task(csms.call("S1", "GetConfiguration"))
        station.answers["GetConfiguration"] = {}
        while not station.asked:
            await asyncio.sleep(0.01)
        await station.call("Heartbeat")
        await asyncio.sleep(0.1)
        assert [frame[2] for frame in station.asked] == ["ClearCache"]
        await station.raw([3, station.asked[0][1], {"status": "Accepted"}])
        assert await first == {"status": "Accepted"} and await second == {}


@scenario
async def test_wait_for_hooks_and_overrides():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        heard = []

        async def hook(record):
            heard.append((record.action, record.answer))
        csms.on("Heartbeat", hook)
        await station.boot()
        record = await csms.wait_for("BootNotification", timeout=1)    # it came before: it counts
        assert record.station_id == "S1" and record.answer["status"] == "Accepted"
        mark = csms.mark()
        with pytest.raises(TimeoutError):
            await csms.wait_for("BootNotification", timeout=0.05, after=mark)
        waiting = asyncio.create_task(csms.wait_for(
            "StatusNotification", lambda p: p["status"] == "Charging", 5))
        await station.status(1, "Preparing")
        await station.status(2, "Charging")
        assert (await waiting).payload["connectorId"] == 2

        async def rude(station_id, payload):
            raise CallError("GenericError", "not today")

        async def silent(station_id, payload):
            return csms.NO_ANSWER
        csms.override("Heartbeat", rude)
        assert (await station.frame("Heartbeat", {}))[2] == "GenericError"
        csms.override("Heartbeat", silent)
        await station.raw([2, "silent", "Heartbeat", {}])
        csms.override("Authorize", None)
        await station.call("Authorize", {"idTag": "x"})
        csms.override("Heartbeat", None)
        assert (await station.frame("Heartbeat", {}))[0] == 3
        await csms.wait_for("Heartbeat", after=csms.mark() - 1)
        assert [answer is None for _, answer in heard] == [True, True, False]


@scenario
async def test_reports_are_kept():
    async with CentralSystem() as csms, FakeStation(csms.ws_url, "S1") as station:
        await station.call("FirmwareStatusNotification", {"status": "Downloading"})
        await station.call("DiagnosticsStatusNotification", {"status": "Idle"})
        await station.call("SecurityEventNotification", {
            "type": "TamperDetectionActivated", "timestamp": "2026-05-01T10:00:00Z"})
        await station.call("LogStatusNotification", {"status": "Uploaded", "requestId": 1})
        await station.call("SignedFirmwareStatusNotification", {"status": "Installed"})
        assert (await station.call("SignCertificate", {"csr": "-----"}))["status"] == "Rejected"
        assert (await station.call("DataTransfer", {"vendorId": "V", "data": "x"}))[
            "status"] == "Accepted"
        assert [row.kind for row in await csms.store.notices("S1")] == [
            "DataTransfer", "SignCertificate", "SignedFirmwareStatus", "LogStatus",
            "SecurityEvent", "DiagnosticsStatus", "FirmwareStatus"]

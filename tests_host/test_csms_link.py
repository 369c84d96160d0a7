"""Who may connect, and what happens to messages that break the protocol?"""

import asyncio

import pytest
import websockets

from csms_peers import BOOT, FakeStation, scenario
from tools.csms import CentralSystem

STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


async def refusal(url: str, station_id: str, **options) -> int:
    with pytest.raises(websockets.InvalidStatus) as error:
        async with FakeStation(url, station_id, **options):
            pass
    return error.value.response.status_code


@scenario
async def test_identities_are_percent_encoded():
    async with CentralSystem(http_port=None) as csms:
        async with FakeStation(csms.ws_url, "Depot/7 é") as station:
            await station.boot()
            assert csms.connected("Depot/7 é")


@scenario
async def test_unknown_stations_get_404_only_if_a_list_is_given():
    async with CentralSystem(http_port=None, known=("S1",)) as csms:
        assert await refusal(csms.ws_url, "S2") == 404
        assert await refusal(csms.ws_url.replace("/ocpp", "/other"), "S1") == 404
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()


@scenario
async def test_a_password_is_asked_of_the_station_that_has_one():
    async with CentralSystem(
        http_port=None, passwords={"S1": "secret", "S2": "hex:00ff10"}
    ) as csms:
        assert await refusal(csms.ws_url, "S1") == 401
        assert await refusal(csms.ws_url, "S1", password=b"wrong") == 401
        assert await refusal(csms.ws_url, "S2", password=b"hex:00ff10") == 401
        async with (
            FakeStation(csms.ws_url, "S1", password=b"secret"),
            FakeStation(csms.ws_url, "S2", password=b"\x00\xff\x10"),
            FakeStation(csms.ws_url, "S3"),
        ):
            await csms.wait_connected("S3")


@scenario
async def test_without_a_common_subprotocol_the_handshake_ends_and_the_connection_too():
    async with CentralSystem(http_port=None) as csms:
        async with FakeStation(csms.ws_url, "S1", protocols=("ocpp2.0",)) as station:
            assert station.socket.subprotocol is None
            await station.closed.wait()
        assert not csms.connected("S1")


@scenario
async def test_the_first_subprotocol_of_the_station_that_is_known_wins():
    async with CentralSystem(http_port=None) as csms:
        async with FakeStation(csms.ws_url, "S1", protocols=("ocpp2.0.1", "ocpp1.6")) as station:
            assert station.socket.subprotocol == "ocpp1.6"


@scenario
async def test_a_new_connection_replaces_the_dead_one():
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as old:
        await old.boot()
        async with FakeStation(csms.ws_url, "S1") as new:
            await old.closed.wait()
            await new.call("Heartbeat")
            assert csms.connected("S1")
            assert await csms.call("S1", "ClearCache") == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Reboot", {}, "NotImplemented"),
        ("Reset", {"type": "Soft"}, "NotSupported"),
        ("Heartbeat", {"extra": 1}, "FormationViolation"),
        ("Heartbeat", [], "FormationViolation"),
        ("BootNotification", {"chargePointModel": "M"}, "OccurenceConstraintViolation"),
        ("BootNotification", {**BOOT, "iccid": "x" * 21}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "status": "Fine"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": "1"}, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorId": 1.0}, "TypeConstraintViolation"),
        (
            "StatusNotification",
            {**STATUS, "timestamp": "yesterday"},
            "PropertyConstraintViolation",
        ),
        (
            "StatusNotification",
            {**STATUS, "timestamp": "2026-13-01T00:00:00Z"},
            "PropertyConstraintViolation",
        ),
        # the first in document order decides
        (
            "StatusNotification",
            {"connectorId": "1", "status": "Fine", "errorCode": "NoError"},
            "TypeConstraintViolation",
        ),
        (
            "StatusNotification",
            {"status": "Fine", "connectorId": "1"},
            "PropertyConstraintViolation",
        ),
    ],
)
def test_an_invalid_call_gets_the_right_callerror_and_is_shown(action, payload, code):
    async def check():
        async with (
            CentralSystem(http_port=None) as csms,
            FakeStation(csms.ws_url, "S1") as station,
        ):
            await station.boot()
            answer = await station.frame(action, payload, "bad-1")
            assert answer[:3] == [4, "bad-1", code] and len(answer) == 5
            (shown,) = await csms.traffic.find("S1", problems=True)
            assert (shown.kind, shown.message_id, shown.action) == ("ERROR", "bad-1", action)

    asyncio.run(check())


@pytest.mark.parametrize(
    "message",
    [
        [2, "b"],
        [2, "b", "Heartbeat"],
        [2, "b", "Heartbeat", {}, 1],
        [2, "b", 7, {}],
        [2, "b" * 37, "Heartbeat", {}],
    ],
)
def test_a_malformed_call_with_an_id_is_a_formation_violation(message):
    async def check():
        async with (
            CentralSystem(http_port=None) as csms,
            FakeStation(csms.ws_url, "S1") as station,
        ):
            answer = await station.exchange(message, message[1])
            assert answer[2] == "FormationViolation"
            assert len(await csms.traffic.find("S1", problems=True)) == 2

    asyncio.run(check())


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '"text"',
        '[5,"x",{}]',
        "[2]",
        '[2,7,"Heartbeat",{}]',
        '[true,"x","y",{}]',
        '[3,"nobody asked",{}]',
        '[4,"x","Code","no details"]',
        b"\x00\xff",
        '[2,"n","MeterValues",{"connectorId":NaN}]',
        "[" * 5000,
    ],
)
def test_what_cannot_be_answered_is_shown_and_the_connection_lives(text):
    async def check():
        async with (
            CentralSystem(http_port=None) as csms,
            FakeStation(csms.ws_url, "S1") as station,
        ):
            await station.raw(text)
            await station.call("Heartbeat")
            found = await csms.traffic.find("S1", problems=True)
            assert any(m.direction == "in" and m.action is None for m in found)

    asyncio.run(check())


@scenario
async def test_a_null_payload_counts_as_empty():
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        assert (await station.frame("Heartbeat", None))[0] == 3


@scenario
async def test_registration_pending_and_rejected():
    async with CentralSystem(http_port=None, registration="Pending", boot_retry_s=7) as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            answer = await station.boot()
            assert (answer["status"], answer["interval"]) == ("Pending", 7)
            await csms.set_registration("S1", "Rejected")
            assert (await station.boot())["status"] == "Rejected"
            await station.status(1, "Available")
            assert "rejected" in (await csms.traffic.find("S1", problems=True))[0].problem
            await csms.set_registration("S1", "Accepted")
            assert (await station.boot())["interval"] == 60
        async with FakeStation(csms.ws_url, "S1") as station:  # no boot on a mere reconnect
            await station.status(1, "Available")
            assert len(await csms.traffic.find("S1", problems=True)) == 1

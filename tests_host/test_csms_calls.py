"""Do calls reach a station one at a time, and does whoever waits hear how they went?"""

import asyncio

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import security_world as world
from csms_peers import FakeStation, scenario
from patience import PATIENCE_S
from tools.csms import CallFailed, CallTimeout, CentralSystem, NotConnected
from tools.csms.errors import BadAnswer, CallError


@scenario
async def test_calls_to_a_station():
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        await csms.wait_connected("S1")
        for action, payload in {
            "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
            "ClearCache": {},
            "DataTransfer": {"vendorId": "V"},
            "ChangeConfiguration": {"key": "K", "value": ""},
            "RemoteStartTransaction": {"idTag": "A1", "connectorId": 12},
            "RemoteStopTransaction": {"transactionId": 3},
            "Reset": {"type": "Hard"},
            "TriggerMessage": {"requestedMessage": "Heartbeat"},
            "ReserveNow": {
                "connectorId": 1,
                "expiryDate": "2030-01-01T00:00:00Z",
                "idTag": "A1",
                "reservationId": 1,
            },
        }.items():
            assert await csms.call("S1", action, payload) == {"status": "Accepted"}
            assert station.asked[-1][2:] == [action, payload]
        station.answers["UnlockConnector"] = {"status": "Unlocked"}
        assert await csms.call("S1", "UnlockConnector", {"connectorId": 1}) == {
            "status": "Unlocked"
        }
        assert len({frame[1] for frame in station.asked}) == len(station.asked)


@scenario
async def test_get_configuration_is_kept():
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        station.answers["GetConfiguration"] = {
            "configurationKey": [
                {"key": "B", "readonly": True, "value": "2"},
                {"key": "A", "readonly": False},
            ]
        }
        await csms.wait_connected("S1")
        await csms.call("S1", "GetConfiguration")
        rows = await csms.store.config("S1")
        assert [(row.key, row.value, row.readonly) for row in rows] == [
            ("A", None, False),
            ("B", "2", True),
        ]


@scenario
async def test_calls_that_fail_say_how():
    async with CentralSystem(http_port=None) as csms:
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
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
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
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        heard = []

        async def hook(record):
            heard.append((record.action, record.answer))

        csms.on("Heartbeat", hook)
        await station.boot()
        record = await csms.wait_for("BootNotification")  # it came before: it counts
        assert record.station_id == "S1" and record.answer["status"] == "Accepted"
        mark = csms.mark()
        with pytest.raises(TimeoutError):
            await csms.wait_for("BootNotification", timeout=0.05, after=mark)
        waiting = asyncio.create_task(
            csms.wait_for("StatusNotification", lambda p: p["status"] == "Charging")
        )
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
    async with CentralSystem(http_port=None) as csms, FakeStation(csms.ws_url, "S1") as station:
        await station.call("FirmwareStatusNotification", {"status": "Downloading"})
        await station.call("DiagnosticsStatusNotification", {"status": "Idle"})
        await station.call(
            "SecurityEventNotification",
            {"type": "TamperDetectionActivated", "timestamp": "2026-05-01T10:00:00Z"},
        )
        await station.call("LogStatusNotification", {"status": "Uploaded", "requestId": 1})
        await station.call("SignedFirmwareStatusNotification", {"status": "Installed"})
        assert (await station.call("SignCertificate", {"csr": "-----"}))["status"] == "Rejected"
        assert (await station.call("DataTransfer", {"vendorId": "V", "data": "x"}))[
            "status"
        ] == "Accepted"
        assert [row.kind for row in await csms.store.notices("S1")] == [
            "DataTransfer",
            "SignCertificate",
            "SignedFirmwareStatus",
            "LogStatus",
            "SecurityEvent",
            "DiagnosticsStatus",
            "FirmwareStatus",
        ]


@scenario
async def test_requests_are_signed_where_there_is_an_authority(tmp_path):
    root = world.root("Root", days=(-300, 5000))
    key = world.key("Root").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    ca = tmp_path / "ca.pem"
    ca.write_text(world.pem(root) + key.decode())
    async with (
        CentralSystem(http_port=None, ca=str(ca)) as csms,
        FakeStation(csms.ws_url, "S1") as station,
    ):
        await csms.wait_connected("S1")
        own = world.key("own")
        builder = x509.CertificateSigningRequestBuilder().subject_name(world.name("S1"))
        csr = builder.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        answer = await station.call("SignCertificate", {"csr": csr.decode()})
        assert answer["status"] == "Accepted"
        async with asyncio.timeout(PATIENCE_S):
            while not station.asked:
                await asyncio.sleep(0.01)
        _, _, action, payload = station.asked[0]
        assert action == "CertificateSigned"
        made = x509.load_pem_x509_certificate(payload["certificateChain"].encode())
        made.verify_directly_issued_by(root)
        assert made.subject == world.name("S1")
        answer = await station.call("SignCertificate", {"csr": "-----"})
        assert answer["status"] == "Rejected"

"""The whole station over TLS against a central system built on the PyPI package `ocpp`.

The firmware's real process; one port speaks with TLS and without, as the greeting wants it, so
that a station can climb from profile 1 to 3 at one address. Whitepaper A00, A01, A02, A05, L01.
"""

import asyncio
import base64
import contextlib
import ssl

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ocpp.routing import on
from ocpp.v16 import call, call_result

import security_world as world
from bench_world import Client, options, scenario, until
from patience import PATIENCE_S
from test_update_interop import NEW, keys, made  # noqa: F401
from test_v16_files_interop import Files, file_server, when
from test_v16_interop import Csms, Peer, charging
from tls_servers import DAYS, context
from tools.sim.bench import Bench

pytestmark = pytest.mark.xdist_group("interop")
KEY, OTHER = "00112233445566778899aabbccddeeff", "ff" * 20
CENTRAL, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


class SecurePeer(Peer):
    """Knows the station's messages of the whitepaper too."""

    @on("SecurityEventNotification")
    def security_event(self, **values):
        self._note("SecurityEventNotification", values)
        return call_result.SecurityEventNotification()

    @on("SignCertificate")
    def sign_certificate(self, **values):
        self._note("SignCertificate", values)
        return call_result.SignCertificate(status="Accepted")

    @on("LogStatusNotification")
    def log_status(self, **values):
        self._note("LogStatusNotification", values)
        return call_result.LogStatusNotification()

    @on("SignedFirmwareStatusNotification")
    def signed_firmware_status(self, **values):
        self._note("SignedFirmwareStatusNotification", values)
        return call_result.SignedFirmwareStatusNotification()


class SecureCsms(Csms):
    """`came`: (with TLS, password, name in the client's certificate) of each connection."""

    def __init__(self):
        super().__init__()
        self.came = []

    def request(self, connection, request):
        tls = connection.transport.get_extra_info("ssl_object")
        shown = (tls.getpeercert() or {}) if tls else {}
        subject = dict(part[0] for part in shown.get("subject", ()))
        word = request.headers.get("Authorization", "").removeprefix("Basic ")
        user, _, password = base64.b64decode(word).partition(b":")
        assert user in (b"", b"CP-0001")
        self.came.append((bool(tls), password.hex(), subject.get("commonName", "")))
        return super().request(connection, request)

    async def change(self, key, value):
        answer = await self.peer.call(call.ChangeConfiguration(key=key, value=value))
        return answer.status

    async def install(self, text, use=CENTRAL):
        answer = await self.peer.call(
            call.InstallCertificate(certificate_type=use, certificate=text)
        )
        return answer.status


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


@contextlib.asynccontextmanager
async def both(csms, secure):
    """A port that speaks WebSocket with TLS (context `secure`) or without."""
    more = {"subprotocols": ["ocpp1.6"], "process_request": csms.request, "ping_interval": None}
    more["open_timeout"] = PATIENCE_S
    ports = []
    async with contextlib.AsyncExitStack() as stack:
        for one in (None, secure):
            server = await stack.enter_async_context(
                websockets.serve(csms.serve, "127.0.0.1", 0, ssl=one, **more)
            )
            ports.append(server.sockets[0].getsockname()[1])

        async def split(reader, writer):
            with contextlib.suppress(OSError):
                first = await reader.read(1)
                back, forth = await asyncio.open_connection("127.0.0.1", ports[first == b"\x16"])
                forth.write(first)
                await asyncio.gather(_pump(reader, forth), _pump(back, writer))

        front = await asyncio.start_server(split, "127.0.0.1", 0)
        yield front.sockets[0].getsockname()[1]
        front.close()


@contextlib.asynccontextmanager
async def station(directory, secure, monkeypatch, speed=5, **settings):
    """(csms, client) of one that is registered with profile 1."""
    monkeypatch.setattr("test_v16_interop.Peer", SecurePeer)
    csms = SecureCsms()
    settings = {
        "AuthorizationKey": KEY,
        "SecurityProfile": 1,
        "CpoName": "Org",
        "ReconnectMin": 1,
        "ReconnectMax": 5,
        **settings,
    }
    async with both(csms, secure) as port:
        bench = Bench(
            options(
                directory,
                csms=f"ws://localhost:{port}/ocpp",
                id="CP-0001",
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


def server_side(folder, name="localhost", by="Root"):
    """TLS that shows a certificate for `name`, and takes the certificates of root Root."""
    issuer = world.root(by, days=DAYS)
    leaf = world.certificate(name, world.key("tls"), issuer, world.key(by), days=DAYS)
    tls = context(folder, [leaf], world.key("tls"))
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.load_verify_locations(cadata=world.pem(world.root("Root", days=DAYS)))
    return tls


def events(csms):
    return [v["type"] for v in csms.seen("SecurityEventNotification")]


def test_from_profile_1_to_3_with_a_charge_and_the_log(tmp_path, monkeypatch):
    """A00.FR.202, A00.FR.301, A00.FR.401, A01.FR.02, A02.FR.03, A05.FR.06, A05.FR.07,
    N01.FR.03."""

    @scenario
    async def story(flash):
        secure = server_side(tmp_path)
        with file_server() as url:
            async with station(flash, secure, monkeypatch) as (csms, client):
                assert csms.came == [(False, KEY, "")]
                await until(lambda: "StartupOfTheDevice" in events(csms))
                assert await csms.change("SecurityProfile", "2") == "Rejected"
                assert await csms.install(world.pem(world.root("Root", days=DAYS))) == "Accepted"
                assert await csms.change("AuthorizationKey", OTHER) == "Accepted"
                await until(lambda: len(csms.came) == 2)
                await until(lambda: csms.peer and csms.came[-1] == (False, OTHER, ""))
                await client.elapse(3)
                assert await csms.change("SecurityProfile", "2") == "Accepted"
                await until(lambda: csms.came[-1] == (True, OTHER, ""))
                await client.elapse(3)
                await csms.peer.call(
                    call.ExtendedTriggerMessage(requested_message="SignChargePointCertificate")
                )
                await until(lambda: csms.seen("SignCertificate"))
                csr = x509.load_pem_x509_csr(csms.seen("SignCertificate")[0]["csr"].encode())
                root = world.root("Root", days=DAYS)
                own = world.certificate("CP-0001", csr, root, world.key("Root"), days=DAYS)
                answer = await csms.peer.call(
                    call.CertificateSigned(certificate_chain=world.pem(own))
                )
                assert answer.status == "Accepted"
                assert await csms.change("SecurityProfile", "3") == "Accepted"
                await until(lambda: csms.came[-1] == (True, "", "CP-0001"))
                await client.elapse(3)
                await charging(csms, client)
                await client.ask("tag 1 A1")
                await until(lambda: csms.seen("StopTransaction"))
                log = {"remote_location": url + "/up/"}
                await csms.peer.call(call.GetLog(log=log, log_type="SecurityLog", request_id=5))
                await until(lambda: len(csms.seen("LogStatusNotification")) == 2)
                (text,) = (body.decode() for body in Files.got.values())
                assert "ReconfigurationOfSecurityParameters SecurityProfile is 3" in text
                assert "StartupOfTheDevice" in text and KEY not in text and OTHER not in text
                assert len(csms.seen("BootNotification")) == 1

    story(tmp_path / "flash")


def test_a_profile_that_fails_is_taken_back(tmp_path, monkeypatch):
    """A05.FR.08, A00.FR.309, A00.FR.310."""

    @scenario
    async def story(flash):
        secure = server_side(tmp_path, "other.example")
        async with station(flash, secure, monkeypatch) as (csms, client):
            assert await csms.install(world.pem(world.root("Root", days=DAYS))) == "Accepted"
            assert await csms.change("SecurityProfile", "2") == "Accepted"
            await until(lambda: len(csms.came) == 2)
            assert csms.came == [(False, KEY, "")] * 2
            lines = await client.output("logs 50")
            assert "does not match with the expected CN" in lines
            assert "InvalidCentralSystemCertificate" in lines
            assert "back to the one before" in lines

    story(tmp_path / "flash")


def test_a_replaced_root_is_proved_by_a_connection(tmp_path, monkeypatch):
    """M05.FR.11, M05.FR.12, M05.FR.13."""

    @scenario
    async def story(flash):
        (flash / "certs").mkdir(parents=True)
        first = world.root("Root", days=DAYS)
        (flash / "certs" / "csms.pem").write_text(world.pem(first))  # as make provision does
        secure = server_side(tmp_path)
        more = {"AdditionalRootCertificateCheck": "true", "SecurityProfile": 2}
        async with station(flash, secure, monkeypatch, **more) as (csms, client):
            assert csms.came == [(True, KEY, "")]
            second = world.root("New", by=world.key("Root"), issuer=first, days=DAYS)
            assert await csms.install(world.pem(second)) == "Accepted"
            found = {path.name.split("-")[0] for path in (flash / "certs").glob("csms*")}
            assert found == {"csms", "csmsold"}
            await csms.peer._connection.close()
            await until(lambda: len(csms.came) == 2)  # checked with the old one
            await client.elapse(3)
            assert list((flash / "certs").glob("csmsold*"))
            leaf = world.certificate(
                "localhost", world.key("tls"), second, world.key("New"), days=DAYS
            )
            (tmp_path / "chain.pem").write_text(world.pem(leaf, second))
            secure.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
            await csms.peer._connection.close()
            await until(lambda: len(csms.came) == 3)
            await until(lambda: not list((flash / "certs").glob("csmsold*")))

    story(tmp_path / "flash")


def test_a_signed_update_runs_and_is_installed(made, keys, tmp_path, monkeypatch):  # noqa: F811
    """L01.FR.01, L01.FR.04, L01.FR.10, L01.FR.12."""

    @scenario
    async def story(flash):
        image = made()
        key = serialization.load_pem_private_key((keys / "signer.key").read_bytes(), None)
        good = base64.b64encode(key.sign(image, ec.ECDSA(hashes.SHA256()))).decode()
        bad = base64.b64encode(key.sign(image + b"x", ec.ECDSA(hashes.SHA256()))).decode()

        def request(url, number, signature, by="signer"):
            return call.SignedUpdateFirmware(
                request_id=number,
                firmware={
                    "location": url + "/x.upd",
                    "retrieve_date_time": when(0),
                    "signing_certificate": (keys / (by + ".pem")).read_text(),
                    "signature": signature,
                },
            )

        def told(number):
            found = csms.seen("SignedFirmwareStatusNotification")
            return [v["status"] for v in found if v.get("request_id") == number]

        with file_server(image) as url:
            async with station(flash, None, monkeypatch, 30) as (csms, _):
                answer = await csms.peer.call(request(url, 1, good))
                assert answer.status == "InvalidCertificate"
                root = (keys / "root.pem").read_text()
                assert await csms.install(root, MAKER) == "Accepted"
                assert (await csms.peer.call(request(url, 2, bad))).status == "Accepted"
                await until(lambda: told(2)[-1:] == ["InvalidSignature"])
                assert told(2) == ["Downloading", "Downloaded", "InvalidSignature"]
                assert (await csms.peer.call(request(url, 3, good))).status == "Accepted"
                await until(lambda: told(3)[-1:] == ["Installed"])
                assert told(3) == [
                    "Downloading",
                    "Downloaded",
                    "SignatureVerified",
                    "Installing",
                    "InstallRebooting",
                    "Installed",
                ]
                boots = [v["firmware_version"] for v in csms.seen("BootNotification")]
                assert boots[-1] == NEW
                await until(lambda: "FirmwareUpdated" in events(csms))

    story(tmp_path / "flash")

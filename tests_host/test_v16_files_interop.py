"""Diagnostics, firmware, local list and reservation of the whole station on the wire, with files
that really move: S 4.4, 4.5, 5.9, 5.13, 5.15, 5.19.

The firmware's process and its plant, ten times faster; the CSMS is the PyPI package `ocpp`, the
file server the standard library's.
"""

import contextlib
import http.server
import threading
from datetime import datetime, timedelta, timezone

import pytest
from ocpp.routing import on
from ocpp.v16 import call, call_result

from bench_world import scenario, until
from test_v16_interop import Peer, charging, world

pytestmark = pytest.mark.xdist_group("interop")


class FilePeer(Peer):
    """Knows the status messages of files too."""

    @on("DiagnosticsStatusNotification")
    def diagnostics_status(self, **values):
        self._note("DiagnosticsStatusNotification", values)
        return call_result.DiagnosticsStatusNotification()

    @on("FirmwareStatusNotification")
    def firmware_status(self, **values):
        self._note("FirmwareStatusNotification", values)
        return call_result.FirmwareStatusNotification()


@pytest.fixture(autouse=True)
def file_peers(monkeypatch):
    monkeypatch.setattr("test_v16_interop.Peer", FilePeer)


class Files(http.server.BaseHTTPRequestHandler):
    """GET of `content`, PUT into `got`; the first `failures` requests are answered with 503."""

    protocol_version = "HTTP/1.1"
    content = b""
    got = {}
    failures = 0

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refused(self):
        if Files.failures:
            Files.failures -= 1
            self._answer(503)
            return True
        return False

    def do_GET(self):
        if not self._refused():
            self._answer(200, Files.content)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._refused():
            Files.got[self.path] = body
            self._answer(201)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def file_server(content=b"", failures=0):
    Files.content, Files.failures, Files.got = content, failures, {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def told(csms, kind):
    return [v["status"] for v in csms.seen(kind + "StatusNotification")]


def when(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


@scenario
async def test_diagnostics_arrive(tmp_path):
    """S 5.9/1, S 8."""
    with file_server(failures=1) as url:
        async with world(tmp_path, speed=10) as (csms, _):
            answer = await csms.peer.call(
                call.GetDiagnostics(location=url + "/d/", retries=2, retry_interval=1)
            )
            await until(lambda: told(csms, "Diagnostics")[-1:] == ["Uploaded"])
            assert told(csms, "Diagnostics") == ["Uploading", "Uploaded"]
            text = Files.got["/d/" + answer.file_name].decode()
            assert "connector 1" in text and "OCPP" in text


@scenario
async def test_a_download_that_fails(tmp_path):
    """S 4.5/1."""
    with file_server(failures=99) as url:
        async with world(tmp_path, speed=10) as (csms, client):
            await csms.peer.call(
                call.UpdateFirmware(
                    location=url + "/x", retrieve_date=when(0), retries=1, retry_interval=2
                )
            )
            await until(lambda: told(csms, "Firmware")[-1:] == ["DownloadFailed"])
            assert told(csms, "Firmware") == ["Downloading", "DownloadFailed"]
            assert Files.failures == 97
            await charging(csms, client)


@scenario
async def test_a_thousand_tokens_and_a_reservation_over_a_power_cut(tmp_path):
    """S 5.13/8."""
    async with world(tmp_path, LocalPreAuthorize="true") as (csms, client):
        for n in range(0, 1000, 50):
            rows = [
                {"idTag": "T%d" % m, "idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
                for m in range(n, n + 50)
            ]
            answer = await csms.peer.call(
                call.SendLocalList(
                    list_version=n // 50 + 1,
                    update_type="Differential" if n else "Full",
                    local_authorization_list=rows,
                )
            )
            assert answer.status == "Accepted"
        answer = await csms.peer.call(
            call.ReserveNow(
                connector_id=1,
                expiry_date=when(36000),
                id_tag="R1",
                reservation_id=5,
                parent_id_tag="P",
            )
        )
        assert answer.status == "Accepted"
        await until(lambda: csms.statuses()[-1] == "Reserved")
        await client.ask("power cycle")
        await until(lambda: len(csms.seen("BootNotification")) == 2)
        answer = await csms.peer.call(call.GetLocalListVersion())
        assert answer.list_version == 20
        await until(lambda: csms.statuses()[-1] == "Reserved")
        await client.ask("plug 1")
        await client.ask("tag 1 t777")
        await until(lambda: csms.seen("StartTransaction"))
        assert csms.seen("StartTransaction")[0]["reservation_id"] == 5
        assert not csms.seen("Authorize")

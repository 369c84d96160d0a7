"""Files of the whole station at real servers: GetDiagnostics and GetLog, UpdateFirmware by FTP.

The firmware's process, sixty times faster; Starlette, and a pyftpdlib that cuts a download once.
S 4.4, 4.5, 5.9, 5.19; WP N01; docs/updates.md.
"""

import pytest
from ocpp.routing import on
from ocpp.v16 import call, call_result
from pyftpdlib.handlers import FTPHandler

import file_servers
from bench_world import scenario, until
from test_files_hostile import Cutting
from test_update_interop import NEW, flash, keys, made, versions  # noqa: F401
from test_v16_files_interop import FilePeer, told, when
from test_v16_interop import charging, world

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("interop")]
SECRET = "Top5ecret"


class LogPeer(FilePeer):
    """Knows LogStatusNotification too."""

    @on("LogStatusNotification")
    def log_status(self, **values):
        self._note("LogStatusNotification", values)
        return call_result.LogStatusNotification()

    @on("SecurityEventNotification")
    def security_event(self, **values):
        self._note("SecurityEventNotification", values)
        return call_result.SecurityEventNotification()


@pytest.fixture(autouse=True)
def _peers(monkeypatch):
    monkeypatch.setattr("test_v16_interop.Peer", LogPeer)


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def test_diagnostics_and_logs_by_put_post_and_ftp(tmp_path, shelf):
    """S 5.9/1, N01.FR.01: each arrives under the name that was told, and no password with it."""

    @scenario
    async def story(folder):
        with file_servers.web(shelf) as web, file_servers.ftp(shelf, password=SECRET) as at:
            web = web.replace("//", f"//me:{SECRET}@")
            ftp = f"ftp://me:{SECRET}@{at}/"
            async with world(folder, speed=60) as (csms, client):
                await charging(csms, client)
                for n, place in enumerate((web + "/up/", web + "/post/", ftp), 1):
                    answer = await csms.peer.call(call.GetDiagnostics(location=place))
                    await until(lambda n=n: told(csms, "Diagnostics").count("Uploaded") == n)
                    text = (shelf / answer.file_name).read_text()
                    assert "connector 1" in text and SECRET not in text
                    (shelf / answer.file_name).unlink()
                    log = {"remote_location": place}
                    for kind in ("DiagnosticsLog", "SecurityLog"):
                        order = call.GetLog(log=log, log_type=kind, request_id=n)
                        answer = await csms.peer.call(order)
                        done = {"status": "Uploaded", "request_id": n}
                        seen = csms.seen("LogStatusNotification")
                        before = seen.count(done)
                        await until(
                            lambda done=done, before=before: (
                                csms.seen("LogStatusNotification").count(done) > before
                            )
                        )
                        text = (shelf / answer.filename).read_text()
                        assert ("StartupOfTheDevice" in text) and SECRET not in text
                assert SECRET not in await client.output("logs 150")
                assert SECRET not in await client.output("diagnostics")
                assert not (await client.ask("state"))["violations"]

    story(tmp_path / "flash")


def test_an_update_by_ftp_that_is_cut_goes_on(made, flash, shelf):  # noqa: F811
    """S 5.19, E 3.50."""

    class Handler(FTPHandler):
        dtp_handler = Cutting
        use_sendfile = False
        offsets = []

        def ftp_REST(self, line):
            Handler.offsets.append(int(line))
            return super().ftp_REST(line)

    Cutting.count = 0
    (shelf / "new.upd").write_bytes(made())

    @scenario
    async def story(flash):
        with file_servers.ftp(shelf, password=SECRET, handler=Handler) as at:
            async with world(flash, speed=60) as (csms, client):
                order = call.UpdateFirmware(
                    location=f"ftp://me:{SECRET}@{at}/new.upd",
                    retrieve_date=when(0),
                    retries=2,
                    retry_interval=1,
                )
                await csms.peer.call(order)
                await until(lambda: told(csms, "Firmware")[-1:] == ["Installed"])
                assert told(csms, "Firmware") == [
                    "Downloading",
                    "Downloaded",
                    "Installing",
                    "Installed",
                ]
                assert versions(csms)[-1] == NEW
                assert Handler.offsets and 0 < Handler.offsets[0] <= 100_000
                assert SECRET not in await client.output("logs 150")

    story(flash)

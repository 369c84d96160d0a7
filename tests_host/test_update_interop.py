"""An update from end to end: made by tools/release.py, brought by HTTP, run on trial, kept or not.

The firmware's process with its plant, sixty times faster; the CSMS is the PyPI package `ocpp`.
S 4.5, 5.19; docs/updates.md.
"""

import shutil

import pytest
from ocpp.v16 import call

from bench_world import scenario, until
from test_v16_files_interop import file_peers, file_server, told, when  # noqa: F401
from test_v16_interop import charging, world
from tools import build, release
from tools.board import bundle

pytestmark = pytest.mark.xdist_group("interop")
NEW = "0." + str(int(release.version().split(".")[1]) + 1) + ".0"
INSTALLED = ["Downloading", "Downloaded", "Installing", "Installed"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    bundle.keys(folder, "Test", 10)
    return folder


@pytest.fixture
def made(keys, tmp_path, monkeypatch):
    """made(damage): the bytes of an update to version NEW; damage(tree) may spoil the build."""

    def run(damage=lambda tree: None, key="signer"):
        tree = tmp_path / "tree"
        shutil.copytree(build.tree("mpy"), tree)
        old = release.version().encode()
        for path in tree.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes().replace(old, NEW.encode()))
        damage(tree)
        out = tmp_path / "out.upd"
        release.make(
            board="UNIX",
            key=keys / f"{key}.key",
            cert=[keys / f"{key}.pem"],
            output=out,
            oldest="0.1.0",
            architecture=None,
            tree=tree,
            image=None,
            release=NEW,
        )
        return out.read_bytes()

    return run


@pytest.fixture
def flash(keys, tmp_path):
    """A station's flash that trusts the manufacturer."""
    folder = tmp_path / "flash"
    (folder / "certs").mkdir(parents=True)
    shutil.copy(keys / "root.pem", folder / "certs" / "maker.pem")
    return folder


def versions(csms):
    return [v["firmware_version"] for v in csms.seen("BootNotification")]


async def update(csms, url):
    await csms.peer.call(call.UpdateFirmware(location=url + "/x.upd", retrieve_date=when(0)))


def test_an_update_runs_after_the_charge_and_stays(made, flash):
    @scenario
    async def story(flash):
        with file_server(made()) as url:
            async with world(flash, speed=60) as (csms, client):
                await charging(csms, client)
                await update(csms, url)
                await until(lambda: told(csms, "Firmware")[-1:] == ["Downloaded"])
                await client.elapse(30)
                assert not csms.seen("StopTransaction")
                await client.ask("tag 1 A1")
                await until(lambda: told(csms, "Firmware")[-1:] == ["Installed"])
                assert told(csms, "Firmware") == INSTALLED
                assert versions(csms) == [release.version(), NEW]
                names = [name for name, _ in csms.calls]
                second = len(names) - 1 - names[::-1].index("BootNotification")
                assert names.index("StopTransaction") < second
                # Installed is what the new build says, and not before it has proved itself.
                last = len(names) - 1 - names[::-1].index("FirmwareStatusNotification")
                assert last > second
                assert (flash / "slot").read_text() == "a ok -"
                await client.ask("unplug 1")
                await until(lambda: csms.statuses()[-1] == "Available")
                await charging(csms, client)
                assert not (await client.ask("state"))["violations"]

    story(flash)


def test_a_build_that_cannot_start_is_taken_back(made, flash):
    @scenario
    async def story(flash):
        def damage(tree):
            for path in tree.rglob("*chargepoint*"):
                path.unlink()
            for path in tree.rglob("main.*"):
                path.write_bytes(b"raise RuntimeError('broken')\n")

        with file_server(made(damage)) as url:
            async with world(flash, speed=60) as (csms, client):
                await update(csms, url)
                await until(lambda: told(csms, "Firmware")[-1:] == ["InstallationFailed"])
                assert told(csms, "Firmware") == [*INSTALLED[:3], "InstallationFailed"]
                assert set(versions(csms)) == {release.version()}
                assert (flash / "slot").read_text() == "- ok -"
                await charging(csms, client)

    story(flash)


def test_what_nobody_believed_signed_is_refused(made, flash):
    @scenario
    async def story(flash):
        (flash / "certs" / "maker.pem").unlink()
        with file_server(made()) as url:
            async with world(flash, speed=60) as (csms, client):
                await update(csms, url)
                await until(lambda: told(csms, "Firmware")[-1:] == ["DownloadFailed"])
                assert told(csms, "Firmware") == ["Downloading", "DownloadFailed"]
                assert not (flash / "slot").exists()
                assert "not trusted" in await client.output("logs 50")

    story(flash)

"""`make ota` from end to end: tools/ota.py, the firmware's process, tools/csms.

The station runs sixty times faster; the update is a build of its own sources with a later version.
docs/updates.md.
"""

import asyncio
import contextlib
import subprocess
import sys

import pytest

from bench_world import Client, options, scenario, until
from test_update_interop import NEW, flash, keys, made  # noqa: F401
from tools import release
from tools.csms import CentralSystem
from tools.sim.bench import Bench
from ws_peers import ROOT

pytestmark = pytest.mark.xdist_group("interop")
OLD = release.version()
HEAP = "148k"  # beside the station it takes 176 KB, alone 132


@contextlib.asynccontextmanager
async def station(folder, more=(), **settings):
    """(central system, client, tool's option for the console) of a station with that flash.

    more: other options of the bench.
    """
    async with CentralSystem(accept_all=True, **settings) as csms:
        wanted = {"csms": csms.ws_url, "id": "CP1", "build": "mpy", "speed": 60, "set": []}
        bench = Bench(options(folder, **wanted | dict(more)))
        try:
            ready = await bench.start()
            client = await Client().dial(ready["control"])
            await until(lambda: csms.links)  # it knows the time
            yield csms, client, f"tcp:127.0.0.1:{ready['console']}"
        finally:
            await bench.stop()


async def ota(*options):
    """(exit code, what it said) of the tool."""
    command = [sys.executable, str(ROOT / "tools/ota.py"), "--minutes", "10", *map(str, options)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.long
def test_by_the_console(made, flash, tmp_path):  # noqa: F811
    (tmp_path / "new.upd").write_bytes(made())

    @scenario
    async def story(flash):
        async with station(flash) as (_, _, console):
            code, said = await ota("--file", tmp_path / "new.upd", "--port", console)
            assert code == 0, said
            assert f"{OLD} -> {NEW}" in said and "on trial" in said and "proved itself" in said
            assert (flash / "slot").read_text() == "a ok -"
            # A refusal has its reason, and nothing changes.
            for path in (flash / "certs").iterdir():
                path.unlink()
            code, said = await ota("--file", tmp_path / "new.upd", "--port", console)
            assert code == 1 and "not trusted" in said, said
            assert (flash / "slot").read_text() == "a ok -"

    story(flash)


@pytest.mark.long
def test_a_build_that_does_not_prove_itself(made, flash, tmp_path):  # noqa: F811
    def damage(tree):
        for path in tree.rglob("main.*"):
            path.write_bytes(b"raise RuntimeError('broken')\n")

    (tmp_path / "new.upd").write_bytes(made(damage))

    @scenario
    async def story(flash):
        async with station(flash) as (_, _, console):
            code, said = await ota("--file", tmp_path / "new.upd", "--port", console)
            assert code == 1 and "did not prove itself" in said, said

    story(flash)


@pytest.mark.long
@pytest.mark.parametrize("profile", [0, 1])
def test_by_the_central_system(made, flash, keys, tmp_path, profile):  # noqa: F811
    """From security profile 1 on the request is a signed one (L01.FR.20)."""
    (tmp_path / "new.upd").write_bytes(made())
    key = "00112233445566778899aabbccddeeff"

    @scenario
    async def story(flash):
        async with station(flash, passwords={"CP1": "hex:" + key} if profile else {}) as world:
            csms, client, _ = world
            if profile:
                await client.ask("config set SecurityProfile 1")
            signer = ("--key", keys / "signer.key", "--cert", keys / "signer.pem")
            to = ("--csms", csms.http_url, "--station", "CP1")
            code, said = await ota("--file", tmp_path / "new.upd", *signer, *to)
            assert code == 0, said
            assert f"done: {OLD} -> {NEW}" in said
            assert ("SignatureVerified" in said) == bool(profile)
            assert (flash / "slot").read_text() == "a ok -"

    if profile:
        text = '{"version": 1, "values": {"AuthorizationKey": "%s"}}' % key
        (flash / "config.json").write_text(text)
    story(flash)


@pytest.mark.long
@pytest.mark.parametrize("signed", [False, True])
def test_where_there_is_no_room_beside_the_station(made, flash, keys, tmp_path, signed):  # noqa: F811
    """.mpy files in the heap of a chip with WiFi and what the bench adds (docs/memory.md)."""
    (tmp_path / "new.upd").write_bytes(made())

    @scenario
    async def story(flash):
        async with station(flash, {"arch": "32", "heap": HEAP, "speed": 10}) as (csms, _, _):
            signer = ("--key", keys / "signer.key", "--cert", keys / "signer.pem")
            to = ("--csms", csms.http_url, "--station", "CP1", *(["--signed"] if signed else []))
            code, said = await ota("--file", tmp_path / "new.upd", *signer, *to)
            assert code == 0, said
            assert f"done: {OLD} -> {NEW}" in said
            assert ("SignatureVerified" in said) == signed
            assert (flash / "slot").read_text() == "a ok -"
            # It was away to fetch it, and again to install it.
            assert (await csms.store.station("CP1")).boots == 3

    story(flash)

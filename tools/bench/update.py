"""What does an update of 200 KB cost: time, heap?

`update.*`: firmware/ota/ on the 32-bit port, fed in pieces of 1 KB, the signature judged.
`heap.smallest_update_*.frozen`: the station that is told by its central system and fetches the
bundle by HTTP, in the smallest heap in which it gets as far as installing. `.mpy`: the same
without the station (firmware/ota/solo.py), fetched at one start and judged at the next.
"""

import asyncio
import datetime
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tools import build, micropython
from tools.bench import port, smallest, trust
from tools.bench.figures import Figure, measures, say
from tools.bench.rig import Rig, RigError
from tools.board import bundle, serve

SIZE = 200 * 1024
FILES = 60
PLAY_S = 60
KINDS = {"p256": "P-256", "rsa3072": "RSA-3072"}
WHAT = {
    "time": ("us", "200 KB in 60 files taken, signature {} and all hashes judged"),
    "step": ("us", "the longest time without control, {}"),
    "live": ("B", "held at once while an update comes, {}"),
}


def made(kind: str, board: str):
    """(bundle, root certificate) of a signer with that kind of key."""
    chance = random.Random(7)
    size = SIZE // FILES
    files = {f"lib/part{n % 7}/module{n:02}.mpy": chance.randbytes(size) for n in range(FILES)}
    head = {"version": "9.0.0", "board": board, "kind": "files", "min": "0.1.0", "build": "bench"}
    if kind == "p256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, 3072)
    root = trust.root("Maker")
    use = x509.oid.ExtendedKeyUsageOID.CODE_SIGNING
    signer = trust.certificate(
        "Signer", key.public_key(), root, trust.key("Maker"), ca=False, use=use
    )
    return bundle.make(head, files, key, [signer]), root


@measures(*(f"update.{what}_{kind}" for kind in KINDS for what in WHAT), alone=True, seconds=10)
def costs():
    """On the 32-bit port."""
    now = int(datetime.datetime.now().timestamp())
    for kind, name in KINDS.items():
        data, root = made(kind, "BENCH")
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder, "bundle"), Path(folder, "root")
            paths[0].write_bytes(data)
            paths[1].write_bytes(root.public_bytes(serialization.Encoding.DER))
            found = port.run("update_cost.py", *paths, now, form="apart")
        for what, (unit, text) in WHAT.items():
            yield Figure(f"update.{what}_{kind}", found[what], unit, text.format(name))


async def play(kind: str, heap: str) -> None:
    """A frozen station takes an update, up to the moment before its restart. RigError if not."""
    data, root = made(kind, "UNIX")
    with serve.serve(serve.Shelf("bench.upd", data), "127.0.0.1") as shelf:
        async with Rig("frozen", heap=heap, speed=10) as rig:
            try:
                async with asyncio.timeout(PLAY_S):
                    await rig.csms.wait("StatusNotification", connectorId=1, status="Available")
                    payload = {"certificateType": trust.MAKER, "certificate": trust.pem(root)}
                    answer = await rig.csms.call("InstallCertificate", payload)
                    if answer["status"] != "Accepted":
                        raise RigError(f"InstallCertificate: {answer}")
                    payload = {"location": shelf.url, "retrieveDate": "2020-01-01T00:00:00Z"}
                    await rig.csms.call("UpdateFirmware", payload | {"retries": 0})
                    for status in ("Downloading", "Downloaded", "Installing"):
                        await rig.csms.wait("FirmwareStatusNotification", status=status)
            except TimeoutError:
                raise RigError(f"no update within {PLAY_S} s") from None


def _alone(kind: str, heap: str, record) -> None:
    """Two starts of .mpy files without the station. RigError if one of them fails."""
    data, root = made(kind, "UNIX")
    with tempfile.TemporaryDirectory() as name:
        flash = Path(name, "flash")
        shutil.copytree(build.tree("mpy"), flash)
        for folder in ("certs", "journal"):
            (flash / folder).mkdir()
        der = root.public_bytes(serialization.Encoding.DER)
        (flash / "certs" / "maker-0123456789abcdef.der").write_bytes(der)
        (flash / "config.json").write_text('{"version":1,"values":{"CsmsUrl":"ws://127.0.0.1:1"}}')
        order = flash / "journal" / "update"
        start = "import sys; sys.path[:0] = ['', 'lib']; import main; main.run()"
        command = [str(micropython.path(port.BITS)), "-X", "heapsize=" + heap, "-c", start]
        env = {"GALVANI_CAN": "slcan://127.0.0.1:9", "GALVANI_CONSOLE": "0"}
        with serve.serve(serve.Shelf("bench.upd", data), "127.0.0.1") as shelf:
            state = "f"
            for wanted in ("v", "g"):
                order.write_bytes(record.pack([shelf.url, 0, 1, 0, state]))
                done = subprocess.run(
                    command, cwd=flash, env=env, capture_output=True, timeout=PLAY_S
                )
                found = record.unpack(order.read_bytes())
                if done.returncode != 3 or found[4] != wanted:
                    raise RigError(f"alone, {state}: {found[4]}")
                state = wanted


def _record():
    """lib/record.py, on CPython."""
    sys.path[:0] = [str(port.ROOT / "lib"), str(port.ROOT / "tests_host" / "shim")]
    try:
        import record
    finally:
        del sys.path[:2]
    return record


_NAMES = [f"heap.smallest_update_{kind}.{form}" for kind in KINDS for form in ("frozen", "mpy")]


@measures(*_NAMES, seconds=150)
def heaps():
    """By binary search, as for a charge."""
    for kind in KINDS:
        what = f"an update of 200 KB by HTTP beside the station, {KINDS[kind]}"
        yield _heap(f"heap.smallest_update_{kind}.frozen", what, 32, _beside, kind)
        what = f"the same alone, {KINDS[kind]}"
        yield _heap(f"heap.smallest_update_{kind}.mpy", what, 64, _alone, kind, _record())


def _beside(kind, heap):
    asyncio.run(play(kind, heap))


def _heap(name, what, low, run, kind, *more):
    last = {}

    def plays(kb):
        try:
            run(kind, f"{kb}k", *more)
        except (RigError, TimeoutError, OSError, subprocess.TimeoutExpired) as error:
            last["why"] = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            say(f"{name}: {kb} KB is too small: {last['why']}")
            return False
        say(f"{name}: {kb} KB takes it")
        return True

    kb = smallest.search(plays, low, 160)
    if kb is None:
        return Figure(name, None, "B", f"{what}: not even with 160 KB: {last['why']}")
    return Figure(name, kb * 1024, "B", f"-X heapsize={kb}k, {what}")

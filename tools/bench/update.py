"""What does an update of 200 KB cost: time, heap?

`update.*`: firmware/ota/ on the 32-bit port, fed in pieces of 1 KB, the signature judged.
`heap.smallest_update_*`: the frozen station that is told by its central system and fetches the
bundle by HTTP, in the smallest heap in which it gets as far as installing.
"""

import asyncio
import datetime
import random
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

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


@measures(*(f"heap.smallest_update_{kind}.frozen" for kind in KINDS), seconds=120)
def heaps():
    """By binary search, as for a charge."""
    for kind in KINDS:
        yield _heap(kind)


def _heap(kind):
    name = f"heap.smallest_update_{kind}.frozen"
    last = {}

    def plays(kb):
        try:
            asyncio.run(play(kind, f"{kb}k"))
        except (RigError, TimeoutError, OSError) as error:
            last["why"] = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            say(f"{name}: {kb} KB is too small: {last['why']}")
            return False
        say(f"{name}: {kb} KB takes it")
        return True

    kb = smallest.search(plays, 32, 128)
    if kb is None:
        return Figure(name, None, "B", f"an update: not even with 128 KB: {last['why']}")
    source = f"-X heapsize={kb}k, an update of 200 KB by HTTP, {KINDS[kind]}"
    return Figure(name, kb * 1024, "B", source)

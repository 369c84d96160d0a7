"""What becomes of a TLS connection when there is no memory for it? Whitepaper A00, A04.

net/dial on both ports against an OpenSSL server, with less and less room: it connects, or the log
says "no memory" and the event is raised; the next attempt with room succeeds, and nothing stays.
On the Unix port TLS lies in Python's heap, so one shortage stands for both of a chip.
"""

import json
import subprocess

import pytest

import security_world as world
import test_v16_security_reconnect as reconnect
from test_v16_security_reconnect import server  # noqa: F401
from tls_servers import DAYS, leaf  # noqa: F401
from tools import build

# The client of the reconnections, with a ballast that leaves so many KB.
CLIENT = (
    reconnect.CLIENT[: reconnect.CLIENT.index("async def main")]
    + """
said = []
def note(text, *args):
    said.append(text % args)
Log.warn = Log.error = staticmethod(note)
Cp.alarm = staticmethod(lambda name, info="": said.append(name))

def ballast(room):
    kept = []
    gc.collect()
    size = 4096
    while size >= 64:
        try:
            while gc.mem_free() > room:
                kept.append(bytearray(size))
            return kept
        except MemoryError:
            size //= 2
    return kept

async def attempt():
    try:
        ws = await lazy.load("net.dial").dial(App, Log)
    except MemoryError:  # as tasks/csms
        ws = None
        lazy.forget(0)
        note("busy")
    finally:
        lazy.drop("net.dial")
    if ws is not None:
        await ws.receive()
        ws.drop("")
        await asyncio.sleep_ms(5)
        return True
    return False

async def main(low, high, step):
    await attempt()
    await attempt()
    said.clear()
    gc.collect()
    before = gc.mem_alloc()
    for room in range(low, high, step):
        kept = ballast(room << 10)
        made = await attempt()
        kept = None
        gc.collect()
        first = list(said)
        said.clear()
        again = await attempt()
        gc.collect()
        print(json.dumps([room, made, first, again, list(said)]))
        said.clear()
        first = None
    gc.collect()
    gc.collect()
    print(json.dumps([before, gc.mem_alloc()]))

asyncio.run(main(int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
"""
)


def rows(port, folder, at, low, high, step):
    """What the client said, line by line."""
    (folder / "client.py").write_text(CLIENT)
    (folder / "certs").mkdir()
    root = world.root("Root", days=DAYS)
    (folder / "certs" / "csms-0123456789abcdef.der").write_bytes(world.der(root))
    tree = build.tree("apart")  # compiled: what a source needs to be read would be in the way
    words = [f"wss://localhost:{at}/", "2", str(low), str(high), str(step)]
    done = subprocess.run(
        [port, "-X", "heapsize=400k", "client.py", *words],
        cwd=folder,
        env={"MICROPYPATH": f"{tree}:{tree}/lib:.frozen", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and not done.stderr, (done.stderr + done.stdout)[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(seen):
    """Each attempt succeeded, or said why; each next one with room succeeded; nothing stayed."""
    *attempts, (before, after) = seen
    for room, made, said, again, then in attempts:
        if made:
            assert said == [], (room, said)
        else:
            text = said[0].split("(")[0]
            assert text.startswith(("no connection to the CSMS: no memory", "busy")), (room, said)
            assert text == "busy" or said[1:] == ["MemoryExhaustion"], (room, said)
        assert again and not then, (room, then)
    assert after - before <= 2048, (before, after)
    return [made for _, made, *_ in attempts]


def test_without_memory_it_is_said_and_tried_again(micropython32, server, tmp_path):  # noqa: F811
    """A00.FR.310, A04.FR.01."""
    made = judge(rows(micropython32, tmp_path, server, 12, 200, 36))
    assert made[0] is False and made[-1] is True


@pytest.mark.long
@pytest.mark.parametrize("bits", [64, 32])
def test_wherever_the_memory_ends(bits, request, server, tmp_path):  # noqa: F811
    """A00.FR.310, A04.FR.01."""
    made = judge(rows(request.getfixturevalue(f"micropython{bits}"), tmp_path, server, 4, 240, 1))
    assert made[0] is False and made[-1] is True

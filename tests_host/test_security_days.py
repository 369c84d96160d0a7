"""Does a station that lives for 60 days with TLS keep its memory? Whitepaper A00.

The days are virtual, 180 connections with their handshakes real; test_v16_security_reconnect.py
has 500 of them in a row.
"""

import contextlib
import json
import ssl
import subprocess
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

import security_world as world
from tls_servers import DAYS, context, key_pem, leaf  # noqa: F401
from tools.bench import port

QUIET = {"ping_interval": None}  # a day takes longer than a server waits for an answer
HERE = port.ROOT / "tests_host"


def lived(bits, folder, days, leaf):  # noqa: F811
    """[(live bytes, largest free block)] of each midnight, profile 3."""
    made = context(folder, [leaf()], world.key("tls"))
    made.verify_mode = ssl.CERT_REQUIRED
    root = world.root("Root", days=DAYS)
    made.load_verify_locations(cadata=world.pem(root))
    (folder / "certs").mkdir()
    (folder / "certs" / "csms-0123456789abcdef.der").write_bytes(world.der(root))
    own = world.certificate("CP-0001", world.key("own"), root, world.key("Root"), days=DAYS)
    (folder / "certs" / "own-00000000-ffffffff-0123456789abcdef.pem").write_text(world.pem(own))
    (folder / "certs" / "key-0123456789abcdef.der").write_bytes(key_pem(world.key("own")))

    def answer(line):
        with contextlib.suppress(ConnectionClosed):  # the station goes without a word
            for text in line:
                line.send("heard " + text)

    with serve(answer, "127.0.0.1", 0, ssl=made, subprotocols=["ocpp1.6"], **QUIET) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = server.socket.getsockname()[1]
        words = port.command("life.py", heap="2M", bits=bits)[:-1]
        done = subprocess.run(
            [*words, str(HERE / "tls_life.py"), f"wss://localhost:{at}", "3", str(days)],
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
        )
        server.shutdown()
    assert done.returncode == 0 and not done.stderr, (done.stderr + done.stdout)[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def _environment():
    found = port.environment("py")
    found["MICROPYPATH"] += f":{port.DEVICE}"
    return found


@pytest.mark.long
@pytest.mark.parametrize("bits", [32, 64])
def test_60_days_of_three_connections_each(bits, tmp_path, leaf):  # noqa: F811
    """A00.FR.301, A00.FR.401."""
    seen = lived(bits, tmp_path, 60, leaf)
    assert len(seen) == 60
    first, tenth, last = seen[0], seen[9], seen[59]
    print("day 1, 10, 60:", first, tenth, last)
    # As in test_endurance.py: the first week fills what has a bound.
    assert max(live for live, _ in seen[-7:]) - max(live for live, _ in seen[7:14]) <= 512, seen
    assert min(block for _, block in seen[30:]) >= 0.98 * min(b for _, b in seen[:30]), seen

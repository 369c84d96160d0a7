"""What does a connection with TLS cost: time, and the heap that it holds?

net/trust and net/websocket on the 32-bit port against OpenSSL on this machine, TLS 1.2, a P-256
certificate by a P-256 root. The Unix port's mbedtls takes its memory from Python's heap, with
record buffers of 16 KB; a chip's has its own, outside of it (docs/memory.md).
"""

import contextlib
import ssl
import tempfile
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from tools.bench import port, trust
from tools.bench.figures import Figure, measures

SCRIPT = "tls_cost.py"


@measures("tls.handshake_time", "tls.context", "tls.open", "tls.left", alone=True, seconds=3)
def handshake():
    """One connection after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _context(folder)
        with serve(_hold, "127.0.0.1", 0, ssl=made, subprotocols=["ocpp1.6"]) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"wss://localhost:{server.socket.getsockname()[1]}/x"
            found = port.run(SCRIPT, url, str(folder / "root.der"), files=folder)
            server.shutdown()
    yield Figure("tls.handshake_time", found["time"], "us", "TCP, TLS 1.2, WebSocket; P-256")
    yield Figure("tls.context", found["context"], "B", "a context with one root: held")
    yield Figure("tls.open", found["open"], "B", "context and open connection: held")
    yield Figure("tls.left", found["left"], "B", "what ten connections have left")


def _context(folder):
    root, key = trust.root("Root"), trust.key("TLS")
    leaf = trust.certificate("localhost", key.public_key(), root, trust.key("Root"), ca=False)
    (folder / "root.der").write_bytes(root.public_bytes(serialization.Encoding.DER))
    (folder / "chain.pem").write_text(trust.pem(leaf))
    none = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    text = key.private_bytes(serialization.Encoding.PEM, form, none)
    (folder / "key.pem").write_bytes(text)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def _hold(line):
    with contextlib.suppress(ConnectionClosed):  # the station goes without a word
        for _ in line:
            pass

"""How does a station fetch a file from this host? A web server for one file, with ranges.

A station whose connection was cut asks for the rest of the same file (Range with If-Range), so
the file has an ETag. Nothing else is served, and what is served is signed, not secret.
"""

import contextlib
import hashlib
import ipaddress
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.board import BoardError

PIECE = 4096
SILENT_S = 60  # a station that takes nothing for so long is gone


class Shelf:
    """What is served. sent: the highest byte that left in any attempt; url: where it is."""

    def __init__(self, name: str, data: bytes):
        self.path = "/" + name
        self.data = data
        self.tag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        self.sent = 0
        self.requests = 0
        self.url = ""

    def rest(self, headers) -> int:
        """The first byte that a request wants: 0 unless it goes on with this very file."""
        wanted = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
        if wanted is None or headers.get("If-Range", self.tag) != self.tag:
            return 0
        return int(wanted.group(1))


def _handler(shelf: Shelf):
    class Handler(BaseHTTPRequestHandler):
        timeout = SILENT_S

        def do_HEAD(self):
            self._answer(False)

        def do_GET(self):
            self._answer(True)

        def _answer(self, whole: bool) -> None:
            if self.path.split("?")[0] != shelf.path:
                self.send_error(404)
                return
            size = len(shelf.data)
            start = shelf.rest(self.headers)
            if start >= size:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.send_header("ETag", shelf.tag)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size - start))
            self.end_headers()
            if whole:
                self._send(start)

        def _send(self, start: int) -> None:
            shelf.requests += 1
            with contextlib.suppress(OSError):  # a station that was cut comes again
                for at in range(start, len(shelf.data), PIECE):
                    piece = shelf.data[at : at + PIECE]
                    self.wfile.write(piece)
                    shelf.sent = max(shelf.sent, at + len(piece))

        def log_message(self, *_):
            """The progress is told by the one who watches `sent`."""

    return Handler


@contextlib.contextmanager
def serve(shelf: Shelf, address: str, port: int = 0):
    """Serves it until the end; `shelf.url` is how a station reaches it at `address`."""
    local = address == "localhost" or _number(address, "is_loopback")
    try:
        server = ThreadingHTTPServer(("127.0.0.1" if local else "", port), _handler(shelf))
    except OSError as error:
        raise BoardError(f"port {port} cannot be opened here: {error.strerror}")
    server.daemon_threads = True
    host = f"[{address}]" if ":" in address else address
    shelf.url = f"http://{host}:{server.server_address[1]}{shelf.path}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()


def _number(address: str, what: str) -> bool:
    try:
        return getattr(ipaddress.ip_address(address), what)
    except ValueError:
        return False


def own_address(towards: str) -> str:
    """The address of this host that machines in the direction of `towards` reach it at."""
    with contextlib.suppress(OSError):
        for family, kind, _, _, where in socket.getaddrinfo(towards, 9, type=socket.SOCK_DGRAM):
            with contextlib.suppress(OSError), socket.socket(family, kind) as probe:
                probe.connect(where)  # of a datagram socket: nothing is sent
                return probe.getsockname()[0]
    raise BoardError(
        f"no way from here to {towards}: ADDRESS= names this host as the station reaches it"
    )

"""Servers of files, real and hostile, for the station's up- and downloads.

Real: Starlette by uvicorn (HTTP and HTTPS, ranges, ETags) and pyftpdlib. Hostile: a script of
bytes, pauses and cuts over a bare socket.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import uvicorn
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles


@contextlib.contextmanager
def web(folder: Path, tls: Path | None = None):
    """A server of a folder: GET with ranges, PUT and POST below /up. Yields its address.

    tls: a PEM file of key and certificate.
    """

    async def take(request: Request) -> Response:
        (folder / request.path_params["name"]).write_bytes(await request.body())
        return Response(status_code=201)

    app = Starlette(
        routes=[
            Route("/up/{name}", take, methods=["PUT"]),
            Route("/post/{name}", take, methods=["POST"]),
            Mount("/", StaticFiles(directory=folder)),
        ]
    )
    config = uvicorn.Config(
        app, port=0, log_level="warning", lifespan="off", ssl_certfile=tls, ssl_keyfile=tls
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def ftp(folder: Path, user: str = "me", password: str = "p@ss", handler=FTPHandler):
    """pyftpdlib on a folder for one user who may do everything; yields host:port."""

    class Handler(handler):
        authorizer = DummyAuthorizer()
        auth_failed_timeout = 0

    Handler.authorizer.add_user(user, password, str(folder), perm="elradfmwMT")
    server = FTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield "127.0.0.1:%d" % server.address[1]
    finally:
        server.close_all()
        thread.join(10)


@contextlib.contextmanager
def script(*connections):
    """A server that plays one list of steps for each connection, the last one again and again.

    Steps: bytes are sent, a number is a pause in seconds, "head" reads up to a blank line, "line"
    one line, "cut" resets the connection, "hold" keeps it open until the client goes. Yields
    (port, what was received).
    """
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []
    over = threading.Event()

    def read(peer, end):
        data = b""
        while not data.endswith(end):
            more = peer.recv(1)
            if not more:
                break
            data += more
        seen.append(data)

    def play(peer, steps):
        with contextlib.suppress(OSError), peer:
            peer.settimeout(60)
            for step in steps:
                if isinstance(step, bytes):
                    peer.sendall(step)
                elif step == "head":
                    read(peer, b"\r\n\r\n")
                elif step == "line":
                    read(peer, b"\n")
                elif step == "hold":
                    while peer.recv(4096):
                        pass
                elif step == "cut":
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    over.wait(step)

    def serve():
        left = list(connections)
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            steps = left.pop(0) if len(left) > 1 else left[0]
            threading.Thread(target=play, args=(peer, steps), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        over.set()
        listener.close()

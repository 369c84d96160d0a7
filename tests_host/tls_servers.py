"""Which TLS servers does a station meet, good ones and others? For tests of the connection."""

import contextlib
import socket
import ssl
import threading

import pytest
from cryptography.hazmat.primitives import serialization

import security_world as world

DAYS = (-300, 5000)  # mbedtls goes by the clock of the machine


def key_pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def context(folder, chain, key) -> ssl.SSLContext:
    """An OpenSSL server that shows this chain."""
    (folder / "chain.pem").write_text(world.pem(*chain))
    (folder / "key.pem").write_bytes(key_pem(key))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


@contextlib.contextmanager
def serving(made, answer=b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"):
    """The port of a server that answers each connection so; made: None for one without TLS."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(60)

    def run():
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with made.wrap_socket(plain, server_side=True) if made else plain as stream:
                    stream.settimeout(60)
                    stream.recv(4000)
                    stream.sendall(answer)
            except (ssl.SSLError, OSError):
                plain.close()  # what the station says counts

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


@pytest.fixture
def leaf():
    """leaf(name, days): a server's certificate by the root "Root"."""

    def make(name="localhost", days=DAYS, by="Root"):
        issuer = world.root(by, days=DAYS)
        return world.certificate(name, world.key("tls"), issuer, world.key(by), days=days)

    return make

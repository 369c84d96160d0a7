"""Do the client and the `websockets` package of PyPI, another hand's server, get on together?"""

import asyncio
import datetime
import ipaddress
import json
import random
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import serve

from patience import PATIENCE_S
from ws_peers import ROOT

# Connects with the options in a JSON file, echoes until the end, prints what became of it as JSON.
CLIENT = """
import asyncio, json, sys, tls
sys.path[:0] = [%r, %r]
from net.websocket import WSError, ws_connect
from ws.frames import TEXT, BINARY

async def main(url, options):
    ca = options.pop("ca", None)
    if ca:
        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca.encode())
        options["ssl"] = context
    try:
        ws = await ws_connect(url, **options)
    except WSError as e:
        return {"why": e.why, "status": e.status, "text": str(e)}
    count = 0
    while True:
        msg = await ws.receive()
        if msg.type == TEXT:
            await ws.send_str(msg.data)
        elif msg.type == BINARY:
            await ws.send_bytes(msg.data)
        else:
            return {"type": msg.type, "code": ws.close_code, "reason": ws.close_reason,
                    "why": ws.why, "protocol": ws.protocol, "count": count}
        count += 1

print(json.dumps(asyncio.run(main(sys.argv[1], json.load(open(sys.argv[2]))))))
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))


@pytest.fixture(params=[64, 32])
def port(request):
    return request.getfixturevalue(f"micropython{request.param}")


@pytest.fixture
def client(port, tmp_path):
    """client(url, **options) runs the client above, returns what it printed."""
    script = tmp_path / "client.py"
    script.write_text(CLIENT)

    async def run(url, heap="8m", **options):
        (tmp_path / "options").write_text(json.dumps(options))
        process = await asyncio.create_subprocess_exec(
            *(str(port), "-X", "heapsize=" + heap, script, url, tmp_path / "options"),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE_S):
            out, _ = await process.communicate()
        return json.loads(out)

    return run


async def with_server(handler, client, url="ws://127.0.0.1:{}/", ssl=None, options=None, **more):
    """Run the client against a `websockets` server; return what it said."""
    async with serve(handler, "127.0.0.1", 0, ssl=ssl, **more) as server:
        port = server.sockets[0].getsockname()[1]
        return await client(url.format(port), **(options or {}))


def test_messages_of_every_kind_come_back_and_the_close_is_clean(client):
    rng = random.Random(6455)
    alphabet = "abc {}\"'\\é€\U0001f50c\u0e01"
    sizes = [0, 1, 125, 126, 127, 511, 512, 513, 1023, 1024, 1025, 2048, 12288]

    async def handler(ws):
        for size in sizes:
            text = "".join(rng.choices(alphabet, k=size // 4))
            await ws.send(text)
            assert await ws.recv() == text
            data = rng.randbytes(size)
            await ws.send(data)
            assert await ws.recv() == data
            await (await ws.ping(b"alive"))
        await ws.send(["fra", "gments", " of one"])
        assert await ws.recv() == "fragments of one"
        await ws.close(4001, "see you")

    options = {"protocols": ["ocpp1.6"], "heap": "200k"}
    said = asyncio.run(
        with_server(handler, client, options=options, subprotocols=["ocpp2.0.1", "ocpp1.6"])
    )
    assert said["code"] == 4001 and said["reason"] == "see you" and said["type"] == 8
    assert said["protocol"] == "ocpp1.6" and said["count"] == 2 * len(sizes) + 1


def test_a_server_that_speaks_another_subprotocol_is_refused(client):
    async def handler(ws):
        await ws.wait_closed()

    said = asyncio.run(
        with_server(
            handler,
            client,
            options={"protocols": ["ocpp1.6"]},
            select_subprotocol=lambda connection, offered: None,
        )
    )
    assert (said["why"], said["status"]) == ("protocol", 101)


@pytest.mark.parametrize("status", [401, 404])
def test_a_refusal_gives_its_status(client, status):
    def refuse(connection, request):
        return connection.respond(status, "no")

    said = asyncio.run(with_server(None, client, process_request=refuse))
    assert (said["why"], said["status"]) == ("http", status)


def test_a_message_too_long_is_refused_with_1009(client):
    codes = []

    async def handler(ws):
        await ws.send("x" * 12289)
        await ws.wait_closed()
        codes.append(ws.close_code)

    said = asyncio.run(with_server(handler, client))
    assert (said["type"], said["code"], codes) == (258, 1009, [1009])


def test_a_killed_server_is_noticed(client):
    async def handler(ws):
        ws.transport.abort()

    said = asyncio.run(with_server(handler, client))
    assert (said["type"], said["code"], said["why"]) == (257, 1006, "lost")


# TLS


def certificate(tmp_path, name, days=(-1, 1)):
    """A self-signed certificate for a host name: (server context, PEM text)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    both = tmp_path / (name + ".pem")
    private = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, plain) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, pem.decode()


def test_wss_with_the_right_certificate_carries_big_messages_both_ways(client, tmp_path):
    context, pem = certificate(tmp_path, "localhost")
    text = "é" * 100000

    async def handler(ws):
        for size in (5, 1000, 16384, 100000):
            await ws.send(text[:size])
            assert await ws.recv() == text[:size]
        await ws.ping(b"x" * 125)
        await ws.close()

    options = {"ca": pem, "max_message": 200000}
    said = asyncio.run(
        with_server(handler, client, "wss://localhost:{}/", context, options, compression=None)
    )
    assert (said["type"], said["code"], said["count"]) == (8, 1000, 4)


@pytest.mark.parametrize("fault", ["unknown", "name", "expired"])
def test_wss_with_a_wrong_certificate_is_told_as_tls(client, tmp_path, fault):
    name = "other.example" if fault == "name" else "localhost"
    context, pem = certificate(tmp_path, name, (-2, -1) if fault == "expired" else (-1, 1))
    if fault == "unknown":
        pem = certificate(tmp_path, "localhost")[1]
    said = asyncio.run(with_server(None, client, "wss://localhost:{}/", context, {"ca": pem}))
    assert (said["why"], said["status"]) == ("tls", 0)
    assert "certificate" in said["text"].lower()


def test_a_plain_server_behind_wss_is_told_as_tls(client, tmp_path):
    _, pem = certificate(tmp_path, "localhost")
    said = asyncio.run(with_server(None, client, "wss://localhost:{}/", options={"ca": pem}))
    assert said["why"] == "tls"

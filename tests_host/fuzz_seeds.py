"""What are good inputs of each reader that the hostile tests begin with?"""

import base64
import functools
import hashlib
import json
import struct

import security_world as world
import test_update_bundle
from security import request
from ws_peers import close_frame, frame

ACCEPT = base64.b64encode(
    hashlib.sha1(b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
)
PROFILE = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.5}],
        },
    },
}


def _texts():
    list_row = {"idTag": "A1", "idTagInfo": {"status": "Accepted"}}
    calls = {
        "Reset": {"type": "Soft"},
        "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "200"},
        "SetChargingProfile": PROFILE,
        "SendLocalList": {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [list_row] * 3,
        },
        "DataTransfer": {"vendorId": "x", "data": "ä€😀\\u00e4"},
        "GetLog": {
            "logType": "SecurityLog",
            "requestId": 1,
            "log": {"remoteLocation": "ftp://a/", "oldestTimestamp": "2026-01-01T00:00:00Z"},
        },
        "Nothing": {},
    }
    for action, payload in calls.items():
        yield json.dumps([2, "id-1", action, payload])
    now = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300}
    yield json.dumps([3, "p-1", now])
    yield json.dumps([4, "p-1", "InternalError", "no", {}])


def _websocket():
    hello = frame(1, b'[3,"1",{}]')
    yield hello + frame(9, b"ping") + frame(2, bytes(300)) + close_frame(1000, b"bye")
    yield frame(1, b"caf\xc3\xa9 ", fin=False) + frame(9, b"") + frame(0, b"and so on")
    yield frame(2, bytes(3000)) + hello
    yield hello * 5 + close_frame()


def _http():
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: "a"\r\n\r\nbody'
    yield head
    yield b"HTTP/1.1 100 Continue\r\n\r\n" + head
    yield b"HTTP/1.1 302 Found\r\nLocation: http://files.example/x?y=z\r\n\r\n"
    yield b"HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/10\r\nLocation: ../up\r\n\r\n"


def _opening():
    good = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n"
    )
    yield good + frame(1, b"[]")
    yield b"HTTP/1.1 401 Unauthorized\r\nServer: " + b"x" * 400 + b"\r\n\r\n"
    yield b"HTTP/1.1 302 Found\r\nLocation: wss://other/\r\n\r\n"


def _dns():
    question = b"\x04csms\x07example\x00\x00\x01\x00\x01"
    head = b"ab\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
    alias = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x00\x00\x04\x01x\xc0\x11"
    yield head + question + alias + b"\xc0\x20\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\x0a\0\0\1"


def _frames():
    return [bytes(range(n, n + 80)) for n in (0, 60, 120)] + [bytes(80), b"\xff" * 80]


def _telegram(values):
    body = bytes((1, 4, 4)) + values
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return body + struct.pack("<H", crc)


@functools.cache
def seeds() -> dict[str, list[bytes]]:
    """Good inputs by reader."""
    root = world.root("Root", "P-384")
    leaf = world.certificate("csms.example", world.key("leaf"), root, world.key("Root", "P-384"))
    rsa = world.root("R", "2048", pss=32)
    d = world.key("k").private_numbers().private_value.to_bytes(32, "big")
    floats = [_telegram(struct.pack(">f", n)) for n in (12.5, 400.0, 63.0)]
    values = {"HeartbeatInterval": "200", "CsmsUrl": "ws://a:1/", "Identity": "CP 1"}
    hello = b"\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03" + bytes(32) + b"\x00\xc0\x2b\x00" * 3
    return {
        "websocket": list(_websocket()),
        "opening": list(_opening()),
        "rpc": [text.encode() for text in _texts()],
        "alert": [b"\x15\x03\x03\x00\x02\x02\x46", hello],
        "certificate": [world.der(one) for one in (root, leaf, rsa)],
        "pem": [world.pem(leaf).encode(), world.pem(leaf, root).encode()],
        "key": [request.key_der(d, world.point(world.key("k")))],
        "spki": [world.spki(one) for one in (root, leaf, rsa)],
        "bundle": [test_update_bundle.bundle()],
        "url": [b"user:p%40ss@host.example:2121/a/b?c#d", b"https://[::1]:444/x"],
        "csms_url": [b"wss://csms.example:443/ocpp/a?b=c", b"ws://[2001:db8::1]/"],
        "http": list(_http()),
        "ftp": [
            b"220-hello\r\n and more\r\n220 there\r\n229 Entering (|||4711|)\r\n213 77\r\n",
            b"331 who\r\n530-no\r\n530 no\r\n",
        ],
        "dns": list(_dns()),
        "sntp": [b"\x24\x02" + bytes(22) + b"COOKIE78" + bytes(8) + b"\xec" + bytes(7)],
        "plc": _frames(),
        "rivot": _frames(),
        "maxwell": [b"\x41\xf0\x00\x01\x43\xc8\x00\x00\x42\xf0\x00\x40\x00\x00\x00\x00"],
        "modbus": [b"".join(floats), floats[0] + b"\x01\x84\x02\xc2\xc1" + floats[2]],
        "slcan": [b"T1806E5F4811223344556677880001\rt1232AABB\r\r\x07F04\rz\rV1013\rR000000012\r"],
        "card": [b"\x0204000F1DC3D5\x03\x0204000F1DC3D5\x03", b"0A1B2C3D\r\n04AABBCCDDEE80\r\n"],
        "config": [json.dumps({"version": 1, "values": values}).encode(), b"{}", b""],
        "console": [b"status\r", b"config set HeartbeatInterval 20\r", b"he\tlp \x7f\x1b[A\r",
                    b"logs 5 net\r", b"tag 1 ABC\rstart 1 X\r", b"time\rcan\r"],
        "machine": [b"config get HeartbeatInterval\n", b"status --json\n", b"logs 3\n\x01\x04"],
        "page": [b"CsmsUrl=ws://a.example/\nIdentity=CP1\nAuthorizationKey=" + b"0a" * 16],
        "record": [b'\x01[1,"a",{"b":[1.5,null]}]' + b"\x00" * 4],
        "date": [b"2026-02-28T23:59:59.123+05:30", b"2026-12-31T00:00:00Z"],
    }  # fmt: skip

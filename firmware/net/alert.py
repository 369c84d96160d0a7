"""What does a TLS server say to a greeting? For a line in the log: mbedtls does not tell.

A ClientHello of TLS 1.2 is sent that offers what this station speaks and older suites too. What
the server chooses of it, or its alert, says why the two do not come together. Nothing is ever
encrypted here: the connection ends with the first answer.
"""

import asyncio
import os

import lazy
from ws import handshake

_OURS = b"\xc0\x2b\xc0\x2c\xc0\x2f\xc0\x30\x00\x9c\x00\x9d"  # see net/trust.py
# AES-CBC, 3DES and RC4 of TLS 1.0 and 1.1, CHACHA20 and CCM: never taken, but told apart.
_OTHERS = (
    b"\xc0\x09\xc0\x0a\xc0\x13\xc0\x14\x00\x2f\x00\x35\x00\x0a\x00\x05\xc0\x23\xc0\x27\xcc\xa8"
    b"\xcc\xa9\xc0\xac\x00\x3c"
)
_WAIT_S = 5


def hello(host: str) -> bytes:
    """The record of a ClientHello for a server of that name."""
    name = host.encode()
    extensions = (
        b"\x00\x0a\x00\x06\x00\x04\x00\x17\x00\x18"  # P-256, P-384
        b"\x00\x0b\x00\x02\x01\x00"  # uncompressed points
        b"\x00\x0d\x00\x0a\x00\x08\x04\x03\x05\x03\x08\x04\x04\x01"
        b"\x00\x00" + _u16(len(name) + 5) + _u16(len(name) + 3) + b"\x00" + _u16(len(name)) + name
    )
    suites = _OURS + _OTHERS
    body = b"\x03\x03" + os.urandom(32) + b"\x00" + _u16(len(suites)) + suites + b"\x01\x00"
    body += _u16(len(extensions)) + extensions
    body = b"\x01\x00" + _u16(len(body)) + body
    return b"\x16\x03\x01" + _u16(len(body)) + body


def _u16(number):
    return bytes((number >> 8, number & 255))


def verdict(data: bytes) -> str:
    """What the first bytes of the answer mean: "hello" (all is well so far), "version", "suite",
    or "" for anything else.
    """
    if data[:1] == b"\x15" and len(data) >= 7:  # an alert
        return {70: "version", 40: "suite", 71: "suite"}.get(data[6], "")
    if data[:1] != b"\x16" or len(data) < 46 or data[5] != 2:
        return ""
    if data[9:11] < b"\x03\x03":
        return "version"
    at = 44 + data[43]  # behind the session's id
    suite = data[at : at + 2]
    for i in range(0, len(_OURS), 2):
        if _OURS[i : i + 2] == suite:
            return "hello"
    return "suite"


async def ask(url) -> str:
    """verdict() of the server of a wss URL; "" when it cannot be reached."""
    _, host, port, _ = handshake.split_url(url)
    stream = None
    try:
        address = await lazy.load("net.resolve").lookup(host, port)
        begin = lazy.load("net.stream")
        stream = begin.begin(begin.rows(address)[0], host)
        stream.out_buf = hello(host)  # drain() waits until the socket is connected
        await asyncio.wait_for(stream.drain(), _WAIT_S)
        data = b""
        while len(data) < 80 and data[:1] != b"\x15" or len(data) < 7:
            more = await asyncio.wait_for(stream.read(80), _WAIT_S)
            if not more:
                break
            data += more
        return verdict(data)
    except (OSError, asyncio.TimeoutError):
        return ""
    finally:
        lazy.drop("net.resolve")
        lazy.drop("net.stream")
        if stream:
            stream.s.close()

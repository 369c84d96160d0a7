"""How does a file go to an HTTP server, or come from one, in little memory?

One block at a time between flash and socket. HTTP/1.0, so that no server answers in chunks. An
OSError or asyncio.TimeoutError may pass when it is tried again, a ValueError never does. Imported
when a file is carried and forgotten afterwards.
"""

import asyncio
import os

from micropython import const

import lazy
from ws.handshake import split_url

_BLOCK = const(1024)
_WAIT_S = const(30)  # for each step of the peer
_HEAD_MOST = const(4096)  # bytes of an answer's head
_HOPS = const(5)


async def put(url: str, path: str, job):
    """Send a file; by POST where the server knows no PUT. job.over ends it."""
    status = 0
    for method in ("PUT", "POST"):
        status, _ = await _exchange(method, url, job, path, None, 0)
        if status not in (404, 405, 501):
            break
    _check(status)


async def get(url: str, path: str, job, most: int):
    """Fetch a file of at most `most` bytes; follows redirections. job.over ends it."""
    for _ in range(_HOPS):
        status, where = await _exchange("GET", url, job, None, path, most)
        if not where:
            return _check(status)
        url = where if "://" in where else "/".join(url.split("/")[:3]) + where
    raise ValueError("redirected too often")


def _check(status):
    if not 200 <= status < 300:
        raise OSError("HTTP status %d" % status)


async def _exchange(method, url, job, source, target, most):
    """One request: (status, where it is redirected to or None)."""
    url, head = _authorized(url)
    if url[:7].lower() != "http://":
        raise ValueError("only http:// can be used")
    at = "ws" + url[4:]
    _, host, port, path = split_url(at)
    address = await lazy.load("net.resolve").address(at)
    reader, writer = await asyncio.wait_for(asyncio.open_connection(*address), _WAIT_S)
    try:
        head = "%s %s HTTP/1.0\r\nHost: %s:%d\r\nConnection: close\r\n%s" % (
            method,
            path,
            host,
            port,
            head,
        )
        if source:
            head += "Content-Type: text/plain\r\nContent-Length: %d\r\n" % os.stat(source)[6]
        await _write(writer, head.encode() + b"\r\n")
        if source:
            await _send(writer, source, job)
        status, length, where, rest = await _answer(reader)
        if target and status == 200:
            await _save(reader, rest, target, job, length, most)
        return status, where if 300 < status < 400 else None
    finally:
        await writer.wait_closed()
        lazy.drop("net.resolve")


def _authorized(url):
    """The URL without user:password@, and the header that these become."""
    scheme, _, rest = url.partition("://")
    host = rest.split("/")[0]
    if "@" not in host:
        return url, ""
    import binascii

    user = host[: host.rfind("@")]
    plain = scheme + "://" + rest[len(user) + 1 :]
    key = binascii.b2a_base64(user.encode()).decode().strip()
    return plain, "Authorization: Basic %s\r\n" % key


async def _write(writer, data):
    writer.write(data)
    await asyncio.wait_for(writer.drain(), _WAIT_S)


def _wanted(job):
    if job.over:
        raise ValueError("given up for a newer request")


async def _send(writer, source, job):
    try:
        with open(source, "rb") as f:
            data = f.read(_BLOCK)
            while data:
                _wanted(job)
                await _write(writer, data)
                data = f.read(_BLOCK)
    except OSError:
        pass  # the server may have answered before the end: its answer says why


async def _answer(reader):
    """(status, length or None, Location or None, first bytes of the body)."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = await asyncio.wait_for(reader.read(256), _WAIT_S)
        if not more or len(data) > _HEAD_MOST:
            raise OSError("no answer")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = str(head, "utf-8").split("\r\n")
    try:
        status = int(lines[0].split(" ")[1])
    except (IndexError, ValueError):
        raise OSError("not HTTP")
    length = where = None
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name == "content-length":
            length = int(value)
        elif name == "location":
            where = value.strip()
        elif name == "transfer-encoding":
            raise OSError("answer in chunks")
    return status, length, where, rest


async def _save(reader, data, target, job, length, most):
    """The body into a file; whole, or an error."""
    if length is not None and length > most:
        raise ValueError("%d bytes: no room" % length)
    size = 0
    with open(target, "wb") as f:
        while True:
            _wanted(job)
            size += f.write(data)
            if size > most:
                raise ValueError("no room")
            if length is not None and size >= length:
                break
            data = await asyncio.wait_for(reader.read(_BLOCK), _WAIT_S)
            if not data:
                break
    if length is not None and size != length:
        raise OSError("%d of %d bytes came" % (size, length))

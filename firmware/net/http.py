"""How does a file go to an HTTP server, or come from one? (RFC 9110, 9112)

HTTP/1.0, so that no server answers in chunks. Used by net/files.py.
"""

import asyncio

from micropython import const

import location
from net import files

_HEAD_MOST = const(4096)  # bytes of an answer's head
_HOPS = const(5)
_UP = ("http", "https")
_WANTED = "content-length content-range etag last-modified location transfer-encoding"


async def put(where, path, job):
    """Send a file; by POST where the server knows no PUT."""
    import os

    if where[5].split("?")[0][-1] == "/":
        target, mark, query = where[5].partition("?")
        where = where[:5] + (target + job.name + mark + query,)
    head = "Content-Type: text/plain\r\nContent-Length: %d\r\n" % os.stat(path)[6]
    for method in ("PUT", "POST"):
        stream, _ = await files.opened(where)
        try:
            await files.write(stream, _request(method, where, head))
            await files.send(stream, path, job)
            status, fields, _ = await _answer(stream)
        finally:
            await stream.wait_closed()
        if status not in (404, 405, 501):
            break
    _check(status, fields)


async def get(where, sink, job, most):
    """Fetch a file; redirections are followed on the same host only."""
    for _ in range(_HOPS):
        to = await _fetch(where, sink, job, most)
        if to is None:
            return
        where = _redirected(where, to)
    raise ValueError("redirected too often")


async def _fetch(where, sink, job, most):
    """One request: None when the file is there, or where it is said to be."""
    have = files.resume(sink, job)
    more = "Range: bytes=%d-\r\nIf-Range: %s\r\n" % (have, job.mark) if have else ""
    stream, _ = await files.opened(where)
    try:
        await files.write(stream, _request("GET", where, more))
        status, fields, rest = await _answer(stream)
        if status in (301, 302, 303, 307, 308) and "location" in fields:
            return fields["location"]
        if "transfer-encoding" in fields:
            raise OSError("answer in chunks")
        if status != 206:
            job.have = 0  # the whole file comes, or nothing
            job.mark = None
        elif not have or not fields.get("content-range", "").startswith("bytes %d-" % have):
            job.mark = None
            raise OSError("another part of the file came")
        _check(status, fields)
        if not job.have:
            tag = fields.get("etag", "")
            job.mark = fields.get("last-modified") if tag[:2] in ("", "W/") else tag
        await files.save(stream, rest, sink, job, _length(fields), most)
    finally:
        await stream.wait_closed()
    return None


def _request(method, where, more):
    _, user, password, host, port, path = where
    if ":" in host:
        host = "[" + host + "]"
    if user is not None:
        import binascii

        key = binascii.b2a_base64(("%s:%s" % (user, password or "")).encode()).decode().strip()
        more = "Authorization: Basic %s\r\n%s" % (key, more)
    head = "%s %s HTTP/1.0\r\nHost: %s:%d\r\nConnection: close\r\n%s\r\n"
    return (head % (method, path, host, port, more)).encode()


def _check(status, fields):
    if status == 416:
        raise OSError("the server has no such part")
    if not 200 <= status < 300:
        raise OSError("HTTP status %d" % status)


def _length(fields):
    text = fields.get("content-length")
    if text is None:
        return None
    if not text or text.strip("0123456789"):
        raise OSError("Content-Length %s" % text[:20])
    return int(text)


def _redirected(where, to):
    """The new place; ValueError unless it is on the same host, and TLS stays TLS."""
    if "://" not in to:
        if to[:1] != "/":
            folder = where[5].split("?")[0]
            to = folder[: folder.rfind("/") + 1] + to
        return where[:5] + (to,)
    new = location.parse(to)
    same = new[3].lower() == where[3].lower()
    same = same and (new[0] == where[0] and new[4] == where[4] or (where[0], new[0]) == _UP)
    if not same:
        raise ValueError("redirected to %s: another host" % location.shown(to))
    return (new[0],) + where[1:3] + new[3:]


async def _answer(stream):
    """(status, headers that matter, first bytes of the body) within the time of a step."""
    return await asyncio.wait_for(_head(stream), files.WAIT_S)


async def _head(stream):
    data = b""
    while True:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            more = await stream.read(256)
            if not more or len(data) > _HEAD_MOST:
                raise OSError("no answer")
            data += more
            continue
        status, fields = _parsed(data[:end])
        data = data[end + 4 :]
        if status >= 200:  # what is below only says that an answer will come
            return status, fields, data


def _parsed(head):
    try:
        lines = str(head, "utf-8").split("\r\n")
        status = int(lines[0].split(" ")[1]) if lines[0][:5] == "HTTP/" else 0
    except (IndexError, ValueError):  # a UnicodeError is one
        status = 0
    if not 100 <= status < 1000:
        raise OSError("not HTTP")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name in _WANTED.split():
            fields[name] = value.strip()
    return status, fields

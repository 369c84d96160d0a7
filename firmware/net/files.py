"""How does a file go to a server, or come from one, in little memory?

One block at a time between flash and socket, by HTTP, HTTPS (net/http.py) or FTP (net/ftp.py). An
OSError or asyncio.TimeoutError may pass when it is tried again, a ValueError never does. Imported
when a file is carried and forgotten afterwards.

job: lib/ocppj/transfer.py's Job; of it `over` (give up), `name` (of the file in a folder), `have`
and `mark` (bytes that have come already, and how the server names this state of its file: the next
attempt goes on there).
"""

import asyncio
import os
from time import ticks_diff, ticks_ms

from micropython import const

import lazy
import location
from core import log

_BLOCK = const(1024)
WAIT_S = 30  # for each step of the peer
# A peer that lives on but gives less than that would hold the job for ever.
_SPAN_MS = const(60000)
_LEAST = const(2048)
_STEP = const(65536)  # bytes between two lines of the log


async def put(url: str, path: str, job):
    """Send a file to a URL; into it, by the name job.name, where the URL is a folder."""
    where = location.parse(url)
    try:
        await _protocol(where).put(where, path, job)
    finally:
        _forget()


async def get(url: str, sink, job, most: int):
    """Fetch a file of at most `most` bytes; goes on where an attempt before it was cut.

    sink: begin() (all anew) and write(data) are awaited; count: bytes that it has.
    """
    where = location.parse(url)
    try:
        await _protocol(where).get(where, sink, job, most)
    finally:
        _forget()


def _protocol(where):
    return lazy.load("net.ftp" if where[0] == "ftp" else "net.http")


def _forget():
    lazy.drop("net.ftp")
    lazy.drop("net.http")


async def opened(where, address=None):
    """(stream, address) to the host of location.parse(); address: what an earlier call gave."""
    scheme, _, _, host, port, _ = where
    context = lazy.call("net.trust", "context") if scheme == "https" else None
    if address is None:
        try:
            address = await lazy.load("net.resolve").lookup(host, port)
        finally:
            lazy.drop("net.resolve")
    stream = lazy.load("net.stream")
    try:
        return stream.begin(stream.rows(address)[0], host, context), address
    finally:
        lazy.drop("net.stream")


async def write(stream, data):
    """All of it, within the time of a step."""
    stream.write(data)
    await asyncio.wait_for(stream.drain(), WAIT_S)


async def read(stream, size):
    """What has come, up to `size` bytes; b"" at the end."""
    return await asyncio.wait_for(stream.read(size), WAIT_S)


class _Pace:
    def __init__(self, job, total):
        self.job = job
        self.total = total or 0
        self.at = ticks_ms()
        self.sum = self.told = 0

    def count(self, size, done):
        """After each block: is the job still wanted, and the peer fast enough?"""
        if self.job.over:
            raise ValueError("given up for a newer request")
        self.sum += size
        if ticks_diff(ticks_ms(), self.at) > _SPAN_MS:
            if self.sum < _LEAST:
                raise OSError("%d bytes in a minute" % self.sum)
            self.at = ticks_ms()
            self.sum = 0
        if done - self.told >= _STEP:
            self.told = done
            log.get("OTA").info("%d of %d KB", done >> 10, self.total >> 10)


async def send(stream, path, job):
    """A file to the peer; an OSError of the connection is left to the answer that follows."""
    done = 0
    pace = _Pace(job, os.stat(path)[6])
    with open(path, "rb") as f:
        while True:
            data = f.read(_BLOCK)
            if not data:
                return
            pace.count(len(data), done)
            try:
                await write(stream, data)
            except OSError:
                return  # the server may have answered before the end: its answer says why
            done += len(data)


async def save(stream, data, sink, job, length, most):
    """What the peer sends, after `data`, into the sink from job.have on; whole, or an error.

    length: bytes that must come, None: until the peer closes.
    """
    start = job.have
    if length is not None and start + length > most:
        raise ValueError("%d bytes: no room" % (start + length))
    total = None if length is None else start + length
    pace = _Pace(job, total)
    if not start:
        await sink.begin()
    while True:
        if total is not None and job.have + len(data) > total:
            data = data[: total - job.have]  # it lied about the length; the rest is noise
        if job.have + len(data) > most:
            raise ValueError("no room")
        await sink.write(data)
        job.have += len(data)
        pace.count(len(data), job.have)
        if job.have == total:
            return
        data = await read(stream, _BLOCK)
        if not data:
            break
    if total is not None:
        raise OSError("%d of %d bytes came" % (job.have, total))


def resume(sink, job):
    """Bytes that are there already and may stay; else 0, and the job begins anew."""
    if not job.mark or sink.count != job.have:
        job.have = 0
        job.mark = None
    return job.have

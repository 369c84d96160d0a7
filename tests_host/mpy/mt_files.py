"""A file to and from an HTTP server: net/files.py and tasks/carrier.py, on the wire."""
# heapsize: 2m

import asyncio
import gc
import json
import os
import sys

from console_world import App, fresh_log
from ws_server import Server, fast_clock, real_clock

from net import files
from tasks import carrier

BIG = bytes(range(256)) * 200  # 51,200 bytes


class Job:
    over = False
    name = "name.txt"
    place = mark = None
    have = 0


class File:
    """A sink that keeps what comes as the file "got"."""

    count = 0

    async def begin(self):
        open("got", "wb").close()
        self.count = 0

    async def write(self, data):
        with open("got", "ab") as f:
            f.write(data)
        self.count += len(data)


def setup():
    fresh_log()
    fast_clock()


def teardown():
    real_clock()


async def request(reader):
    """(first line, headers, body) of a request."""
    line = (await reader.readline()).decode().strip()
    headers = {}
    while True:
        row = (await reader.readline()).decode().strip()
        if not row:
            break
        name, _, value = row.partition(": ")
        headers[name.lower()] = value
    body = b""
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    return line, headers, body


def server(*replies, seen=None):
    """Answers one request after the other with these bytes, and notes them."""
    replies = list(replies)

    async def script(server, reader, writer):
        found = await request(reader)
        if seen is not None:
            seen.append(found)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        for at in range(0, len(reply), 5000):
            writer.write(reply[at : at + 5000])
            await writer.drain()
        await writer.wait_closed()

    return Server(script)


def answer(status, body=b"", more=b"", length=True):
    head = b"HTTP/1.1 %d x\r\n" % status + more
    if length:
        head += b"Content-Length: %d\r\n" % len(body)
    return head + b"\r\n" + body


def http(s, path="/fw.bin"):
    return "http://127.0.0.1:%d%s" % (s.port, path)


async def fetch(s, most=1 << 20, path="/fw.bin", job=None):
    job = job or Job()
    await files.get(http(s, path), File(), job, most)
    with open("got", "rb") as f:
        return f.read()


async def fails(kind, coro, text=""):
    try:
        await coro
    except kind as e:
        assert text in str(e), str(e)
        return
    raise AssertionError("no " + str(kind))


async def test_a_file_is_put():
    seen = []
    with open("out", "wb") as f:
        f.write(BIG)
    async with server(answer(201), seen=seen) as s:
        await files.put(http(s, "/a%20b?c=d"), "out", Job())
    line, headers, body = seen[0]
    assert line == "PUT /a%20b?c=d HTTP/1.0" and body == BIG
    assert headers["host"] == "127.0.0.1:%d" % s.port


async def test_who_knows_no_put_gets_a_post():
    for status in (404, 405, 501):
        seen = []
        with open("out", "wb") as f:
            f.write(b"text")
        async with server(answer(status), answer(200), seen=seen) as s:
            await files.put(http(s), "out", Job())
        assert [row[0].split(" ")[0] for row in seen] == ["PUT", "POST"]
        assert seen[1][2] == b"text"


async def test_a_refusal_is_an_error():
    with open("out", "wb") as f:
        f.write(b"text")
    for status in (403, 405, 500, 302):
        async with server(answer(status)) as s:
            await fails(OSError, files.put(http(s), "out", Job()), str(status))


async def test_a_password_in_the_url_becomes_a_header():
    seen = []
    async with server(answer(200, b"x"), seen=seen) as s:
        url = "http://me:pa%%40ss@127.0.0.1:%d/x" % s.port
        await files.get(url, File(), Job(), 100)
    assert seen[0][1]["authorization"] == "Basic bWU6cGFAc3M="


async def test_a_file_is_fetched():
    async with server(answer(200, BIG)) as s:
        assert await fetch(s) == BIG
    async with server(answer(200, BIG, length=False)) as s:
        assert await fetch(s) == BIG  # until the server closes
    async with server(answer(200, b"")) as s:
        assert await fetch(s) == b""


async def test_a_file_that_is_cut_off_is_none():
    async with server(answer(200, BIG)[:-1]) as s:
        await fails(OSError, fetch(s), "51199 of 51200")


async def test_redirections():
    async with server(
        answer(302, b"", b"Location: /there\r\n"),
        answer(307, b"", b"location: /x\r\n"),
        answer(200, b"here"),
    ) as s:
        assert await fetch(s) == b"here"
    async with server(answer(301, b"", b"Location: /round\r\n")) as s:
        await fails(ValueError, fetch(s), "too often")
    async with server(answer(301, b"", b"Location: https://x/\r\n")) as s:
        await fails(ValueError, fetch(s), "another host")


async def test_too_long_a_file():
    async with server(answer(200, BIG)) as s:
        assert len(await fetch(s, len(BIG))) == len(BIG)
        await fails(ValueError, fetch(s, len(BIG) - 1), "no room")
    async with server(answer(200, BIG, length=False)) as s:
        await fails(ValueError, fetch(s, 40000), "no room")


async def test_nonsense_of_a_server():
    for reply in (
        b"",
        b"x",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc x\r\n\r\n",
        b"HTTP/1.1 200 x\r\n" + b"a: b\r\n" * 3000,
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
        answer(404, b"who?"),
    ):
        async with server(reply) as s:
            await fails(OSError, fetch(s))


async def test_nobody_listens():
    await fails(OSError, files.get("http://127.0.0.1:1/x", File(), Job(), 9))


async def test_other_schemes():
    for url in ("sftp://h/x", "file:///etc/passwd", "nonsense", ""):
        await fails(ValueError, files.get(url, File(), Job(), 9), "scheme")


async def test_a_newer_job_ends_it():
    job = Job()
    job.over = True
    async with server(answer(200, BIG)) as s:
        await fails(ValueError, fetch(s, job=job), "newer")


async def test_a_server_that_says_nothing():
    async def silent(server, reader, writer):
        await reader.readline()
        await asyncio.sleep_ms(60000)

    real = asyncio.wait_for

    def soon(coro, seconds):
        return real(coro, 0.2)

    asyncio.wait_for = soon
    try:
        async with Server(silent) as s:
            await fails(asyncio.TimeoutError, fetch(s))
    finally:
        asyncio.wait_for = real


async def test_memory_stays_as_it_is():
    async with server(answer(200, BIG)) as s:
        await fetch(s)
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(3):
            await files.get(http(s), File(), Job(), 1 << 20)
        gc.collect()
        assert gc.mem_alloc() - before < 4000


# -- the carrier


class Order(Job):
    name = "name.txt"
    since = until = result = None

    def __init__(self, order, url):
        self.order = order
        self.url = url


async def carried(job):
    app = App()
    carrier.start(app, job)
    assert job.order is None  # taken at once
    for _ in range(6000):
        await asyncio.sleep_ms(10)
        if job.result:
            return job.result
    raise AssertionError("nothing came of it")


async def test_diagnostics_are_sent_and_nothing_stays():
    seen = []
    async with server(answer(200), seen=seen) as s:
        result = await carried(Order("upload", http(s, "/dir/")))
    assert result[0] is True, result
    line, _, body = seen[0]
    assert line == "PUT /dir/name.txt HTTP/1.0"
    text = body.decode()
    assert "1.2.3" in text and "connector 1" in text and "AuthorizationKey" not in text
    assert "diagnostics.txt" not in os.listdir()
    for name in ("net.files", "net.http", "net.stream", "net.resolve", "tasks.carrier"):
        assert name not in sys.modules, name
    assert "console.cmd_diag" not in sys.modules


def test_only_the_lines_of_the_time_that_was_asked_for():
    job = Order("upload", "")
    line = "2027-01-15T08:00:00Z I SYS hello"
    assert carrier._within(line, job)
    job.since, job.until = 1800000000, 1800000000
    assert carrier._within(line, job)
    assert not carrier._within("2027-01-15T08:00:01Z I SYS hello", job)
    assert not carrier._within("2027-01-15T07:59:59Z I SYS hello", job)
    assert carrier._within("+0:00:07 I SYS hello", job)
    assert carrier._within("connector 1 Available", job)


async def test_an_upload_that_fails_says_why():
    async with server(answer(500)) as s:
        result = await carried(Order("upload", http(s)))
    assert result == (False, "HTTP status 500", False)
    assert "diagnostics.txt" not in os.listdir()
    result = await carried(Order("upload", "sftp://h/"))
    assert result == (False, "scheme sftp: expected http, https or ftp", True)


async def test_no_password_of_a_url_is_in_log_or_diagnostics():
    """The diagnostics hold the log; what failed before it went out is in there."""
    seen = []
    async with server(answer(500), answer(200), seen=seen) as s:
        url = "http://me:Top5ecret@127.0.0.1:%d/d/?token=Top5ecret" % s.port
        said = [await carried(Order("upload", url))]
        for order in ("upload", "download"):
            said.append(await carried(Order(order, "ftp://me:Top5ecret@127.0.0.1:1/x")))
        said.append(await carried(Order("upload", "http://me:Top5ecret%zz@127.0.0.1/x")))
        assert (await carried(Order("upload", url)))[0] is True
    assert [row[0] for row in said] == [False] * 4
    text = seen[1][2].decode()
    assert text.count(" OTA upload http://127.0.0.1") >= 2, text
    assert "Top5ecret" not in text + str(said)


def bundle(app):
    """The begin of an update for this station, up to where its signature is judged."""
    head = {"version": "9.0.0", "board": app.board.NAME, "kind": "files", "min": "1", "build": ""}
    head = json.dumps(head).encode()
    return b"GALVANI1" + bytes((0, len(head), 0, 1, 0, 1, 0, 0, 0, 1)) + head + b"cs" + b"m"


async def test_no_memory_for_an_update_is_said_and_nothing_stays():
    class Signer:
        @staticmethod
        async def check(app, bundle):
            raise MemoryError

    async with server(answer(200, bundle(App()) + bytes(99))) as s:
        for stub, expected in (
            (Signer, (False, "not enough memory beside the station", True)),
            (None, (False, "the time is not known: certificates cannot be judged", False)),
        ):
            if stub:
                sys.modules["ota.signer"] = stub
            assert await carried(Order("download", http(s))) == expected
            for name in ("ota.signer", "ota.place", "update.bundle", "net.files", "net.http"):
                assert name not in sys.modules, name

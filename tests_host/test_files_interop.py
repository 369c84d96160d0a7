"""Do files go to and come from servers of another hand, and does no server harm the station?

net/files.py on the 32-bit port against Starlette (HTTP, HTTPS), pyftpdlib and servers that stall,
cut, lie and refuse. S 4.4, 4.5, 5.9, 5.19; E 3.90.
"""

import json
import os
import ssl
import subprocess

import pytest

import file_servers
from test_ws_interop import certificate
from ws_peers import ROOT

# Does what a JSON file says, one attempt after the other with one job; prints what became of each.
CLIENT = """
import asyncio, gc, json, os, sys, time
sys.path[:0] = [%r, %r]
from net import files

class File:
    count = 0
    async def begin(self):
        open("got", "wb").close()
        self.count = 0
    async def write(self, data):
        with open("got", "ab") as f:
            f.write(data)
        self.count += len(data)

class Job:
    name = "name.txt"
    over = False
    mark = None
    have = 0

async def main(orders):
    said = []
    for order in orders:
        if order.get("fresh", True):
            sink = File()
        job = Job() if order.get("fresh", True) else job
        files.WAIT_S = order.get("wait", 30)
        gc.collect()
        start = gc.mem_alloc()
        try:
            if order["verb"] == "put":
                await files.put(order["url"], "out", job)
            else:
                await files.get(order["url"], sink, job, order.get("most", 1 << 20))
            said.append(["ok", ""])
        except Exception as e:
            said.append([type(e).__name__, str(e)])
        gc.collect()
        said[-1].append(job.have)
        said[-1].append(gc.mem_alloc() - start)
    return said

print(json.dumps(asyncio.run(main(json.load(open("orders"))))))
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))
OK = b"HTTP/1.1 200 OK\r\n"
DATA = bytes(range(256)) * 1200  # 307,200 bytes: three times what the heap holds


@pytest.fixture
def client(micropython32, tmp_path):
    """client(order, ..) does the orders in one process: [[kind, text, have, bytes kept], ..]."""
    folder = tmp_path / "station"
    folder.mkdir()
    (folder / "client.py").write_text(CLIENT)

    def run(*orders, data=DATA):
        (folder / "out").write_bytes(data)
        (folder / "orders").write_text(json.dumps(orders))
        done = subprocess.run(
            [micropython32, "-X", "heapsize=" + run.heap, "client.py"],
            cwd=folder,
            stdout=subprocess.PIPE,
            timeout=60,
        )
        return json.loads(done.stdout.splitlines()[-1])  # before it, what the log says

    run.folder = folder
    run.heap = "100k"
    run.got = lambda: (folder / "got").read_bytes()
    return run


def get(url, **more):
    return {"verb": "get", "url": url, **more}


def put(url, **more):
    return {"verb": "put", "url": url, **more}


@pytest.fixture
def shelf(tmp_path):
    """The server's folder, with a firmware in it."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "fw 2.bin").write_bytes(DATA)
    return folder


# -- real servers


def test_http_there_and_back(client, shelf):
    with file_servers.web(shelf) as url:
        said = client(
            get(url + "/fw%202.bin?x=1"),
            put(url + "/up/log.txt"),
            put(url + "/up/"),  # a folder: the file gets its own name
            put(url + "/post/posted"),  # knows POST alone
            get(url + "/nothing"),
        )
    assert [row[0] for row in said] == ["ok"] * 4 + ["OSError"]
    assert "404" in said[4][1]
    assert client.got() == DATA
    for name in ("log.txt", "name.txt", "posted"):
        assert (shelf / name).read_bytes() == DATA, name
    assert max(row[3] for row in said[1:]) < 6000  # nothing of the 300 KB is kept


def test_https_believes_its_root_alone_and_only_for_the_name(client, shelf, tmp_path):
    certificate(tmp_path, "localhost")
    certificate(tmp_path, "elsewhere")
    pem = (tmp_path / "localhost.pem").read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])
    (client.folder / "certs").mkdir()
    (client.folder / "certs/csms.der").write_bytes(der)
    client.heap = "200k"  # a context of this machine's mbedtls has 38 KB; the chip's has 1 KB
    with file_servers.web(shelf, tmp_path / "localhost.pem") as url:
        there = url.replace("127.0.0.1", "localhost")
        said = client(get(there + "/fw%202.bin"), put(there + "/up/l"), get(url + "/fw%202.bin"))
    assert [row[0] for row in said[:2]] == ["ok", "ok"] and said[2][0] != "ok", said
    assert client.got() == (shelf / "l").read_bytes() == DATA
    with file_servers.web(shelf, tmp_path / "elsewhere.pem") as url:
        (said,) = client(get(url.replace("127.0.0.1", "localhost") + "/fw%202.bin"))
    assert said[0] in ("ValueError", "OSError"), said


def test_ftp_there_and_back(client, shelf):
    (shelf / "logs").mkdir()
    with file_servers.ftp(shelf) as at:
        url = "ftp://me:p%40ss@" + at
        said = client(
            get(url + "/fw%202.bin"),
            put(url + "/logs/a.txt"),
            put(url + "/logs/"),
            get(url + "/nothing"),
            get("ftp://me:wrong@%s/fw%%202.bin" % at),
            get("ftp://%s/fw%%202.bin" % at),  # anonymous is not welcome there
            get(url + "/fw%0D%0ADELE%20x"),
        )
    assert [row[0] for row in said] == ["ok"] * 3 + ["ValueError"] * 4, said
    assert client.got() == DATA
    assert "550" in said[3][1] and "530" in said[4][1] and "wrong" not in said[4][1]
    for name in ("a.txt", "name.txt"):
        assert (shelf / "logs" / name).read_bytes() == DATA, name


def test_ftp_into_a_folder_without_its_slash(client, shelf):
    (shelf / "logs").mkdir()
    with file_servers.ftp(shelf) as at:
        (said,) = client(put("ftp://me:p%40ss@" + at + "/logs"))
    assert said[0] == "ok" and (shelf / "logs/name.txt").read_bytes() == DATA


def test_a_cut_http_download_asks_for_the_rest_of_the_same_file(client):
    head = OK + b'Content-Length: %d\r\nETag: "v2"\r\n\r\n' % len(DATA)
    cut = ("head", head, DATA[:100_000], 0.2, "cut")
    new = ("head", OK + b"Content-Length: 3\r\n\r\nnew")  # it has another one now
    with file_servers.script(cut, new) as (port, seen):
        url = "http://127.0.0.1:%d/fw%%202.bin" % port
        said = client(get(url), get(url, fresh=False))
    assert said[0][0] == "OSError" and 0 < said[0][2] <= 100_000
    assert b"Range: bytes=%d-" % said[0][2] in seen[1] and b'If-Range: "v2"' in seen[1]
    assert said[1][0] == "ok" and client.got() == b"new"


def _etag(url):
    import httpx

    return httpx.head(url + "/fw%202.bin").headers["etag"]


def test_http_goes_on_at_a_real_server(client, shelf):
    with file_servers.web(shelf) as url:
        url += "/fw%202.bin"
        client(get(url))
        mark = _etag(url.rpartition("/")[0])
        (client.folder / "got").write_bytes(DATA[:150_000])
        said = _resumed(client, url, 150_000, mark)
        assert said[0] == "ok" and client.got() == DATA
        # The file has changed meanwhile: all of it comes anew.
        (shelf / "fw 2.bin").write_bytes(b"changed" * 1000)
        (client.folder / "got").write_bytes(DATA[:5_000])
        said = _resumed(client, url, 5_000, mark)
        assert said[0] == "ok" and client.got() == b"changed" * 1000


def _resumed(client, url, have, mark):
    script = client.folder / "client.py"
    text = script.read_text()
    changed = text.replace("mark = None", "mark = %r" % mark).replace("have = 0", f"have = {have}")
    changed = changed.replace("count = 0\n    async", f"count = {have}\n    async")
    script.write_text(changed)
    try:
        return client(get(url))[0]
    finally:
        script.write_text(text)


def test_ftp_goes_on_if_the_file_is_the_same(client, shelf):
    with file_servers.ftp(shelf) as at:
        url = "ftp://me:p%40ss@" + at + "/fw%202.bin"
        os.utime(shelf / "fw 2.bin", (1_700_000_000, 1_700_000_000))
        mark = "%d 20231114221320" % len(DATA)
        # What is there differs from the server's file, to see that it was not fetched again.
        (client.folder / "got").write_bytes(b"\xff" * 150_000)
        assert _resumed(client, url, 150_000, mark)[0] == "ok"
        assert client.got() == b"\xff" * 150_000 + DATA[150_000:]
        os.utime(shelf / "fw 2.bin", (1_700_000_001, 1_700_000_001))
        (client.folder / "got").write_bytes(b"\xff" * 150_000)
        assert _resumed(client, url, 150_000, mark)[0] == "ok"
        assert client.got() == DATA


# -- hostile ones


def patience(kind):
    """Seconds that a step of the peer may take; short only where it never comes."""
    return 0.5 if kind == "TimeoutError" else 30


@pytest.mark.parametrize(
    "steps, kind, text",
    [
        (("head", "hold"), "TimeoutError", ""),  # no answer
        (("head", OK, "hold"), "TimeoutError", ""),  # half of a head
        (("head", OK + b"Content-Length: 9\r\n\r\n123", "hold"), "TimeoutError", ""),
        (("head", OK + b"Content-Length: 9\r\n\r\n123"), "OSError", "3 of 9"),
        (("head", OK + b"Content-Length: 9\r\n\r\n123", "cut"), "OSError", ""),
        (("head", OK + b"Content-Length: 3\r\n\r\n123456789"), "ok", ""),
        (("head", OK + b"Content-Length: -3\r\n\r\n1"), "OSError", "Content-Length"),
        (("head", OK + b"Content-Length: 9e9\r\n\r\n1"), "OSError", "Content-Length"),
        (("head", OK + b"Content-Length: 99999999999\r\n\r\n1"), "ValueError", "no room"),
        (("head", OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"), "OSError", ""),
        (("head", b"HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\n1"), "OSError", "another part"),
        (("head", b"HTTP/1.1 100 Go\r\n\r\n" + OK + b"\r\n123"), "ok", ""),
        (("cut",), "OSError", ""),
        (("head", b"SSH-2.0-x\r\n\r\n"), "OSError", "not HTTP"),
        (("head", b"a" * 9000), "OSError", "no answer"),
        (
            ("head", b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.2/x\r\n\r\n"),
            "ValueError",
            "another host",
        ),
        (
            ("head", b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/x\r\n\r\n"),
            "ValueError",
            "another host",
        ),
        (("head", b"HTTP/1.1 302 Go\r\nLocation: /x\r\n\r\n"), "ValueError", "too often"),
    ],
)
def test_http_servers_that_stall_cut_lie_and_refuse(client, steps, kind, text):
    with file_servers.script(steps) as (port, _):
        url = "http://127.0.0.1:%d/x" % port
        (said,) = client(get(url, wait=patience(kind)), data=b"")
    assert said[0] == kind and text in said[1], said


def test_a_server_that_drips_is_given_up(client):
    with file_servers.script(("head", OK + b"\r\n", *[b".", 0.05] * 40)) as (port, _):
        script = client.folder / "client.py"
        script.write_text(CLIENT.replace("async def main", _FAST + "async def main"))
        (said,) = client(get("http://127.0.0.1:%d/x" % port))
    assert said[0] == "OSError" and "in a minute" in said[1]


_FAST = """
import time
ticks = time.ticks_ms
files.ticks_ms = lambda: ticks() * 100 & 0x3FFFFFFF  # a minute in 600 ms
"""


def test_an_upload_that_is_refused_in_its_middle(client):
    refused = b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n"
    with file_servers.script(("head", refused, 0.3)) as (port, _):
        (said,) = client(put("http://127.0.0.1:%d/x" % port))
    assert said[0] == "OSError", said


@pytest.mark.parametrize(
    "steps, kind",
    [
        (("hold",), "TimeoutError"),
        ((b"220 hi\r\n", "line", "hold"), "TimeoutError"),
        ((b"SSH-2.0\r\n",), "OSError"),
        ((b"220-a\r\n" + b"220-b\r\n" * 100, "hold"), "OSError"),
        ((b"220-" + b"a" * 5000, "hold"), "OSError"),
        ((b"421 too many\r\n",), "OSError"),
        ((b"220 \xff\xfe\r\n", "line", b"530 no\r\n", "hold"), "ValueError"),
        (
            (b"220-a\r\n  220 b\r\n220 c\r\n", "line", b"230 in\r\n", "line", b"200 ok\r\n")
            + ("line", b"213 5\r\n", "line", b"500 what\r\n", "line", b"500 what\r\n")
            + ("line", b"227 Passive (127,0,0,1,300,x)\r\n", "hold"),
            "OSError",
        ),
    ],
)
def test_ftp_servers_that_are_none(client, steps, kind):
    with file_servers.script(steps) as (port, _):
        (said,) = client(get("ftp://127.0.0.1:%d/x" % port, wait=patience(kind)))
    assert said[0] == kind, said


def test_ftp_data_never_comes_from_another_host(client):
    """A server that names another machine's address for the data is not believed (RFC 2577)."""
    with file_servers.script((b"elsewhere", "hold")) as (data, _):
        steps = (b"220 hi\r\n", "line", b"230 in\r\n", "line", b"200 ok\r\n")
        steps += ("line", b"213 9\r\n", "line", b"213 20200101000000\r\n", "line", b"500 no\r\n")
        address = "227 Passive (10,1,2,3,%d,%d).\r\n" % (data >> 8, data & 255)
        steps += ("line", address.encode(), "line", b"150 comes\r\n", b"226 done\r\n", "hold")
        with file_servers.script(steps) as (port, _):
            (said,) = client(get("ftp://127.0.0.1:%d/x" % port, wait=30))
    assert said[0] == "ok" and client.got() == b"elsewhere"

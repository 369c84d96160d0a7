"""Is every way in which a WebSocket connection cannot be opened told apart?"""
# heapsize: 32m

import gc
import os
import socket

from ws_server import Server, answers, fast_clock, real_clock, sends, silent, sleep_ms

from net.websocket import WSError, ws_connect


def setup():
    fast_clock()


def teardown():
    real_clock()
    gc.collect()


async def refusal(script, **options):
    """The WSError that connecting to this server raises."""
    async with Server(script) as server:
        try:
            await ws_connect(server.url, **options)
        except WSError as e:
            return e
    raise AssertionError("connected")


async def test_the_request_carries_path_subprotocol_and_headers_as_given():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"", b"Sec-WebSocket-Protocol: ocpp1.6\r\n")

    async with Server(script) as server:
        headers = {"Authorization": "Basic Q1A6c2VjcmV0"}
        ws = await ws_connect(server.url, protocols=("ocpp1.6",), headers=headers)
        assert ws.protocol == "ocpp1.6"
        lines = server.head.split(b"\r\n")
        assert lines[0] == b"GET /CP%201?a=b HTTP/1.1"
        assert b"Authorization: Basic Q1A6c2VjcmV0" in lines
        assert b"Sec-WebSocket-Protocol: ocpp1.6" in lines
        await ws.close()


async def test_http_refusals_are_told_apart():
    for status in (401, 403, 404, 500, 200):
        e = await refusal(answers(b"HTTP/1.1 %d Because\r\nA: b\r\n\r\nbody" % status))
        assert (e.why, e.status) == ("http", status)
        assert isinstance(e, OSError)
        assert "Because" in str(e)


async def test_a_redirect_is_refused_and_said_so():
    e = await refusal(answers(b"HTTP/1.1 301 x\r\nLocation: ws://other/\r\n\r\n"))
    assert (e.why, e.status) == ("redirect", 301)
    assert "ws://other/" in str(e)


async def test_a_wrong_accept_key_is_refused():
    e = await refusal(
        answers(
            b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        )
    )
    assert (e.why, e.status) == ("accept", 101)


async def test_a_missing_subprotocol_is_refused():
    e = await refusal(sends(), protocols=("ocpp1.6",))
    assert (e.why, e.status) == ("protocol", 101)


async def test_garbage_an_endless_head_and_an_early_end_are_refused():
    assert (await refusal(answers(b"SSH-2.0-x\r\nA: b\r\n\r\n"))).why == "response"
    assert (await refusal(answers(b"\x00\xff" * 100))).why == "lost"
    assert (await refusal(answers(b"HTTP/1.1 101 x\r\n" + b"a: b\r\n" * 3000))).why == "response"
    assert (await refusal(answers(b"HTTP/1.1 101 x\r\nUpgr"))).why == "lost"
    assert (await refusal(answers(b""))).why == "lost"


async def test_a_server_that_does_not_answer_is_given_up():
    async def script(server, reader, writer):
        await sleep_ms(900)

    e = await refusal(script, connect_timeout_s=0.1)
    assert (e.why, e.status) == ("timeout", 0)


async def test_nobody_there_is_connect_and_no_such_name_is_dns():
    for url, why in (("ws://127.0.0.1:9/", "connect"), ("ws://" + "x" * 64 + "/", "dns")):
        try:
            await ws_connect(url)
            raise AssertionError(url)
        except WSError as e:
            assert e.why == why


async def test_an_address_given_is_used_instead_of_the_name():
    async with Server(sends()) as server:
        url = "ws://no.such.name.invalid:1/"
        ws = await ws_connect(url, address=("127.0.0.1", server.port))
        assert b"Host: no.such.name.invalid:1\r\n" in server.head
        await ws.close()


async def test_every_address_of_a_name_is_tried():
    import net.ws_open as opening

    async with Server(sends()) as server:
        rows = socket.getaddrinfo("127.0.0.1", 9, 0, socket.SOCK_STREAM)
        rows += socket.getaddrinfo("127.0.0.1", server.port, 0, socket.SOCK_STREAM)
        opening.stream.socket = _Socket(rows)
        before = sockets()
        ws = await ws_connect("ws://two.addresses/")  # forgets the module it has used
        assert server.connections == 1
        assert sockets() == before + 2  # both ends of one connection
        await ws.close()


def sockets():
    """How many files and sockets this process has open."""
    gc.collect()
    return len([1 for _ in os.ilistdir("/proc/self/fd")])


class _Socket:
    """The module socket with another look-up."""

    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket

    def __init__(self, rows):
        self.rows = rows

    def getaddrinfo(self, *args):
        return self.rows


async def test_wss_without_a_context_and_a_wrong_url_are_value_errors():
    for url in ("wss://127.0.0.1/", "http://127.0.0.1/", "ws://a b/"):
        try:
            await ws_connect(url)
            raise AssertionError(url)
        except ValueError:
            pass


async def test_a_failed_opening_leaves_no_socket_behind():
    async with Server(silent) as server:
        before = sockets()
        for url in (server.url, "ws://127.0.0.1:9/") * 3:
            try:
                ws = await ws_connect(url, protocols=("x",), connect_timeout_s=0.1)
                await ws.close()
            except WSError:
                pass
        server.writer.s.close()
        await sleep_ms(50)
        assert sockets() <= before + 3  # those that the server holds open until it looks again

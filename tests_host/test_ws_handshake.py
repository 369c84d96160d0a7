"""Is the opening handshake that of RFC 6455, and is every wrong answer told apart?"""

import pytest

from ws import answer as answers
from ws import handshake, head
from ws.frames import Reader
from ws_peers import accept

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = (
    "HTTP/1.1 101 Switching Protocols\r\nServer: x\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
)


def answer(text, step=512):
    """Feed an answer in pieces; return what was found and what is left in the buffer."""
    reader, found, data = Reader(), {}, text.encode("latin-1")
    while data:
        room = reader.room()
        count = min(step, len(room), len(data))
        room[:count] = data[:count]
        reader.received(count)
        data = data[count:]
        if head.feed(reader, found):
            return found, bytes(reader.rx[reader.pos : reader.end]) + data
    return None, b""


def verdict(text, protocols=()):
    return answers.verdict(answer(text + "\r\n")[0], KEY, protocols)


@pytest.mark.parametrize(
    "url, parts",
    [
        ("ws://h", (False, "h", 80, "/")),
        ("wss://h", (True, "h", 443, "/")),
        ("WSS://h", (True, "h", 443, "/")),
        ("Ws://H/P", (False, "H", 80, "/P")),
        ("ws://h:9000/a/b", (False, "h", 9000, "/a/b")),
        ("ws://h/ocpp/CP%20%2F1", (False, "h", 80, "/ocpp/CP%20%2F1")),
        ("ws://h?x=1&y=a:b", (False, "h", 80, "/?x=1&y=a:b")),
        ("wss://[::1]:8443/a", (True, "::1", 8443, "/a")),
        ("ws://[fe80::1]", (False, "fe80::1", 80, "/")),
        ("ws://h/a@b", (False, "h", 80, "/a@b")),
    ],
)
def test_a_url_is_taken_apart_and_its_path_kept(url, parts):
    assert handshake.split_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        *("http://h/", "h", "ws://", "ws:///a", "ws://:80/", "ws://h:0/", "ws://h:65536/"),
        *("ws://h:x/", "ws://u:p@h/", "ws://h/a b", "ws://h/\r\nX: y", "ws://h/#f", "ws://h/é"),
    ],
)
def test_a_wrong_url_is_a_value_error(url):
    with pytest.raises(ValueError):
        handshake.split_url(url)


def test_the_request_has_all_that_the_standard_wants():
    """J 3.1.2."""
    headers = {"Authorization": "Basic QUI6Q0Q="}
    raw = handshake.request(False, "h", 9000, "/CP%201", KEY, ("ocpp1.6", "x"), headers)
    lines = raw.decode().split("\r\n")
    assert lines[0] == "GET /CP%201 HTTP/1.1"
    assert lines[-2:] == ["", ""]
    assert sorted(lines[1:-2]) == [
        "Authorization: Basic QUI6Q0Q=",
        "Connection: Upgrade",
        "Host: h:9000",
        "Sec-WebSocket-Key: " + KEY,
        "Sec-WebSocket-Protocol: ocpp1.6, x",
        "Sec-WebSocket-Version: 13",
        "Upgrade: websocket",
    ]


@pytest.mark.parametrize(
    "secure, host, port, expected",
    [
        (False, "h", 80, "Host: h\r"),
        (True, "h", 443, "Host: h\r"),
        (True, "h", 80, "Host: h:80\r"),
        (False, "::1", 9000, "Host: [::1]:9000\r"),
    ],
)
def test_the_host_header_names_only_an_unusual_port(secure, host, port, expected):
    assert expected in handshake.request(secure, host, port, "/", KEY, (), None).decode()


def test_a_header_cannot_smuggle_in_a_line():
    with pytest.raises(ValueError):
        handshake.request(False, "h", 80, "/", KEY, (), {"A": "b\r\nC: d"})


def test_a_key_is_24_characters_of_base64():
    assert handshake.new_key(b"the sample nonce") == KEY


@pytest.mark.parametrize("step", [1, 2, 7, 512])
def test_the_head_may_come_in_any_pieces_and_what_follows_stays(step):
    found, rest = answer(GOOD + "\r\n\x81\x02hi", step)
    assert answers.verdict(found, KEY, ()) == (None, 101, None)
    assert rest == b"\x81\x02hi"


def test_names_and_tokens_are_compared_without_case_and_lists_are_searched():
    text = GOOD.replace("Upgrade: websocket", "UPGRADE:   WebSocket ")
    text = text.replace("Connection: Upgrade", "connection: keep-alive, uPGRADE")
    assert verdict(text) == (None, 101, None)


def test_the_subprotocol_chosen_is_told():
    """J 3.1.2."""
    text = GOOD + "Sec-WebSocket-Protocol: ocpp1.6\r\n"
    assert verdict(text, ("ocpp2.0.1", "ocpp1.6")) == (None, 101, "ocpp1.6")


@pytest.mark.parametrize("chosen", [None, "ocpp1.5", "OCPP1.6", "ocpp1.6, ocpp2.0.1", ""])
def test_a_subprotocol_that_was_not_offered_or_none_is_refused(chosen):
    """J 3.2."""
    text = GOOD + ("" if chosen is None else f"Sec-WebSocket-Protocol: {chosen}\r\n")
    assert verdict(text, ("ocpp1.6", "ocpp2.0.1"))[:2] == ("protocol", 101)


def test_a_subprotocol_nobody_asked_for_is_refused():
    """J 3.2."""
    assert verdict(GOOD + "Sec-WebSocket-Protocol: ocpp1.6\r\n")[0] == "protocol"


@pytest.mark.parametrize(
    "line, instead, why",
    [
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 401 Unauthorized", ("http", 401)),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.0 404 Not Found", ("http", 404)),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 503", ("http", 503)),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 200 OK", ("http", 200)),
        ("HTTP/1.1 101 Switching Protocols", "SSH-2.0-OpenSSH_9.2", ("response", 0)),
        ("HTTP/1.1 101 Switching Protocols", "", ("response", 0)),
        ("HTTP/1.1 101 Switching Protocols", "ICY 101 x", ("response", 0)),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/2 101 x", ("response", 0)),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 1x1 a", ("response", 0)),
        ("Upgrade: websocket", "Upgrade: h2c", ("response", 101)),
        ("Upgrade: websocket", "X: y", ("response", 101)),
        ("Connection: Upgrade", "Connection: close", ("response", 101)),
        ("Connection: Upgrade", "X: y", ("response", 101)),
        ("Sec-WebSocket-Accept: s3", "Sec-WebSocket-Accept: S3", ("accept", 101)),
        ("Sec-WebSocket-Accept", "X-Accept", ("accept", 101)),
        ("Server: x", "Sec-WebSocket-Extensions: permessage-deflate", ("response", 101)),
    ],
)
def test_each_wrong_answer_has_its_name(line, instead, why):
    assert line in GOOD
    assert verdict(GOOD.replace(line, instead))[:2] == why


def test_a_redirect_is_refused_and_says_where_to():
    text = "HTTP/1.1 302 Found\r\nLocation: wss://elsewhere/\x07\r\n"
    assert verdict(text) == ("redirect", 302, "wss://elsewhere/?")


def test_an_accept_header_given_twice_is_refused():
    line = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    assert verdict(GOOD + line)[0] == "accept"


def test_long_headers_are_skipped_and_do_not_hide_the_others():
    text = GOOD.replace("Server: x", "Cookie: " + "y" * 3000)
    assert verdict(text) == (None, 101, None)


def test_an_endless_head_is_refused_whether_it_has_lines_or_not():
    with pytest.raises(ValueError):
        answer("HTTP/1.1 101 x\r\n" + "A: b\r\n" * 2000)
    with pytest.raises(ValueError):
        answer("x" * 10000)


@pytest.mark.parametrize("line", [" folded: x", "no colon", ": no name", "\tx: y"])
def test_a_malformed_header_is_refused(line):
    with pytest.raises(ValueError):
        answer("HTTP/1.1 101 x\r\n" + line + "\r\n\r\n")


def test_the_oracle_of_these_tests_is_that_of_the_standard():
    assert accept(KEY.encode()) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

"""Does the echo client behave at every case that the Autobahn TestSuite puts to a client?

The cases of sections 1 to 7, 9 and 10 as one table, played by a server of our own against
tools/ws_echo.py on the Unix ports (half of the cases on each). docs/websocket.md says how the
suite itself, which needs Python 2, is run; this file guards its result from day to day.
"""

import asyncio
import random

import pytest

from ws_peers import BINARY, CLOSE, PING, PONG, TEXT, close_frame, frame, run_echo

GREEK = "Hello-µ@ßöäüàá-UTF-8!! κόσμε \U0001f50c".encode()
# Autobahn 6.6 to 6.23 in short: boundaries of every length, then what no strict decoder lets pass.
VALID = [b"\x00", b"\x7f", b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xef\xbf\xbf"]
VALID += [b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xee\x80\x80"]
VALID += [b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xf0\x9f\xbf\xbe", b"\xf4\x8f\xbf\xbe"]
INVALID = [b"\x80", b"\xbf", b"\x80\xbf\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf"]
INVALID += [b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf"]
INVALID += [b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf"]
INVALID += [b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xfe"]
INVALID += [b"\xff", b"\xc0 ", b"\xe0 ", b"\xf0 ", b"\xfc ", b"\xce", b"\xe2\x82", b"\xf0\x9f\x94"]
INVALID += [
    b"\xed\xa0",
    b"\xf4\x90",
    b"ok\xc3(",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80edited",
]

CASES = {}


def case(name, sent, back=(), code=1000, chop=0):
    """Note a case: bytes sent (a list: with a pause between), frames expected back, close code.

    code 1000: the server closes then and the client answers; else the client closes with it.
    """
    assert name not in CASES
    CASES[name] = (sent if isinstance(sent, list) else [sent], list(back), code, chop)


def _lengths():
    for size in (0, 125, 126, 127, 128, 65535, 65536):
        for opcode in (TEXT, BINARY):
            data = b"*" * size if opcode == TEXT else b"\xfe" * size
            case(f"1 {size} bytes, opcode {opcode}", frame(opcode, data), [(opcode, data)])
    data = b"*" * 65536
    case("1 in pieces of 997", frame(TEXT, data), [(TEXT, data)], chop=997)


def _pings():
    for data in (b"", b"hi", b"\x00\xff\xfe", b"\xfe" * 125):
        case(f"2 ping of {data[:3]}, {len(data)}", frame(PING, data), [(PONG, data)])
    case("2 ping octet by octet", frame(PING, b"\xfe" * 125), [(PONG, b"\xfe" * 125)], chop=1)
    case("2 ping of 126", frame(PING, b"\xfe" * 126), code=1002)
    case("2 unasked pong", frame(PONG, b"x") + frame(PING, b"y"), [(PONG, b"y")])
    ten = [b"payload-%d" % i for i in range(10)]
    case("2 ten pings", b"".join(frame(PING, p) for p in ten), [(PONG, p) for p in ten])


def _reserved():
    hello = frame(TEXT, b"Hello")
    for rsv in range(1, 8):
        case(f"3 rsv {rsv}", hello + frame(TEXT, b"x", rsv=rsv), [(TEXT, b"Hello")], 1002)
    case("3 rsv in pieces", hello + frame(PING, rsv=4), [(TEXT, b"Hello")], 1002, chop=1)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        bad = frame(opcode, b"x") + frame(PING)
        case(f"4 opcode {opcode}", hello + bad, [(TEXT, b"Hello")], 1002)


def _fragments():
    one, two = frame(TEXT, b"one", fin=False), frame(0, b"two")
    case("5 ping in two", frame(PING, b"a", fin=False) + frame(0, b"b"), code=1002)
    case("5 pong in two", frame(PONG, b"a", fin=False) + frame(0, b"b"), code=1002)
    case("5 two fragments", one + two, [(TEXT, b"onetwo")])
    case("5 two fragments, octets", one + two, [(TEXT, b"onetwo")], chop=1)
    between = one + frame(PING, b"p") + two
    case("5 a ping between", between, [(PONG, b"p"), (TEXT, b"onetwo")])
    case("5 a ping between, octets", between, [(PONG, b"p"), (TEXT, b"onetwo")], chop=1)
    case("5 a ping between, later", [one, frame(PING), two], [(PONG, b""), (TEXT, b"onetwo")])
    for fin in (True, False):
        lost = frame(0, b"lost", fin=fin) + frame(TEXT, b"Hello")
        case(f"5 continuation of nothing, fin {fin}", lost, code=1002)
        case(f"5 the same, octets, fin {fin}", lost, code=1002, chop=1)
    case("5 continuation after a message", one + two + lost, [(TEXT, b"onetwo")], 1002)
    case("5 a message in a message", one + frame(TEXT, b"two"), code=1002)
    parts, pings = [one], [(PONG, b"0"), (PONG, b"1")]
    for i in (0, 1):
        parts += [frame(0, b"-", fin=False), frame(PING, b"%d" % i)]
    case("5 many parts and pings", [*parts, two], [*pings, (TEXT, b"one--two")])


def _texts():
    case("6 empty", frame(TEXT), [(TEXT, b"")])
    empty = frame(TEXT, fin=False) + frame(0, fin=False) + frame(0)
    case("6 empty fragments", empty, [(TEXT, b"")])
    case("6 greek", frame(TEXT, GREEK), [(TEXT, GREEK)])
    case("6 greek, octets", frame(TEXT, GREEK), [(TEXT, GREEK)], chop=1)
    letters = [frame(0 if i else TEXT, GREEK[i : i + 1], fin=False) for i in range(len(GREEK))]
    case("6 greek, a frame an octet", b"".join(letters) + frame(0), [(TEXT, GREEK)])
    bad = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"
    case("6.4.1 fails in the fragment", [frame(TEXT, bad[:15], fin=False)], code=1007)
    case("6.4.2 fails at the octet", [frame(TEXT, bad[:13], fin=False)], code=1007)
    case("6.4.3 fails inside a frame", [frame(TEXT, bad[:15], length=21)], code=1007)
    case("6.4.4 fails inside, octets", [frame(TEXT, bad[:13], length=21)], code=1007, chop=1)
    for data in VALID:
        case(f"6 valid {data.hex()}", frame(TEXT, data), [(TEXT, data)])
    for data in INVALID:
        case(f"6 invalid {data.hex()}", frame(TEXT, data), code=1007)


def _closes():
    hello, back = frame(TEXT, b"Hello"), [(TEXT, b"Hello")]
    case("7 message, close", hello, back)
    case("7 two closes", hello + close_frame(1000) + close_frame(1000), back, -1000)
    case("7 close, ping", close_frame(1000) + frame(PING), code=-1000)
    case("7 close, text", close_frame(1000) + hello, code=-1000)
    part = frame(TEXT, b"a", fin=False)
    case("7 part, close, part", part + close_frame(1000) + frame(0, b"b"), code=-1000)
    big = frame(TEXT, b"BAsd7&jh23" * 26000)
    case("7 260 KB, close", big + close_frame(1000), [(TEXT, b"BAsd7&jh23" * 26000)], -1000)
    case("7 no code", close_frame(), code=None)
    case("7 one byte", frame(CLOSE, b"a"), code=1002)
    case("7 a reason", close_frame(1000, b"Hello World!"), code=-1000)
    case("7 longest reason", close_frame(1000, b"*" * 123), code=-1000)
    case("7 reason too long", close_frame(1000, b"*" * 124), code=1002)
    case("7 bad reason", close_frame(1000, b"\xce\xba\xed\xa0\x80"), code=1007)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        case(f"7 code {code}", close_frame(code), code=-code)
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535):
        case(f"7 bad code {code}", close_frame(code), code=1002)


def _sizes():
    rng = random.Random(9)
    text = bytes(rng.choices(b"abcdefghij \n", k=1 << 12)) * 256
    case("9 text of 1 MiB", frame(TEXT, text), [(TEXT, text)])
    case("9 binary of 1 MiB", frame(BINARY, text), [(BINARY, text)])
    parts = [text[i : i + 256] for i in range(0, 1 << 18, 256)]
    stream = b"".join(frame(0 if i else TEXT, p, fin=False) for i, p in enumerate(parts))
    case("9 in frames of 256", stream + frame(0), [(TEXT, text[: 1 << 18])])
    case("9 chopped to 2 KiB", frame(TEXT, text), [(TEXT, text)], chop=2048)
    case("9 a thousand messages", frame(TEXT, text[:64]) * 1000, [(TEXT, text[:64])] * 1000)
    case("10 auto-fragment", frame(TEXT, text[:65536]), [(TEXT, text[:65536])], chop=1300)


for section in (_lengths, _pings, _reserved, _fragments, _texts, _closes, _sizes):
    section()


async def play(peer, sent, back, code, chop):
    """Be the server of one case."""
    await peer.handshake()
    for i, data in enumerate(sent):
        if i:
            await asyncio.sleep(0.02)
        for start in range(0, len(data), chop or len(data)):
            peer.writer.write(data[start : start + (chop or len(data))])
            if chop:
                await peer.writer.drain()
                await asyncio.sleep(0)
    if code == 1000:
        for expected in back:
            assert await peer.frame() == expected
        peer.writer.write(close_frame(1000))
        back = []
    assert await peer.frames_until_close() == (back, abs(code) if code else None)
    # The client leaves the end of TCP to the server, and sends nothing after its close.
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.005):
            await peer.reader.read(1)


@pytest.mark.parametrize("name", CASES)
def test_case(name, request):
    bits = 64 if list(CASES).index(name) % 2 else 32
    binary = request.getfixturevalue(f"micropython{bits}")
    assert asyncio.run(run_echo(binary, lambda peer: play(peer, *CASES[name]))) == 0

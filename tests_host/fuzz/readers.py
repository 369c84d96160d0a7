"""Which readers take what comes from outside, what may they raise, and what must hold after each?

Runs on MicroPython. READERS: name: (function(data), exceptions that are an answer, bytes that one
input may ask of the heap at most, and for each of its own bytes). A function checks what has to
hold with assert. Garbage counts as well as what is kept, so a bound is one of the peak, too; for
what works with files and commands (0) the heap of the run is the bound.
"""

from fuzz import beside, stands

NOTHING = ()


def steps(coroutine):
    """Run a coroutine that waits for nothing."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


# -- the line to the central system


def websocket(data):
    """Frames in pieces of any length (RFC 6455)."""
    from ws import frames

    reader = frames.Reader(2000, data[:1] < b"\x80")
    at = 0
    piece = 1 + len(data) % 61
    while at < len(data):
        room = reader.room()
        assert len(room)
        count = min(len(room), piece, len(data) - at)
        room[:count] = data[at : at + count]
        at += count
        reader.received(count)
        while True:
            event = reader.poll()
            if not event:
                break
            assert event != frames.TEXT or len(reader.data.encode()) <= 2000
            assert event != frames.BINARY or len(reader.data) <= 2000
            if event in (frames.CLOSE, frames.ERROR):
                return


def opening(data):
    """The answer to the opening handshake."""
    from ws import answer, frames, head

    reader = frames.Reader(2000)
    found = {}
    at = 0
    while at < len(data):
        room = reader.room()
        count = min(len(room), len(data) - at)
        room[:count] = data[at : at + count]
        at += count
        reader.received(count)
        if head.feed(reader, found):
            why, status, _ = answer.verdict(found, "dGhlIHNhbXBsZSBub25jZQ==", ("ocpp1.6",))
            assert why is not None or status == 101
            return


def rpc(data):
    """A text message of OCPP-J, known actions and others."""
    from ocppj import rpc as j
    from ocppj.v16.heard import BLOB

    one = j.Rpc(BLOB, "p")
    one.pending = ("p-1", "BootNotification")
    kind, message_id, _, payload, detail = one.receive(stands.text(data), 0)
    assert j.IGNORED <= kind <= j.INVALID
    if kind == j.CALL:
        assert isinstance(payload, dict) and one.serving == [message_id]
    elif kind == j.REFUSED:
        assert detail[:3] == "[4," and detail[-1] == "]" and len(detail) < 2000
    one.oversize(data[:128], len(data), 0)


def alert(data):
    """What a TLS server said to a greeting."""
    from net import alert as reader

    assert reader.verdict(data) in ("", "hello", "version", "suite")


# -- certificates


def certificate(data):
    """X.509, and what is asked of it."""
    from security import x509

    one = x509.Certificate(data)
    str(one)
    for name in (one.subject, one.issuer):
        x509.attribute(name, x509.O)
    assert one.kind in ("EC", "RSA") and len(one.key) and len(one.signature) >= 0


def pem(data):
    """A PEM text."""
    from security import pem as reader

    found = reader.decode(stands.text(data))
    assert 0 < len(found) <= 8


def key(data):
    """A key of the station, read back."""
    from security import request

    assert len(request.read_key(data)[0]) == 32


def spki(data):
    """A public key."""
    from security import signature

    signature.public_key(data)


# -- files


def bundle(data):
    """An update."""
    from update import bundle as reader

    place = stands.Place()
    one = reader.Bundle(place)
    view = memoryview(data)
    at = 0
    while at < len(data) and one.state != reader.OVER:
        at += one.feed(view[at : at + 300])
        if one.state == reader.DUE:
            assert not place.count
            one.accept()


def url(data):
    """Where a file is."""
    import location

    for scheme in ("http://", "ftp://", ""):
        try:
            parts = location.parse(scheme + stands.text(data))
        except ValueError:
            continue
        assert 0 < parts[4] < 65536 and parts[5][:1] == "/" and parts[3]


def csms_url(data):
    """Where the central system is."""
    from ws import handshake

    secure, host, port, path = handshake.split_url(stands.text(data))
    assert host and 0 < port < 65536 and path[0] == "/"


def http(data):
    """The head of an HTTP answer, its length and where it sends us."""
    from net import http as reader

    status, fields, _ = steps(reader._head(stands.Stream(data)))
    assert 200 <= status < 1000
    assert (reader._length(fields) or 0) >= 0
    where = ("http", None, None, "files.example", 80, "/a/b")
    new = reader._redirected(where, fields.get("location") or "/")
    assert new[3].lower() == "files.example" and new[5][:1] == "/"


def ftp(data):
    """Replies of an FTP server."""
    from net import ftp as reader

    one = reader._Control()
    one.rest = b""
    one.stream = stands.Stream(data)
    for what in ("user", "EPSV", "SIZE"):
        code, rest = steps(one.reply(what))
        assert code < 400 and isinstance(rest, str)


def dns(data):
    """The answer of a name server."""
    from net import resolve

    found = resolve._answer(data)
    assert found is None or 0 <= found[0] <= 86400 and found[1].count(".") == 3


def sntp(data):
    """The answer of a time server."""
    from net import timesync

    found = timesync.told(data, b"COOKIE78", 100, 1790000000)
    assert found is None or found > 1790000000 - 86401


def _invalid():
    from security import Invalid

    return (Invalid,)


def _refused():
    from update.bundle import Refused

    return (Refused,)


_OS = (OSError, ValueError)
READERS = {
    "websocket": (websocket, lambda: NOTHING, 8000, 80),
    "opening": (opening, lambda: (ValueError,), 8000, 80),
    "rpc": (rpc, lambda: NOTHING, 16000, 160),
    "alert": (alert, lambda: NOTHING, 8000, 0),
    "certificate": (certificate, _invalid, 20000, 16),
    "pem": (pem, _invalid, 8000, 64),
    "key": (key, _invalid, 8000, 4),
    "spki": (spki, _invalid, 8000, 4),
    "bundle": (bundle, _refused, 9000, 24),
    "url": (url, lambda: NOTHING, 8000, 300),
    "csms_url": (csms_url, lambda: (ValueError,), 8000, 120),
    "http": (http, lambda: _OS, 8000, 80),
    "ftp": (ftp, lambda: _OS, 8000, 80),
    "dns": (dns, lambda: NOTHING, 8000, 24),
    "sntp": (sntp, lambda: NOTHING, 8000, 0),
    "plc": (beside.plc, lambda: NOTHING, 8000, 24),
    "rivot": (beside.rivot, lambda: NOTHING, 8000, 16),
    "maxwell": (beside.maxwell, lambda: NOTHING, 8000, 16),
    "modbus": (beside.modbus, lambda: NOTHING, 9000, 8),
    "slcan": (beside.slcan, lambda: NOTHING, 9000, 8),
    "card": (beside.card, lambda: NOTHING, 8000, 120),
    "config": (beside.config, lambda: NOTHING, 0, 0),
    "console": (beside.console, lambda: NOTHING, 0, 0),
    "machine": (beside.machine, lambda: NOTHING, 0, 0),
    "page": (beside.page, lambda: NOTHING, 0, 0),
    "record": (beside.record, lambda: NOTHING, 8000, 80),
    "date": (beside.date, lambda: NOTHING, 8000, 120),
}

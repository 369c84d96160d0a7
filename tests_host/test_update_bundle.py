"""Is what arrives as an update whole, signed and for this station? lib/update/bundle.py"""

import hashlib
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from update.bundle import DUE, OVER, Bundle, Refused, judge, number

HEAD = {"version": "1.2.0", "board": "UNIX", "kind": "files", "min": "1.0", "build": "abc"}
FILES = {"main.mpy": b"M" * 300, "lib/a/b.mpy": b"", "lib/c.mpy": bytes(range(256))}


def manifest(files):
    lines = [f"{p} {len(d)} {hashlib.sha256(d).hexdigest()}\n" for p, d in files.items()]
    return "".join(lines).encode()


def bundle(files=FILES, head=HEAD, lines=None, contents=None, signature=b"S" * 70, magic=None):
    head = json.dumps(head).encode() if isinstance(head, dict) else head
    lines = manifest(files) if lines is None else lines
    contents = b"".join(files.values()) if contents is None else contents
    sizes = struct.pack(">HHHI", len(head), 5, len(signature), len(lines))
    return (magic or b"GALVANI1") + sizes + head + b"CERTS" + signature + lines + contents


class Shelf:
    """Keeps files in memory, as a place does."""

    def __init__(self):
        self.files = {}
        self.manifest = b""
        self.now = None

    def note(self, data):
        assert self.now is None and not self.files
        self.manifest += data

    def lines(self):
        return iter(self.manifest.splitlines(keepends=True))

    def open(self, path, size):
        assert self.now is None
        self.now = path
        self.files[path] = b""

    def write(self, data):
        self.files[self.now] += data

    def close(self):
        self.now = None


def take(data, step=1 << 20, accept=True):
    """Feed it in pieces; (shelf, bundle)."""
    shelf = Shelf()
    one = Bundle(shelf)
    for start in range(0, len(data), step):
        view = memoryview(data)[start : start + step]
        while view:
            count = one.feed(view)
            view = view[count:]
            if one.state == DUE:
                assert not shelf.files
                if not accept:
                    return shelf, one
                one.accept()
            elif not count:
                break
    return shelf, one


def test_a_bundle():
    shelf, one = take(bundle())
    assert shelf.files == FILES and one.state == OVER
    assert one.head == HEAD and one.certificates == b"CERTS" and one.signature == b"S" * 70
    text = json.dumps(HEAD).encode() + manifest(FILES)
    assert one.digest == hashlib.sha256(text).digest()
    one.end()


@pytest.mark.parametrize("step", [1, 2, 3, 7, 17, 64, 255, 1024])
def test_it_may_come_in_any_pieces(step):
    shelf, one = take(bundle(), step)
    assert shelf.files == FILES and one.state == OVER


def test_nothing_is_taken_before_the_signature_is_good():
    shelf, one = take(bundle(), accept=False)
    assert one.state == DUE and not shelf.files


def test_every_cut_is_seen():
    data = bundle()
    for size in range(len(data)):
        _, one = take(data[:size], 64)
        with pytest.raises(OSError, match="not whole"):
            one.end()


def test_what_follows_is_left():
    shelf, one = take(bundle() + b"more", 100)
    assert shelf.files == FILES and one.state == OVER


def test_every_changed_byte_is_noticed():
    """In head and manifest by the digest that is signed, in the contents by their hashes."""
    data = bundle()
    digest = take(data)[1].digest
    for at in range(len(data)):
        wrong = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        try:
            shelf, one = take(wrong)
            one.end()
        except (Refused, OSError):
            continue
        same = (one.digest, one.certificates, one.signature) == (digest, b"CERTS", b"S" * 70)
        assert not same, at


@pytest.mark.parametrize(
    "data, why",
    [
        (bundle(magic=b"GALVANI2"), "no update of this kind"),
        (bundle(magic=b"PK\3\4\0\0\0\0"), "no update of this kind"),
        (bundle(head=b"[]"), "no JSON object"),
        (bundle(head=b"{"), "no JSON object"),
        (bundle(head=b"{}"), "head, version"),
        (bundle(head={**HEAD, "min": 1}), "head, min"),
        (bundle(head=b" " * 1025), "part of 1025 bytes"),
        (bundle(signature=b""), "part of 0 bytes"),
        (bundle(signature=b"x" * 513), "part of 513 bytes"),
        (bundle(lines=b"\n"), "expected path, size"),
        (bundle(lines=b"../a 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a/../b 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"/a 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a//b 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a -1 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a x " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a 0 " + b"0" * 63 + b"\n"), "expected path, size"),
        (bundle(lines=b"a\xff 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a~b 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"x" * 81 + b" 0 " + b"0" * 64 + b"\n"), "expected path, size"),
        (bundle(lines=b"a 0 " + b"0" * 64 + b"\n"), "a is not what"),
    ],
)
def test_what_is_no_bundle_is_refused(data, why):
    with pytest.raises(Refused, match=why):
        take(data)


def test_a_path_of_80_characters_is_taken():
    files = {"x" * 80: b"1"}
    assert take(bundle(files))[0].files == files


@settings(max_examples=300)
@given(st.binary(max_size=300), st.integers(0, 400), st.integers(1, 50))
def test_no_damage_does_anything_else(noise, at, step):
    data = bundle()
    data = data[:at] + noise + data[at + len(noise) :]
    try:
        _, one = take(data, step)
        one.end()
    except (Refused, OSError):
        pass


def test_versions():
    assert number("1.2.3") == (1, 2, 3)
    assert number("1.2.3-rc1+4") == (1, 2, 3)
    assert number("2") == (2,)
    for text in ("", "a", "1.x", "1..2", "1.-2", "1.2.3.4.5"):
        with pytest.raises(Refused, match="expected one like"):
            number(text)


@pytest.mark.parametrize(
    "change, running, kinds, refused",
    [
        ({}, "1.1.9", "files", None),
        ({}, "1.2.0", "files app", None),  # the same again
        ({}, "1.2.1", "files", "older"),
        ({}, "1.10", "files", "older"),  # by numbers, not by letters
        ({}, "1.0", "files", None),
        ({}, "0.9.9", "files", "needs 1.0"),
        ({"board": "OTHER"}, "1.1", "files", "made for OTHER"),
        ({"kind": "app"}, "1.1", "files", "takes files"),
    ],
)
def test_only_what_is_for_this_station(change, running, kinds, refused):
    head = {**HEAD, **change}
    if refused:
        with pytest.raises(Refused, match=refused):
            judge(head, "UNIX", running, kinds)
    else:
        judge(head, "UNIX", running, kinds)

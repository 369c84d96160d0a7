"""Is DER read as strictly as DER is written?

Whatever BER allows and DER does not is refused: lengths, integers, booleans, bit strings,
identifiers. What is written is what `cryptography` writes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security import Invalid, der, pem
from security.der import Reader


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 255, 256, 257, 4000, 65535])
def test_a_length_is_read_as_it_is_written(size):
    item = der.item(der.OCTETS, bytes(size))
    assert Reader(item).content(der.OCTETS) == bytes(size)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "04",
        "0401",  # cut
        "040241",
        "0480414100 00",  # indefinite
        "04810141",  # longer than it needs to be
        "04817f" + "41" * 127,
        "0482000141",
        "048200ff" + "41" * 255,
        "0483000001 41",
        "048400000001 41",
        "04ff41",
        "0481",
        "048201",
        "1f8104 0141",  # a tag of many bytes
    ],
)
def test_lengths_of_ber_and_cut_items_are_refused(data):
    with pytest.raises(Invalid):
        Reader(bytes.fromhex(data)).content(der.OCTETS)


@pytest.mark.parametrize(
    "content,value",
    [("00", 0), ("01", 1), ("7f", 127), ("0080", 128), ("00ff", 255), ("0100", 256)],
)
def test_integers(content, value):
    data = bytes.fromhex(content)
    assert Reader(der.item(2, data)).small() == value
    assert der.number(value.to_bytes(4, "big")) == der.item(2, data)


@pytest.mark.parametrize("content", ["", "80", "ff", "0000", "0001", "007f", "ffff", "01000000"])
def test_integers_negative_padded_or_empty(content):
    with pytest.raises(Invalid):
        Reader(der.item(2, bytes.fromhex(content))).small()


@pytest.mark.parametrize("content", ["00", "01", "fe", "", "ffff"])
def test_a_boolean_is_true_or_left_out(content):
    with pytest.raises(Invalid):
        Reader(der.item(1, bytes.fromhex(content))).truth()
    assert Reader(b"\x01\x01\xff").truth()
    assert not Reader(b"").truth()


@pytest.mark.parametrize("content", ["", "00ff00ff00", "08ff", "0701", "07c0", "01ff"])
def test_flags_with_wrong_padding(content):
    with pytest.raises(Invalid):
        Reader(der.item(3, bytes.fromhex(content))).flags()


def test_flags():
    assert Reader(bytes.fromhex("03020780")).flags() == 0x8000
    assert Reader(bytes.fromhex("03020106")).flags() == 0x0600
    assert Reader(bytes.fromhex("0303070080")).flags() == 0x0080


@pytest.mark.parametrize("content", ["", "80", "8001", "2a80", "2a8648ce3d8001", "2aff"])
def test_identifiers_padded_or_cut(content):
    with pytest.raises(Invalid):
        Reader(der.item(6, bytes.fromhex(content))).oid()


@pytest.mark.parametrize(
    "content,text",
    [("2a864886f70d01010b", "1.2.840.113549.1.1.11"), ("550403", "2.5.4.3"), ("8837", "2.999")],
)
def test_identifiers_as_a_person_knows_them(content, text):
    assert der.oid_text(bytes.fromhex(content)) == text


def test_nothing_may_follow():
    items = Reader(b"\x30\x02\x05\x00\x05\x00")
    items.into(der.SEQUENCE)
    with pytest.raises(Invalid, match="2 bytes too many"):
        items.close()


def test_an_item_does_not_reach_out_of_its_parent():
    inside = Reader(b"\x30\x03\x04\x02\x41\x42\x43").into(der.SEQUENCE)
    with pytest.raises(Invalid, match="cut"):
        inside.content(der.OCTETS)


@given(st.binary(max_size=400))
def test_pem_comes_back(data):
    text = pem.encode(b"\x30" + data)
    assert pem.decode("a comment\n" + text + text.replace("\n", "\r\n")) == [b"\x30" + data] * 2


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=4))
def test_a_bundle_is_its_blocks_one_after_another(parts):
    assert pem.bundle(list(parts)).decode() == "".join([pem.encode(part) for part in parts])


_PEM = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no PEM at all",
        _PEM % "",
        _PEM % "QUI",  # cut
        _PEM % "QUJ=",  # bits of the last digit that count for nothing
        _PEM % "QQ=A",
        _PEM % "Q===",
        _PEM % "QUJD!",
        _PEM % "QUJD\x00QUJD",
        _PEM % "Proc-Type: 4,ENCRYPTED\n\nQUJD",
        (_PEM % "QUJD")[:-20],
        "-----BEGIN CERTIFICATE-----",
        (_PEM % "QUJD").replace("END CERTIFICATE", "END PRIVATE KEY"),
        (_PEM % "QUJD").replace("CERTIFICATE", "PRIVATE KEY"),
        (_PEM % "QUJD") * 9,
    ],
)
def test_pem_that_is_none_is_refused(text):
    with pytest.raises(Invalid) as caught:
        pem.decode(text)
    assert caught.value.kind == "format"

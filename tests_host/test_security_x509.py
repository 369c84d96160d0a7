"""What does the station read in a certificate, and which certificates does it not read at all?

Certificates are made by `cryptography`; what that refuses to make is made by changing bytes.
"""

import ipaddress

import pytest
from cryptography import x509 as other
from hypothesis import given, settings
from hypothesis import strategies as st

import security_world as world
from security import Invalid, chain, der, run, signature, x509
from security_world import NOW

SERVER, CODE = x509.SERVER, x509.CODE


def read(*certificates):
    """As a station reads them: PEM."""
    return chain.read(world.pem(*certificates))


@settings(max_examples=20, deadline=None)
@given(
    common=st.text(
        st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=16
    ),
    serial=st.integers(1, (1 << 159) - 1),
    days=st.tuples(st.integers(-27000, 0), st.integers(1, 40000)),
    path=st.none() | st.integers(0, 9),
)
def test_a_certificate_says_what_was_put_into_it(common, serial, days, path):
    one = world.certificate(
        common, world.key("a"), serial=serial, days=days, ca=True, path=path, usage=("crl_sign",)
    )
    found = x509.Certificate(world.der(one))
    assert x509.attribute(found.subject, x509.CN) == common
    assert x509.attribute(found.issuer, x509.O) == "Org"
    assert int.from_bytes(found.serial, "big") == serial
    assert found.begins == one.not_valid_before_utc.timestamp()
    assert found.ends == one.not_valid_after_utc.timestamp()
    assert (found.ca, found.path, found.usage) == (True, path, 0x0200)
    assert found.subject == one.subject.public_bytes()
    assert bytes(found.signed()) == one.tbs_certificate_bytes
    assert found.signature == one.signature
    assert found.key == world.point(world.key("a"))


def test_names_and_purposes():
    names = [other.DNSName("csms.example"), other.IPAddress(ipaddress.ip_address("10.0.0.1"))]
    names += [other.IPAddress(ipaddress.ip_address("fe80::1")), other.RFC822Name("a@b.example")]
    found = x509.Certificate(
        world.der(world.certificate("a", world.key("a"), names=names, uses=("server", "code")))
    )
    assert found.names == ["csms.example", b"\x0a\0\0\1", b"\xfe\x80" + bytes(13) + b"\1"]
    assert found.purposes == (SERVER, CODE)
    assert (found.ca, found.usage) == (False, None)


@pytest.mark.parametrize("kind", ["P-256", "P-384", "2048", "3072"])
@pytest.mark.parametrize("hash_name,pss", [("SHA256", None), ("SHA384", None), ("SHA512", 32)])
def test_every_algorithm_that_is_accepted(kind, hash_name, pss):
    pss = pss if kind.isdigit() else None
    one = world.root("r", kind, hash_name=hash_name, pss=pss)
    assert run(chain.verify(read(one), read(one), NOW)) == read(one)[0].key
    found = read(one)[0]
    run(chain.check(run(chain.by_itself(found))))
    assert signed(found, found)


def signed(one, issuer):
    """Did the issuer's key sign it?"""
    found = world.digest(one.how[1], bytes(one.signed()))
    kind, key = issuer.kind, issuer.key
    return run(signature.verify_digest(kind, key, one.how, found, one.signature))


def test_what_cannot_be_checked_is_not_read():
    p521 = world.certificate("p521", world.key("p521", "P-521"))
    mixed = world.certificate("a", world.key("a"), hash_name="SHA384")
    pss = world.certificate("s", world.key("s", "2048"), pss=20)
    data = world.der(pss)
    sha256 = bytes.fromhex("608648016503040201")
    for what, changed in (
        ("curve 1.3.132.0.35", world.der(p521)),
        ("algorithm", world.der(mixed).replace(b"\x3d\x04\x03\x03", b"\x3d\x04\x03\x01")),
        ("two signature", world.der(mixed).replace(b"\x3d\x04\x03\x03", b"\x3d\x04\x03\x02", 1)),
        ("RSA-PSS", data.replace(sha256, sha256[:-1] + b"\x04")),
        ("two signature", data.replace(sha256, sha256[:-1] + b"\x02", 1)),
        ("curve", world.der(mixed).replace(b"\xce\x3d\x03\x01\x07", b"\xce\x3d\x03\x01\x01")),
        ("1.2.840.10045.2.9", world.der(mixed).replace(b"\xce\x3d\x02\x01", b"\xce\x3d\x02\x09")),
    ):
        with pytest.raises(Invalid, match=what) as caught:
            x509.Certificate(changed)
        assert caught.value.kind == "format"


@pytest.mark.parametrize("critical", [True, False])
def test_unknown_extensions(critical):
    oid = other.ObjectIdentifier("1.3.6.1.4.1.99999.1")
    one = world.certificate(
        "a", world.key("a"), extra=[(other.UnrecognizedExtension(oid, b"\5\0"), critical)]
    )
    if critical:
        with pytest.raises(Invalid, match=r"critical extension 1.3.6.1.4.1.99999.1 is unknown"):
            x509.Certificate(world.der(one))
    else:
        assert not x509.Certificate(world.der(one)).ca


def test_critical_name_constraints_are_refused():
    constraints = other.NameConstraints([other.DNSName("example")], None)
    one = world.root("c", extra=[(constraints, True)])
    with pytest.raises(Invalid, match="critical extension 2.5.29.30 is unknown"):
        x509.Certificate(world.der(one))


def rebuilt(one, change):
    """A certificate (unsigned bytes do not matter here) whose extensions went through change."""
    data = world.der(one)
    outer = der.Reader(data).into(0x30)
    body = outer.into(0x30)
    head = body.at
    while body.peek() != 0xA3:
        body.take(body.peek())
    items = body.data[head : body.at]
    extensions = body.into(0xA3).into(0x30)
    found = []
    while extensions.peek():
        found.append(extensions.whole(0x30))
    tail = data[outer.at :]
    new = der.item(0x30, items, der.item(0xA3, der.item(0x30, *change(found))))
    return der.item(0x30, new, tail)


def extension(oid, value, critical=b""):
    """An extension's DER."""
    return der.item(0x30, der.item(6, bytes.fromhex(oid)), critical, der.item(4, value))


@pytest.mark.parametrize(
    "words,extensions",
    [
        ("twice", [extension("551d13", b"\x30\0")] * 2),
        ("path length without", [extension("551d13", b"\x30\3\2\1\0")]),
        ("not TRUE", [extension("551d13", b"\x30\3\1\1\0")]),
        ("not TRUE", [extension("551d13", b"\x30\0", b"\1\1\0")]),
        ("too many", [extension("551d13", b"\x30\0\5\0")]),
        ("negative", [extension("551d13", b"\x30\6\1\1\xff\2\1\xff")]),
        ("flags", [extension("551d0f", b"\3\1\0")]),
        ("cut", [extension("551d0f", b"\3\2\7")]),
        ("ends where", [extension("551d0f", b"")]),
        ("host name", [extension("551d11", b"\x30\6\x82\4a\0bc")]),
        ("address", [extension("551d11", b"\x30\7\x87\5abcde")]),
        ("tag 04", [extension("551d25", b"\x30\3\4\1a")]),
    ],
)
def test_extensions_that_are_wrong(words, extensions):
    one = world.certificate("a", world.key("a"), ca=True)
    assert rebuilt(one, lambda there: there) == world.der(one)
    with pytest.raises(Invalid, match=words):
        x509.Certificate(rebuilt(one, lambda _: extensions))


def test_times_have_one_form():
    one = world.certificate("a", world.key("a"))
    data = world.der(one)
    good = b"260101000000Z"
    assert good in data
    wrongs = "2601010000000 26010100000aZ 261301000000Z 260230000000Z 260101240000Z 260101006000Z"
    for wrong in (wrongs + " 260101000060Z").encode().split():
        with pytest.raises(Invalid, match="time of a certificate"):
            x509.Certificate(data.replace(good, wrong, 1))
    late = world.certificate("a", world.key("a"), days=(0, 20000))
    assert b"20801004000000Z" in world.der(late)
    with pytest.raises(Invalid):
        x509.Certificate(world.der(late).replace(b"20801004000000Z", b"20801004000000z"))
    old = world.certificate("a", world.key("a"), days=(-27000, 1))
    assert x509.Certificate(world.der(old)).begins == old.not_valid_before_utc.timestamp()


def test_every_cut_and_every_changed_byte_is_noticed():
    """A certificate that is cut is not read; a changed one is not read, or not believed."""
    one = world.root("r")
    root = read(one)[0]
    data = world.der(one)
    for size in range(len(data)):
        with pytest.raises(Invalid):
            x509.Certificate(data[:size])
    with pytest.raises(Invalid):
        x509.Certificate(data + b"\0")
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        try:
            found = x509.Certificate(bytes(changed))
        except Invalid:
            continue
        if at % 9 == 0 or found.signature != root.signature:  # each takes a while
            assert not signed(found, root), at


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else(data):
    for text in (data, b"\x30" + data, world.der(world.root("r"))[:100] + data):
        with pytest.raises(Invalid):
            chain.read(text)


def test_too_large():
    with pytest.raises(Invalid, match="4096 are read"):
        x509.Certificate(b"\x30\x82\x20\0" + bytes(8192))

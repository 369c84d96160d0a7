"""How does the station come to a certificate of its own? (whitepaper A02, A03, L01)

The key is made here and stays here; the request is read and signed by `cryptography`.
"""

import os

import pytest
from cryptography import x509 as other
from cryptography.hazmat.primitives import serialization

import security_world as world
from security import Invalid, ecdsa, request, run, shelf, store
from security_store_world import (
    BEGINS,
    MAKER,
    accept,
    ask,
    install,
    refused,
    signed,
    station,
)
from security_world import DAY_S, NOW, Files


@pytest.mark.parametrize("organisation", ["Org", "Öffentliche Ladesäulen", "x" * 64])
def test_the_request_is_right(organisation):
    files = Files()
    csr = ask(files, "CP 0001-Ä", organisation)
    assert csr.is_signature_valid
    assert csr.subject == world.name("CP 0001-Ä", organisation)
    usage = csr.extensions.get_extension_for_class(other.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign
    uses = csr.extensions.get_extension_for_class(other.ExtendedKeyUsage).value
    assert list(uses) == [world.USES["client"]]
    (name,) = files.names()
    private = serialization.load_der_private_key(files.read(name), None)
    assert private.public_key() == csr.public_key()
    assert len(files.read(name)) == 121  # at most 128: LittleFS writes it without an erase
    d, point = request.read_key(files.read(name))
    assert request.key_der(d, point) == files.read(name)


def test_a_request_without_wishes():
    d, point = run(ecdsa.generate(os.urandom))
    text = run(request.make(d, point, "a", "b", os.urandom, usage=False))
    csr = other.load_pem_x509_csr(text.encode())
    assert csr.is_signature_valid and not list(csr.attributes)


@pytest.mark.parametrize(
    "serial,organisation",
    [("", "Org"), ("x" * 65, "Org"), ("CP", ""), ("CP", "x" * 65), ("a\nb", "Org"), ("CP", "\0"),
     ("wss://csms/CP", "Org"), ("10.0.0.1", "Org"), ("2001:db8::1", "Org")],
)  # fmt: skip
def test_names_that_a_certificate_must_not_have(serial, organisation):
    files = Files()
    with pytest.raises(Invalid) as caught:
        run(request.new(files, serial, organisation, os.urandom))
    assert caught.value.kind == "name"
    assert files.content == {}


def test_a_signed_certificate_is_used_with_its_key():
    files, root = station()
    assert shelf.own(files, NOW) is None
    (one,) = accept(files, root)
    certificate, key = shelf.own(files, NOW)
    assert other.load_pem_x509_certificate(files.read(certificate)) == one
    private = serialization.load_der_private_key(files.read(key), None)
    assert private.public_key() == one.public_key()


def test_a_chain_is_kept_without_its_root():
    files, root = station()
    sub = world.root("Sub", by=world.key("Root"), issuer=root)
    one = signed(ask(files), sub, "Sub", uses=("client",))
    run(store.install_own(files, world.pem(one, sub, root), NOW, "CP-0001", "Org"))
    kept = other.load_pem_x509_certificates(files.read(shelf.own(files, NOW)[0]))
    assert kept == [one, sub]


def test_certificates_that_are_not_taken():
    files, root = station()
    csr = ask(files)
    evil = world.root("Evil")
    foreign = world.certificate("CP-0001", world.key("cp"), root, world.key("Root"))
    before = dict(files.content)
    for kind, words, one in (
        ("name", "a key that this station does not have", foreign),
        ("name", "its CN is 'CP-0002', not 'CP-0001'", signed(csr, root, common="CP-0002")),
        ("name", "its O is 'Evil', not 'Org'", signed(csr, root, organisation="Evil")),
        ("name", "its O is 'None', not 'Org'", signed(csr, root, organisation=None)),
        ("use", "is that of a CA", signed(csr, root, ca=True)),
        ("use", "extended key usage", signed(csr, root, uses=("server",))),
        ("use", "key usage", signed(csr, root, usage=("key_encipherment",))),
        ("time", "expired", signed(csr, root, days=(0, 9))),
        ("chain", "'Evil' is not trusted", signed(csr, evil, "Evil")),
        ("signature", "is not signed by", signed(csr, root, "Evil")),
    ):
        text = world.pem(one)
        go = run, store.install_own(files, text, NOW, "CP-0001", "Org")
        refused(kind, words, *go)
        assert files.content == before
    # one that a manufacturer's root signed is not of the operator's hierarchy
    install(files, evil, MAKER)
    one = world.pem(signed(csr, evil, "Evil"))
    refused("chain", "", run, store.install_own(files, one, NOW, "CP-0001", "Org"))
    one = world.pem(signed(csr, root))
    refused("time", "not known", run, store.install_own(files, one, None, "CP-0001", "Org"))


def test_a_certificate_is_used_when_its_time_has_come():
    files, root = station()
    accept(files, root)
    now_used = shelf.own(files, NOW)
    accept(files, root, days=(200, 800))
    begins = BEGINS + 200 * DAY_S
    assert shelf.own(files, begins - 1) == now_used
    assert shelf.own(files, begins) != now_used
    assert shelf.own(files, None) == shelf.own(files, begins)


def test_the_newest_counts_and_an_expired_one_only_without_a_better():
    files, root = station()
    accept(files, root, days=(0, 365))
    long = shelf.own(files, NOW)
    accept(files, root, days=(10, 190))
    assert shelf.own(files, NOW) != long
    assert shelf.own(files, BEGINS + 191 * DAY_S) == long
    assert shelf.own(files, BEGINS + 400 * DAY_S) is not None


def test_two_certificates_are_kept_and_their_keys():
    files, root = station()
    for day in range(5):
        accept(files, root, days=(day, 365))
    names = files.names()
    assert len([n for n in names if n.startswith("own-")]) == 2
    assert len([n for n in names if n.startswith("key-")]) == 2
    ask(files)
    ask(files)
    names = files.names()
    assert len([n for n in names if n.startswith("key-")]) == 3  # one that waits, the newest


def test_the_same_key_certified_again():
    files, root = station()
    csr = ask(files)
    for day in range(4):
        one = world.pem(signed(csr, root, days=(day, 365)))
        run(store.install_own(files, one, NOW, "CP-0001", "Org"))
    assert len([n for n in files.names() if n.startswith("key-")]) == 1
    assert shelf.own(files, NOW)


def test_renewal_is_due_a_month_before_the_end():
    files, root = station()
    assert not shelf.renewal_due(files, NOW)
    accept(files, root)
    ends = BEGINS + 365 * DAY_S
    assert not shelf.renewal_due(files, ends - 30 * DAY_S)
    assert shelf.renewal_due(files, ends - 30 * DAY_S + 1)
    accept(files, root, days=(1, 700))
    assert not shelf.renewal_due(files, ends)


def test_keys_and_certificates_survive_power_cuts():
    base, root = station()
    accept(base, root)
    before = dict(base.content)
    used = shelf.own(base, NOW)
    for cut in range(8):
        files = Files(before, cut)
        try:
            csr = ask(files)
            one = world.pem(signed(csr, root, days=(1, 365)))
            run(store.install_own(files, one, NOW, "CP-0001", "Org"))
        except world.PowerCut:
            pass
        certificate, key = shelf.own(files, NOW)
        one = other.load_pem_x509_certificate(files.read(certificate))
        private = serialization.load_der_private_key(files.read(key), None)
        assert private.public_key() == one.public_key()
        if cut < 2:
            assert (certificate, key) == used
        files.cut = None
        accept(files, root, days=(2, 365))  # and it goes on


def test_only_the_manufacturer_signs_firmware():
    files, root = station()
    maker = world.root("Maker", "3072")
    install(files, maker, MAKER)
    by = world.key("Maker", "3072")
    good = world.certificate("fw", world.key("fw"), maker, by, uses=("code",))
    assert run(store.firmware_signer(files, world.pem(good), NOW))[0] == "EC"
    other_use = world.certificate("fw", world.key("fw"), maker, by, uses=("client",))
    refused("use", "'fw'", run, store.firmware_signer(files, world.pem(other_use), NOW))
    csms = world.certificate("fw", world.key("fw"), root, world.key("Root"))
    refused("chain", "'fw'", run, store.firmware_signer(files, world.pem(csms), NOW))
    refused("time", "'fw'", run, store.firmware_signer(files, world.pem(good), NOW + 400 * DAY_S))

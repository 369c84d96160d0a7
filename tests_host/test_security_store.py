"""What does the store keep, ask for, take and refuse? (whitepaper A02, A03, M03 to M05)

The answers are those that the OCPP handlers give; every write may be the last before a power cut.
"""

import os

import pytest
from cryptography import x509 as other
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

import security
import security_world as world
from security import Invalid, chain, ecdsa, request, run, shelf, store
from security_world import DAY_S, NOW, Files

CSMS, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
BEGINS = int(world.BEGINS.timestamp())


def install(files, one, use=CSMS, most=4, replacing=False, now=NOW):
    """The name of the file."""
    text = one if isinstance(one, str) else world.pem(one)
    return run(store.install(files, use, text, now, most, replacing))


def refused(kind, words, go, *args, **more):
    """Invalid, of this kind, with these words."""
    with pytest.raises(Invalid) as caught:
        go(*args, **more)
    assert caught.value.kind == kind, caught.value
    assert words in str(caught.value)


def hash_data(one, issuer, algorithm="SHA256"):
    """certificateHashData as `cryptography` computes it for OCSP."""
    made = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, world.HASHES[algorithm]).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": made.issuer_name_hash.hex(),
        "issuerKeyHash": made.issuer_key_hash.hex(),
        "serialNumber": f"{one.serial_number:X}",
    }


def listed(files, use=CSMS):
    """certificateHashData of what is installed."""
    return run(store.listed(files, use))


# -- roots


@pytest.mark.parametrize("kind", ["P-256", "P-384", "2048"])
def test_a_root_is_installed_and_listed(kind):
    files, one = Files(), world.root("R", kind)
    assert listed(files) == []
    name = install(files, one)
    assert files.content == {name: world.der(one)}
    assert listed(files) == [hash_data(one, one)]
    assert listed(files, MAKER) == []
    assert shelf.trusted(files) == [name]


def test_serial_numbers_have_no_leading_zeros():
    files = Files()
    for i, (serial, text) in enumerate(
        ((4095, "FFF"), (0x80, "80"), (0x0F, "F"), (1 << 158, "4"))
    ):
        one = world.root(f"R{i}", serial=serial)
        install(files, one, most=9)
        assert text in "".join(d["serialNumber"] for d in listed(files))
        assert hash_data(one, one) in listed(files)


def test_installing_it_again_changes_nothing():
    files, one = Files(), world.root()
    for _ in range(3):
        install(files, one, most=1)
    assert len(files.content) == 1


def test_no_more_than_certificate_store_max_length():
    files = Files()
    for i in range(3):
        install(files, world.root(f"R{i}"), [CSMS, MAKER][i % 2], most=3)
    words = "3 root certificates are installed, 3 allowed"
    refused("full", words, install, files, world.root("R4"), MAKER, most=3)
    run(store.remove(files, listed(files)[0]))
    install(files, world.root("R4"), MAKER, most=3)


def test_what_is_no_root_is_refused():
    root = world.root()
    forged = world.root("Forged", by=world.key("other"), issuer=None)
    below = world.root("Below", by=world.key("Root"), issuer=root)
    old, late = world.root("Old", days=(0, 9)), world.root("Late", days=(300, 400))
    for kind, words, one in (
        ("use", "not that of a CA", world.certificate("x", world.key("x"))),
        ("use", "not that of a CA", world.root("x", ca=False)),
        ("use", "key usage", world.root("x", usage=("digital_signature",))),
        ("signature", "'Forged' is not signed by itself", forged),
        ("chain", "'Below': its issuer 'Root' is not trusted", below),
        ("time", "'Old': expired", old),
        ("format", "expected one certificate, not 2", world.pem(root, root)),
        ("format", "no PEM block", "hello"),
        ("format", "4500 characters", "x" * 4500),
        ("format", "no PEM block", world.pem(root).replace("CERTIFICATE", "PUBLIC KEY")),
    ):
        files = Files()
        refused(kind, words, install, files, one)
        assert files.content == {}
    refused("time", "not known", install, Files(), root, now=None)
    assert install(Files(), late)  # for the future: it may come before its time


def test_a_ca_below_an_installed_root_may_be_a_root_as_well():
    files, root = Files(), world.root()
    install(files, root)
    below = world.root("Below", by=world.key("Root"), issuer=root)
    install(files, below)
    assert hash_data(below, root) in listed(files)


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_deletion_by_any_hash(algorithm):
    files, one, two = Files(), world.root("One"), world.root("Two", "2048")
    install(files, one)
    install(files, two, MAKER)
    wanted = hash_data(one, one, algorithm)
    assert run(store.remove(files, {**wanted, "serialNumber": "1" + wanted["serialNumber"]})) == (
        "NotFound"
    )
    for field in ("issuerNameHash", "issuerKeyHash"):
        assert run(store.remove(files, {**wanted, field: "00" * 32})) == "NotFound"
    loud = {
        key: value if key == "hashAlgorithm" else value.upper() for key, value in wanted.items()
    }
    assert run(store.remove(files, loud)) == "Accepted"
    assert run(store.remove(files, wanted)) == "NotFound"
    assert listed(files) == [] and listed(files, MAKER) == [hash_data(two, two)]


def test_the_root_in_use_and_the_own_certificate_stay():
    files, root = station()
    (one,) = accept(files, root)
    name = shelf.trusted(files)[0]
    assert run(store.remove(files, hash_data(root, root), name)) == "Failed"
    assert run(store.remove(files, hash_data(one, root))) == "Failed"
    assert run(store.remove(files, hash_data(root, root))) == "Accepted"
    assert shelf.own(files, NOW)


def test_a_damaged_file_is_left_out():
    files = Files({"csms-0011223344556677.der": b"\x30\x03abc", "maker-x": b""})
    install(files, world.root())
    assert len(listed(files)) == 1
    assert run(store.remove(files, hash_data(world.root("x"), world.root("x")))) == "NotFound"


# -- AdditionalRootCertificateCheck


def successor(common="New", old="Root", **more):
    """A root that the old one signed."""
    return world.root(common, by=world.key(old), issuer=world.root(old), **more)


def test_a_new_root_must_be_signed_by_the_old_one():
    files = Files()
    install(files, world.root(), replacing=True)
    before = dict(files.content)
    refused("chain", "'New' is not trusted", install, files, world.root("New"), replacing=True)
    forged = world.root("New", by=world.key("x"), issuer=world.root())
    refused("signature", "is not signed by", install, files, forged, replacing=True)
    expired = successor(days=(0, 9))
    refused("time", "expired", install, files, expired, replacing=True)
    assert files.content == before


def test_the_old_root_is_the_fallback_until_the_new_one_proved_good():
    files, old, new = Files(), world.root(), successor()
    first = install(files, old, most=1, replacing=True)
    install(files, world.root("Maker"), MAKER, most=2, replacing=True)
    second = install(files, new, most=2, replacing=True)
    assert shelf.trusted(files) == sorted([second, "csmsold" + first[4:]])
    assert hash_data(new, old) in listed(files)
    store.confirm(files)
    assert shelf.trusted(files) == [second]
    assert listed(files) == [hash_data(new, old)]  # the hash of a key that is gone
    assert run(store.remove(files, hash_data(new, old, "SHA512"))) == "Accepted"
    assert [n for n in files.content if not n.startswith("maker")] == []


def test_a_third_root_takes_the_place_of_the_fallback():
    files = Files()
    first = install(files, world.root(), replacing=True)
    second = install(files, successor("Second"), replacing=True)
    third = world.root("Third", by=world.key("Second"), issuer=successor("Second"))
    refused("chain", "", install, files, successor("Fourth"), replacing=True)
    third = install(files, third, replacing=True)
    assert shelf.trusted(files) == sorted([third, "csmsold" + second[4:]])
    assert first not in files.names()


def test_a_replacement_survives_a_power_cut_at_any_write():
    old, new = world.root(), successor()
    for fallback in (False, True):
        base = Files()
        name = install(base, old, replacing=True)
        if fallback:
            base.content["csmsold-0011223344556677.der"] = world.der(world.root("older"))
        before = dict(base.content)
        whole = Files(before)
        fresh = install(whole, new, replacing=True)
        after, outcomes = dict(whole.content), set()
        for cut in range(20):
            files = Files(before, cut)
            try:
                install(files, new, replacing=True)
            except world.PowerCut:
                pass
            files.cut = None
            trusted = [chain.read(files.read(n))[0] for n in shelf.trusted(files)]
            assert {world.der(old)} <= {one.der for one in trusted}  # never without the old one
            store.settle(files)
            found = {n: d for n, d in files.content.items() if not n.startswith("ikey")}
            outcomes.add(fresh in found)
            expected = after if fresh in found else before
            assert found == {n: d for n, d in expected.items() if not n.startswith("ikey")}, cut
            install(files, new, replacing=True)
            assert files.content == after, cut
        assert outcomes == {False, True}
        assert "csmsold" + name[4:] in after


# -- the charge point's own certificate


def station(replacing=False):
    """(files, root) of a station with a root and nothing else."""
    files, root = Files(), world.root()
    install(files, root, replacing=replacing)
    return files, root


def ask(files, serial="CP-0001", organisation="Org"):
    """The request, read by `cryptography`."""
    text = run(store.new_request(files, serial, organisation, os.urandom))
    return other.load_pem_x509_csr(text.encode())


def signed(csr, root, by="Root", days=(0, 365), common="CP-0001", organisation="Org", **more):
    """What a CA makes of a request."""
    return world.certificate(
        common, csr, root, world.key(by), organisation=organisation, days=days, **more
    )


def accept(files, root, **more):
    """Ask, have it signed, install: the chain."""
    one = signed(ask(files), root, **more)
    run(store.install_own(files, world.pem(one), NOW, "CP-0001", "Org"))
    return (one,)


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
        run(store.new_request(files, serial, organisation, os.urandom))
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
    assert run(store.firmware_signer(files, world.pem(good), NOW)).kind == "EC"
    other_use = world.certificate("fw", world.key("fw"), maker, by, uses=("client",))
    refused("use", "'fw'", run, store.firmware_signer(files, world.pem(other_use), NOW))
    csms = world.certificate("fw", world.key("fw"), root, world.key("Root"))
    refused("chain", "'fw'", run, store.firmware_signer(files, world.pem(csms), NOW))
    refused("time", "'fw'", run, store.firmware_signer(files, world.pem(good), NOW + 400 * DAY_S))


# -- what was provisioned


@pytest.mark.parametrize("kind", ["P-256", "2048"])
@pytest.mark.parametrize("style", ["TraditionalOpenSSL", "PKCS8"])
def test_provisioned_files_get_their_names(kind, style):
    root, sub = world.root(), successor("Sub")
    one = world.certificate("CP", world.key("cp", kind), sub, world.key("Sub"))
    private = world.key("cp", kind).private_bytes(
        serialization.Encoding.PEM,
        getattr(serialization.PrivateFormat, style),
        serialization.NoEncryption(),
    )
    files = Files(
        {
            "csms.pem": world.pem(root, world.root("Two")).encode(),
            "csms2.der": world.der(world.root("Three")),
            "maker.pem": world.pem(world.root("Maker")).encode(),
            "own-factory.pem": world.pem(one, sub).encode(),
            "key-factory.pem": private,
        }
    )
    assert shelf.foreign(files)
    assert store.adopt(files) == []
    assert not shelf.foreign(files)
    assert len(listed(files)) == 3 and len(listed(files, MAKER)) == 1
    certificate, key = shelf.own(files, NOW)
    assert other.load_pem_x509_certificates(files.read(certificate)) == [one, sub]
    loaded = serialization.load_der_private_key(files.read(key), None)
    assert loaded.public_key() == one.public_key()
    assert len(files.names()) == 6


def test_provisioned_files_that_are_damaged_are_told_and_stay():
    files = Files({"csms.pem": b"hello", "own-x.pem": world.pem(world.root()).encode()})
    wrong = store.adopt(files)
    assert wrong == ["csms.pem: no PEM block CERTIFICATE", "own-x.pem: there is no key-x"]
    assert len(files.names()) == 2


# -- how a handler uses it


def test_the_answer_comes_after_some_turns():
    files, said = Files(), None
    steps = store.install(files, CSMS, world.pem(world.root()), NOW, 4, False)
    turn = security.turns(steps, lambda name, error: {"name": name, "error": error})
    count = 0
    while said is None:
        said = turn()
        count += 1
    assert said == {"name": files.names()[0], "error": None}
    assert 20 < count < 100


@pytest.mark.parametrize("error", [Invalid("chain", "no"), OSError(28)])
def test_what_goes_wrong_is_an_answer_as_well(error):
    def steps():
        yield
        raise error

    assert security.turns(steps(), lambda name, e: [name, e])() == [None, error]

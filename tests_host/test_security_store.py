"""Which roots does the store keep, list, replace and delete? (whitepaper M03, M04, M05)

The answers are those that the OCPP handlers give; every write may be the last before a power cut.
"""

import pytest
from cryptography import x509 as other
from cryptography.hazmat.primitives import serialization

import security
import security_world as world
from security import Invalid, chain, run, shelf, store
from security_store_world import CSMS, MAKER, accept, hash_data, install, listed, refused, station
from security_world import NOW, Files


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
    ident = shelf.trusted(files)[0][5:-4]
    assert run(store.remove(files, hash_data(root, root), ident)) == "Failed"
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
    both = shelf.trusted(files)
    store.confirm(files, first[5:-4])  # connected, but with the old one
    store.confirm(files, "0011223344556677")
    assert shelf.trusted(files) == both
    store.confirm(files, second[5:-4])
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
    assert 20 < count < 300


@pytest.mark.parametrize("error", [Invalid("chain", "no"), OSError(28)])
def test_what_goes_wrong_is_an_answer_as_well(error):
    def steps():
        yield
        raise error

    assert security.turns(steps(), lambda name, e: [name, e])() == [None, error]

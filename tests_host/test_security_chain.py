"""Which chains does the station believe, and what does it say of the others?"""

import pytest
from cryptography import x509 as other

import security_world as world
from security import Invalid, chain, run, x509
from security_world import DAY_S, NOW

SERVER, CLIENT, CODE = x509.SERVER, x509.CLIENT, x509.CODE


def read(*certificates):
    """As a station reads them: PEM."""
    return chain.read(world.pem(*certificates))


def refused(kind, words, certificates, roots, now=NOW, purpose=0):
    """The chain is refused, for this reason, in these words."""
    with pytest.raises(Invalid) as caught:
        run(chain.verify(read(*certificates), read(*roots) if roots else [], now, purpose))
    assert caught.value.kind == kind, caught.value
    assert words in str(caught.value)


@pytest.fixture(scope="module")
def family():
    """root, a CA below it, one below that, and a server's certificate."""
    root = world.root("Root", "P-384", hash_name="SHA384")
    first = world.root("First", "2048", world.key("Root", "P-384"), root, path=1)
    second = world.root("Second", "P-256", world.key("First", "2048"), first, path=0, pss=32)
    leaf = world.certificate(
        "csms.example", world.key("leaf"), second, world.key("Second"), uses=("server",)
    )
    return root, first, second, leaf


def test_a_chain_leads_to_its_root(family):
    root, first, second, leaf = family
    for between in ([first, second], [second, first], [second, root, first]):
        roots = read(world.root("Somebody"), root)
        assert run(chain.verify(read(leaf, *between), roots, NOW, SERVER)) == roots[1].key


def test_a_root_may_be_in_the_middle(family):
    """Partial chains: whoever is trusted ends the chain (AdditionalRootCertificateCheck)."""
    _, first, second, leaf = family
    assert run(chain.verify(read(leaf, second), read(first), NOW, SERVER))
    assert run(chain.verify(read(leaf), read(second), NOW, SERVER))
    assert run(chain.verify(read(leaf), read(leaf), NOW, SERVER))


def test_without_a_link_it_is_not_believed(family):
    root, first, second, leaf = family
    refused("chain", "'csms.example': its issuer 'Second' is not trusted", [leaf], [root])
    refused("chain", "'Second': its issuer 'First' is not trusted", [leaf, second], [root])
    refused("chain", "'Root': its issuer 'Root' is not", [leaf, first, second, root], [])


def test_the_same_name_is_not_the_same_ca(family):
    root, first, second, leaf = family
    twin = world.certificate("Root", world.key("twin"), ca=True)
    words = "'First' is not signed by certificate 'Root'"
    refused("signature", words, [leaf, first, second], [twin])
    forged = world.certificate("csms.example", world.key("leaf"), second, world.key("evil"))
    refused("signature", "'csms.example' is not signed by", [forged, first, second], [root])
    assert run(chain.verify(read(leaf, first, second), read(twin, root), NOW))


def test_time(family):
    root, first, second, leaf = family
    begins = int(world.BEGINS.timestamp())
    ends = begins + 365 * DAY_S
    short = world.certificate("x", world.key("x"), root, world.key("Root", "P-384"), days=(10, 20))
    for now, kind in (
        (begins + 10 * DAY_S - 1, "not valid before 2026-01-11T00:00:00Z, it is 2026-01-10T23:59"),
        (begins + 20 * DAY_S + 1, "expired 2026-01-21T00:00:00Z, it is 2026-01-21T00:00:01Z"),
    ):
        refused("time", "'x': " + kind, [short], [root], now)
    for now in (begins + 10 * DAY_S, begins + 20 * DAY_S):
        assert run(chain.verify(read(short), read(root), now))
    refused("time", "'csms.example': expired", [leaf, first, second], [root], ends + 1)
    refused("time", "time is not known", [leaf, first, second], [root], None)
    old = world.root("Root", "P-384", hash_name="SHA384", days=(0, 100))
    refused("time", "'Root': expired", [leaf, first, second], [old])
    stale = world.root("Second", "P-256", world.key("First", "2048"), first, days=(0, 5))
    refused("time", "'Second': expired", [leaf, first, stale], [root])
    assert run(chain.verify(read(leaf, first, stale, second), read(root), NOW))


def test_who_may_sign():
    root = world.root("Root")
    by = world.key("Root")
    leaf = world.key("leaf")
    for more, words in (
        ({"ca": None}, "'Mid' is not that of a CA"),
        ({"ca": False}, "'Mid' is not that of a CA"),
        ({"usage": ("digital_signature",)}, "'Mid': its key usage forbids signing"),
    ):
        mid = world.root("Mid", by=by, issuer=root, **more)
        one = world.certificate("leaf", leaf, mid, world.key("Mid"))
        refused("use", words, [one, mid], [root])
        refused("use", words, [one], [mid])
    mid = world.root("Mid", by=by, issuer=root, usage=None)
    one = world.certificate("leaf", leaf, mid, world.key("Mid"))
    assert run(chain.verify(read(one, mid), read(root), NOW))


@pytest.mark.parametrize("allowed,between,good", [(0, 0, 1), (0, 1, 0), (1, 1, 1), (1, 2, 0)])
def test_path_length(allowed, between, good):
    top = world.root("Root", path=allowed)
    certificates, by = [], world.key("Root")
    issuer = top
    for i in range(between):
        issuer = world.root(f"Mid {i}", by=by, issuer=issuer)
        by = world.key(f"Mid {i}")
        certificates.insert(0, issuer)
    leaf = world.certificate("leaf", world.key("leaf"), issuer, by)
    if good:
        assert run(chain.verify(read(leaf, *certificates), read(top), NOW))
    else:
        words = f"'Root': {between} CAs below it, {allowed} allowed"
        refused("use", words, [leaf, *certificates], [top])


def test_a_ca_that_renews_its_own_key_does_not_count_for_the_path():
    top = world.root("Root", path=0)
    again = world.certificate("Root", world.key("new"), top, world.key("Root"), ca=True, path=0)
    leaf = world.certificate("leaf", world.key("leaf"), again, world.key("new"))
    assert run(chain.verify(read(leaf, again), read(top), NOW))


def test_a_long_chain_ends():
    certificates, issuer, by = [], world.root("Root"), world.key("Root")
    top = issuer
    for i in range(5):
        issuer = world.root(f"Mid {i}", by=by, issuer=issuer)
        by = world.key(f"Mid {i}")
        certificates.insert(0, issuer)
    leaf = world.certificate("leaf", world.key("leaf"), certificates[1], world.key("Mid 3"))
    assert run(chain.verify(read(leaf, *certificates[1:]), read(top), NOW))
    leaf = world.certificate("leaf", world.key("leaf"), issuer, by)
    refused("chain", "more than 6 certificates", [leaf, *certificates], [top])


def test_two_cas_that_sign_each_other_end():
    one = world.root("One")
    two = world.root("Two", by=world.key("One"), issuer=one)
    one = world.root("One", by=world.key("Two"), issuer=two)
    leaf = world.certificate("leaf", world.key("leaf"), one, world.key("One"))
    refused("chain", "is not trusted", [leaf, one, two, one, two], [world.root("Root")])


@pytest.mark.parametrize(
    "purpose,uses,usage,good",
    [
        (0, (), None, True),
        (SERVER, (), None, True),
        (SERVER, ("server",), ("digital_signature",), True),
        (SERVER, ("server",), ("key_encipherment",), True),
        (CLIENT, ("server", "client"), None, True),
        (CLIENT, (other.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), None, True),
        (CODE, ("code",), ("digital_signature",), True),
        (SERVER, ("client",), None, False),
        (CLIENT, ("server",), None, False),
        (CODE, ("server", "client"), None, False),
        (CODE, (other.ExtendedKeyUsageOID.TIME_STAMPING,), None, False),
        (CLIENT, (), ("key_encipherment",), False),
        (CODE, (), ("content_commitment",), False),
        (SERVER, (), ("key_cert_sign",), False),
    ],
)
def test_purpose(purpose, uses, usage, good):
    root = world.root("Root")
    one = world.certificate("x", world.key("x"), root, world.key("Root"), uses=uses, usage=usage)
    if good:
        assert run(chain.verify(read(one), read(root), NOW, purpose))
    else:
        refused("use", "'x': its", [one], [root], NOW, purpose)


def test_messages_hold_no_control_characters():
    one = read(world.certificate("evil\n\x1b[2J\u202e", world.key("a")))[0]
    assert str(one) == "certificate 'evil??[2J?'"

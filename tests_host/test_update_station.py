"""Does the station take an update that is right, refuse every other, and survive a cut in it?

firmware/ota/ on both ports, with bundles made by tools/board/bundle.py (docs/updates.md).
"""

import datetime
import json
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tools.board import bundle
from update_client import CLIENT
from ws_peers import ROOT

HEAD = {"version": "1.2.0", "board": "TEST", "kind": "files", "min": "1.0", "build": "abc"}
FILES = {
    "main.py": b"print('new')\n",
    "galvani.mpy": bytes(range(256)) * 9,
    "lib/empty.mpy": b"",
    "lib/a/b/c.mpy": b"deep" * 100,
}
DER = serialization.Encoding.DER


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    """Keys of a manufacturer: (root certificate, signer's key, [signer's certificate])."""
    folder = tmp_path_factory.mktemp("keys")
    bundle.keys(folder, "Test", 10)
    key, chain = bundle.load(folder / "signer.key", [folder / "signer.pem"])
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    root_key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), None)
    return root, key, chain, root_key


@pytest.fixture(params=[64, 32])
def station(request, tmp_path, maker):
    """station(data, ..): [what it said, folders of the next boots, steps]; `flash` is its root."""
    return _station(request.getfixturevalue(f"micropython{request.param}"), tmp_path, maker[0])


@pytest.fixture
def station32(micropython32, tmp_path, maker):
    return _station(micropython32, tmp_path, maker[0])


def _station(port, tmp_path, root):
    flash = tmp_path / "flash"
    (flash / "certs").mkdir(parents=True)
    (flash / "certs" / "maker-0123456789abcdef.der").write_bytes(root.public_bytes(DER))
    (flash / "client.py").write_text(CLIENT)
    now = int(datetime.datetime.now().timestamp())

    def run(data, **orders):
        (flash / "bundle").write_bytes(data)
        orders = {"now": now, "boot": str(ROOT / "firmware/boot.py"), **orders}
        (flash / "orders").write_text(json.dumps(orders))
        done = subprocess.run(
            [port, "-X", "heapsize=300k", "client.py"], cwd=flash, stdout=subprocess.PIPE
        )
        return json.loads(done.stdout.splitlines()[-1])

    run.flash = flash
    run.now = now
    return run


def made(maker, head=HEAD, files=FILES):
    return bundle.make(head, files, maker[1], maker[2])


def there(folder):
    """What the folder of a build holds, by path; not the manifest."""
    paths = [p for p in folder.rglob("*") if p.is_file()]
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}
    found.pop("files", None)
    found.pop("whole", None)
    return found


def slot(run):
    return (run.flash / "slot").read_text()


def test_an_update_comes_and_runs_on_trial(station, maker):
    said, boots, _ = station(made(maker), boots=4)
    assert said == "ok"
    # Three starts to prove itself; then the build before it runs again, for good.
    assert boots == ["a", "a", "a", ""]
    assert slot(station) == "- failed a"
    assert there(station.flash / "a") == FILES


def test_the_next_one_goes_beside_what_runs(station32, maker):
    station32(made(maker))
    (station32.flash / "slot").write_text("a ok -")
    other = {**FILES, "more.mpy": b"1"}
    said, boots, _ = station32(made(maker, files=other), boots=5)
    assert (said, boots) == ("ok", ["b", "b", "b", "a", "a"])
    assert there(station32.flash / "a") == FILES and there(station32.flash / "b") == other
    # Then a again, of which nothing old is left.
    (station32.flash / "slot").write_text("b ok -")
    (station32.flash / "a" / "old.mpy").write_bytes(b"old")
    assert station32(made(maker))[:2] == ["ok", ["a"]]
    assert there(station32.flash / "a") == FILES


@pytest.mark.parametrize("pieces", [1, 64, 1024, 10_000])
def test_it_comes_in_any_pieces(station32, maker, pieces):
    assert station32(made(maker), pieces=pieces)[:2] == ["ok", ["a"]]
    assert there(station32.flash / "a") == FILES


def test_a_signer_with_rsa(station, maker):
    root, _, _, root_key = maker
    key = rsa.generate_private_key(65537, 3072)
    chain = [certificate(key, root, root_key)]
    assert station(bundle.make(HEAD, FILES, key, chain))[0] == "ok"


def certificate(key, issuer, issuer_key, days=(-1, 100), usage=bundle.CODE_SIGNING):
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another signer")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def test_who_signed_must_be_believed(station, maker):
    root, _, _, root_key = maker
    key = ec.generate_private_key(ec.SECP256R1())
    server = x509.oid.ExtendedKeyUsageOID.SERVER_AUTH
    for chain, why in (
        ([certificate(key, None, key)], "not trusted"),  # by itself
        ([certificate(key, root, key)], "not signed by"),  # in the root's name
        ([certificate(key, root, root_key, (-9, -1))], "expired"),
        ([certificate(key, root, root_key, (1, 9))], "not valid before"),
        ([certificate(key, root, root_key, usage=server)], "not that of signing firmware"),
        ([maker[2][0]], "the signature is wrong"),  # another's certificate
    ):
        said, boots, _ = station(bundle.make(HEAD, FILES, key, chain))
        assert said.startswith("signature: ") and why in said, said
        assert boots == [""] and there(station.flash / "a") == {}
    said, boots, _ = station(made(maker), now=None)
    assert "time is not known" in said and boots == [""]
    (station.flash / "certs" / "maker-0123456789abcdef.der").unlink()
    said, boots, _ = station(made(maker))
    assert "not trusted" in said and boots == [""]


@pytest.mark.parametrize(
    "head, running, why",
    [
        ({"board": "OTHER"}, "1.1.0", "board: made for OTHER, this is TEST"),
        ({"kind": "app"}, "1.1.0", "board: an update of app"),
        ({}, "1.2.1", "version: 1.2.0 is older than 1.2.1"),
        ({}, "0.9.0", "version: 1.2.0 needs 1.0 to update from"),
        ({"version": "new"}, "1.1.0", "version: version new"),
    ],
)
def test_it_must_be_for_this_station(station32, maker, head, running, why):
    said, boots, _ = station32(made(maker, {**HEAD, **head}), running=running)
    assert said.startswith(why) and boots == [""] and there(station32.flash / "a") == {}


def test_nothing_tampered_truncated_or_prolonged_is_installed(station32, maker):
    data = made(maker)
    start = data.index(b"main.py ")  # the manifest, then the contents
    for at in [18, start, start + 9, start + 20, len(data) - 1, len(data) - 400, 30, 200]:
        wrong = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        said, boots, _ = station32(wrong)
        assert said != "ok" and boots == [""], (at, said)
    for size in (0, 5, 18, 100, start, start + 10, len(data) - 1):
        said, boots, _ = station32(data[:size])
        assert said != "ok" and boots == [""], (size, said)
    assert station32(data + b"x")[:2] == ["format: bytes behind the end", [""]]


def test_power_may_fail_at_any_step(station32, maker):
    """After every cut either the old build runs, or the whole new one; then the next try works."""
    data = made(maker)
    said, _, steps = station32(data, cut=-1, pieces=250)
    assert said == "ok" and steps > 30
    for old, expected in (("", ""), ("a ok -", "a")):
        seen = set()
        for cut in range(1, steps + 40):
            _reset(station32.flash, old)
            said, (folder,), _ = station32(data, cut=cut, pieces=250)
            seen.add((said, folder))
            if folder != expected:
                assert there(station32.flash / folder) == FILES, cut
            if said == "ok":
                break
        new = "b" if expected == "a" else "a"
        assert ("cut", expected) in seen and ("ok", new) in seen
        assert station32(data)[:2] == ["ok", [new]] or folder == new


def _reset(flash, slot):
    for name in ("slot", "slot~"):
        (flash / name).unlink(missing_ok=True)
    if slot:
        (flash / "slot").write_text(slot)


def test_a_torn_slot_file_means_the_root(station32, maker):
    station32(made(maker))
    for text in ("", "a", "a 3", "a 3 - x"):
        (station32.flash / "slot").write_text(text)
        assert station32(b"")[1] == [""], text


def test_a_lost_slot_file_where_only_an_update_is_left(station32, maker):
    (station32.flash / "slot").write_text("a ok -")
    station32(made(maker))  # into b
    (station32.flash / "slot").unlink()
    assert station32(b"")[1] == ["b"]  # a is not whole; in the root is no lib: it has made room
    (station32.flash / "lib").mkdir()
    assert station32(b"")[1] == [""]


def test_the_build_by_cable_goes_only_for_one_that_has_proved_itself(station32, maker):
    def roots(slot, free):
        _reset(station32.flash, slot)
        for name in ("lib", "core", "certs"):
            (station32.flash / name).mkdir(exist_ok=True)
            (station32.flash / name / "x").write_bytes(b"x")
        said = station32(made(maker), free=free)
        assert said[0] == "ok"
        return sorted(p.name for p in station32.flash.iterdir() if (p / "x").exists())

    everything = ["certs", "core", "lib"]
    assert roots("", 300_000) == everything
    assert roots("a ok -", 5_000_000) == everything
    assert roots("a ok -", None) == everything
    assert roots("a 2 -", 300_000) == everything  # on trial
    assert roots("a ok -", 300_000) == ["certs"]

"""Does MicroPython judge what comes from outside as CPython does, word for word?

Certificates, PEM, keys and signatures, good ones and such as were damaged at random, go through
the same code on both Unix ports and here; every verdict and every message must be the same.
"""

import inspect
import json
import random
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding

import security_world as world
from security import Invalid, chain, ecdsa, request, rsa, run, signature, x509
from ws_peers import ROOT

DEVICE = """
import binascii, json, sys
sys.path[:0] = [%r]
from security import Invalid, chain, ecdsa, request, rsa, run, signature, x509
for line in sys.stdin:
    kind, data, more = json.loads(line)
    data = [binascii.unhexlify(d) for d in data]
    print(json.dumps(judge(kind, data, more)))
""" % str(ROOT / "lib")


def judge(kind, data, more):
    """What the station says, as text. Runs here and there."""
    try:
        if kind == "certificate":
            one = x509.Certificate(data[0])
            said = [str(one), one.begins, one.ends, one.kind, one.ca, one.path, one.usage]
            said += [one.purposes, one.how, len(one.key), len(one.serial)]
            said.append([str(n) for n in one.names or ()])
            said.append(x509.attribute(one.issuer, x509.O))
        elif kind == "pem":
            said = [str(one) for one in chain.read(data[0])]
        elif kind == "key":
            said = [len(part) for part in request.read_key(data[0])]
        elif kind == "public":
            said = signature.public_key(data[0])[0]
        elif kind == "ecdsa":
            said = run(ecdsa.verify(data[0], data[1], data[2]))
        else:
            said = run(rsa.verify(data[0], "SHA256", data[1], data[2], more))
        return repr(said)
    except Invalid as e:
        return e.kind + ": " + str(e)


def damaged(rng, data: bytes) -> bytes:
    """The data with a few bytes changed, put in, taken out, or cut."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(data)) if data else 0
        how = rng.randrange(5)
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1 and data:
            data[at] = rng.choice((0, 1, 0x30, 0x7F, 0x80, 0x81, 0x82, 0xFF, rng.randrange(256)))
        elif how == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 4))
        elif how == 3:
            del data[at : at + rng.randrange(1, 4)]
        elif how == 4 and rng.random() < 0.2:
            del data[at:]
    return bytes(data)


def cases(rng, rounds):
    """(kind, [bytes], more) of everything, once as it is and `rounds` times damaged."""
    root, leaf = world.root("Root", "P-384"), world.key("leaf")
    one = world.certificate("csms.example", leaf, root, world.key("Root"), uses=("server",))
    rsa_root = world.root("Öl", "2048", pss=32)
    whole = [("certificate", [world.der(c)], 0) for c in (root, one, rsa_root)]
    whole.append(("pem", [world.pem(one, root).encode()], 0))
    d, point = world.key("k").private_numbers().private_value, world.point(world.key("k"))
    whole.append(("key", [request.key_der(d.to_bytes(32, "big"), point)], 0))
    whole.append(("public", [world.spki(rsa_root)], 0))
    digest = world.digest("SHA256", b"m")
    for kind in ("P-256", "P-384"):
        private = world.key("signer", kind)
        made = private.sign(b"m", ec.ECDSA(world.HASHES["SHA256"]))
        whole.append(("ecdsa", [world.point(private), digest, made], 0))
    private, how = world.key("signer", "2048"), world.HASHES["SHA256"]
    made = private.sign(b"m", padding.PSS(padding.MGF1(how), 32), how)
    whole.append(("rsa", [world.point(private), digest, made], 32))
    for kind, data, more in whole:
        yield kind, data, more
        for _ in range(rounds // (1 if len(data) == 1 else 5)):
            parts = list(data)
            which = rng.randrange(len(parts))
            parts[which] = damaged(rng, parts[which])
            yield kind, parts, more


def compare(port, tmp_path, rounds):
    """Every verdict of the port is that of CPython; the whole ones are good."""
    rng = random.Random(rounds)
    script = tmp_path / "judge.py"
    script.write_text(DEVICE.replace("for line in", inspect.getsource(judge) + "\nfor line in", 1))
    work = list(cases(rng, rounds))
    lines = "".join(
        json.dumps([kind, [d.hex() for d in data], more]) + "\n" for kind, data, more in work
    )
    done = subprocess.run(
        [port, "-X", "heapsize=400k", script], input=lines, capture_output=True, text=True
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(work), done.stdout[-500:] + done.stderr
    good = 0
    for case, there in zip(work, said, strict=True):
        here = judge(*case)
        assert there == here, case
        good += here == "True"
    return good, said


@pytest.mark.parametrize("bits", [64, 32])
def test_both_ports_judge_as_cpython_does(bits, request, tmp_path):
    good, said = compare(request.getfixturevalue(f"micropython{bits}"), tmp_path, 60)
    assert good >= 3
    assert len({text for text in said if text.startswith("format")}) > 15


@pytest.mark.long
@pytest.mark.parametrize("bits", [64, 32])
def test_a_hundred_thousand_inputs(bits, request, tmp_path):
    compare(request.getfixturevalue(f"micropython{bits}"), tmp_path, 15500)

"""What do signatures, keys, requests and chains cost? Runs on MicroPython, prints JSON.

Each: time_us of all its steps, step_us the longest (the best of several runs for each step),
alloc bytes handed out, live the most that was held at once.
"""

import binascii
import gc
import hashlib
import json
import os
import sys
import time
from array import array

gc.collect()
before = gc.mem_alloc()
from security import chain, ecdsa, forget, pem, rsa, sha512, store, x509  # noqa: E402
from security import request as asking  # noqa: E402

gc.collect()
held = gc.mem_alloc() - before

from mpy import security_vectors as vectors  # noqa: E402

NOW = 1790000000
_STEPS = 3000
CENTRAL = "CentralSystemRootCertificate"


class Files:
    """A store in memory."""

    def __init__(self):
        self.content = {}

    def names(self):
        """Sorted names."""
        return sorted(self.content)

    def read(self, name):
        """A record or None."""
        return self.content.get(name)

    def write(self, name, data):
        """Replace a record."""
        self.content[name] = data

    def delete(self, name):
        """Remove a record."""
        self.content.pop(name, None)


def data(name):
    """A vector's bytes."""
    return binascii.unhexlify(getattr(vectors, name))


def walk(steps):
    """Microseconds of each step."""
    found = array("L", bytes(4 * _STEPS))  # a list that grows would be measured, too
    last = time.ticks_us()
    i = 0
    try:
        while True:
            next(steps)
            found[i] = time.ticks_us() - last
            i += 1
            last = time.ticks_us()
    except StopIteration:
        found[i] = time.ticks_us() - last
    return list(found)[: i + 1]


def cost(make, rounds=20):
    """All four figures of make(), a generator."""
    total = 1 << 29
    longest = None
    for i in range(rounds):
        gc.collect()
        # As in the heap of a chip: what is handed out lies near, collections come soon. So that
        # they fall upon other steps each time, the amount differs.
        gc.threshold(60000 + i * 7919)
        steps = walk(make())
        gc.threshold(-1)
        total = min(total, sum(steps))
        if longest is None:
            longest = steps
        longest = [min(a, b) for a, b in zip(longest, steps)]
    gc.collect()
    gc.disable()
    began = gc.mem_alloc()
    count = 0
    for _ in make():
        count += 1
    alloc = gc.mem_alloc() - began
    gc.enable()
    gc.collect()
    began = gc.mem_alloc()
    live = 0
    for i, _ in enumerate(make()):
        if i % (1 + count // 24) == 0:
            gc.collect()
            live = max(live, gc.mem_alloc() - began)
    return {"time": total, "step": max(longest), "alloc": alloc, "live": live}


def install():
    """A root into an empty store."""
    return store.install(Files(), CENTRAL, root, NOW, 8, False)


def request():
    """A key and its request."""
    return asking.new(Files(), "CP-0001", "Org", os.urandom)


digest = hashlib.sha256(vectors.MESSAGE).digest()
root = pem.encode(data("MAKER"))
leaf, sub, top = [x509.Certificate(data(name)) for name in ("LEAF", "SUB", "ROOT")]
args = [data(n) for n in ("P256_POINT", "P256_SIGNATURE", "P384_POINT", "P384_SIGNATURE")]
args += [data(n) for n in ("RSA2048_KEY", "RSA2048_SIGNATURE", "RSA3072_KEY", "RSA3072_SIGNATURE")]
raw = data("LEAF")
found = {
    "p256": cost(lambda: ecdsa.verify(args[0], digest, args[1])),
    "p384": cost(lambda: ecdsa.verify(args[2], digest, args[3])),
    "rsa2048": cost(lambda: rsa.verify(args[4], "SHA256", digest, args[5])),
    "rsa3072": cost(lambda: rsa.verify(args[6], "SHA256", digest, args[7])),
    "keygen": cost(lambda: ecdsa.generate(os.urandom)),
    "request": cost(request),
    "parse": cost(lambda: x509.reading(raw)),
    "chain": cost(lambda: chain.verify([leaf, sub], [top], NOW, x509.SERVER)),
    "install": cost(install),
    "sha512": cost(lambda: sha512.digest(False, bytes(1024))),
}
found["package"] = held
forget()
found["modules"] = len([name for name in sys.modules if name.startswith("security")])
print(json.dumps(found))

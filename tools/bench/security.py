"""What do signatures, keys, requests and chains cost: microseconds, bytes?"""

from tools import build
from tools.bench import port
from tools.bench.figures import Figure, measures

SCRIPT = "security_cost.py"
WHAT = {
    "p256": "an ECDSA signature verified, P-256",
    "p384": "the same, P-384",
    "rsa2048": "an RSA signature verified, 2048 bits",
    "rsa3072": "the same, 3072 bits",
    "keygen": "a P-256 key made",
    "request": "a key, and its signed request (PKCS#10)",
    "parse": "a certificate read",
    "chain": "a chain verified: P-256, RSA-2048 with PSS, P-384 with SHA-384",
    "install": "a root certificate installed, P-256",
    "sha512": "SHA-512 of 1 KB",
}
KINDS = {
    "time": ("us", "{}"),
    "step": ("us", "{}: the longest step"),
    "alloc": ("B", "{}: handed out, all steps"),
    "live": ("B", "{}: held at once"),
}
_NAMES = [f"security.{what}_{kind}" for what in WHAT for kind in KINDS]


@measures(*_NAMES, "security.package", "security.left", alone=True, seconds=4)
def costs():
    """On the 32-bit port."""
    found = port.run(SCRIPT)
    for what, text in WHAT.items():
        for kind, (unit, form) in KINDS.items():
            value = round(found[what][kind], 1)
            yield Figure(f"security.{what}_{kind}", value, unit, form.format(text))
    yield Figure("security.package", found["package"], "B", "RAM while lib/security is imported")
    yield Figure("security.left", found["modules"], "1", "modules after security.forget()")


@measures("security.mpy")
def size():
    """The package on the flash."""
    total = sum(path.stat().st_size for path in (build.tree("mpy") / "lib/security").iterdir())
    yield Figure("security.mpy", total, "B", "lib/security as .mpy")

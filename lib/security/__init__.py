"""How does a station judge certificates and make keys of its own?

DER, X.509, chains, RSA and ECDSA signatures, certificate requests, and the store of certificates
(docs/certificates.md). Nothing of it is needed while a station charges: callers import what they
need inside a function and call `forget()` when they are done. The handshake itself is done by
MicroPython's tls.

What takes long is a generator: each step is a few milliseconds on a chip, its result is what it
returns (`result = yield from f(..)`, or `run(f(..))` where nothing else waits).
"""

import sys

_TURN = 4  # steps of one turn: at most 20 ms on a chip


class Invalid(ValueError):
    """Something is not what it has to be: str() says which, and what was expected.

    kind: "format" (not DER, not X.509 v3, not what this station can check), "time" (expired, not
    yet valid, clock unknown), "chain" (nobody trusted signed it), "signature", "use" (not made
    for this), "name" (another's), "full" (no room).
    """

    def __init__(self, kind: str, text: str):
        super().__init__(text)
        self.kind = kind


def run(steps):
    """The result of a generator of steps, run to its end in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def turns(steps, answer):
    """What a handler of a CALL returns where the answer takes long (ChargePoint.work).

    Each call goes a few steps, at the end gives what answer(result, error) says: error is None,
    Invalid or OSError. The package is forgotten then.
    """

    import lazy

    def turn():
        nonlocal steps
        lazy.forget(0)  # this needs the room more than what is only kept
        result = error = None
        for _ in range(_TURN):
            try:
                next(steps)
            except StopIteration as end:
                result = end.value
            except (Invalid, OSError) as e:
                error = e
            else:
                continue
            steps = None
            forget()
            return answer(result, error)
        return None

    return turn


def forget():
    """Drop every module of this package. Who is still at work goes on with what it has.

    So that `except Invalid` there means the Invalid that is raised there, modules of the package
    import each other at their top: but for sha512, rsa and ecdsa, which not everybody needs.
    signature.py translates what those raise.
    """
    import lazy

    for name in list(sys.modules):
        if name.split(".")[0] == "security":
            lazy.drop(name)

"""What is the smallest heap in which a whole charge is played? By binary search, in 2 KB steps."""

import asyncio

from tools.bench import charge
from tools.bench.figures import Figure, measures, say
from tools.bench.rig import RigError

STEP_KB = 2
CONFIRMED = 2  # the heap found has to play this many charges


def search(plays, low: int, high: int) -> int | None:
    """The smallest multiple of STEP_KB in [low, high] for which plays(kb) holds, or None.

    It assumes that more heap never hurts; since a collection comes when it comes, the result has
    to hold CONFIRMED times, else the next step is tried.
    """
    bottom, top = low // STEP_KB, high // STEP_KB
    if not plays(top * STEP_KB):
        return None
    while bottom < top:
        middle = (bottom + top) // 2
        if plays(middle * STEP_KB):
            top = middle
        else:
            bottom = middle + 1
    while top < high // STEP_KB:
        if all(plays(top * STEP_KB) for _ in range(CONFIRMED - 1)):
            break
        top += 1
    return top * STEP_KB


def _player(name, form, **options):
    last = {}

    def plays(kb):
        try:
            asyncio.run(charge.play(form, f"{kb}k", **options))
        except (RigError, TimeoutError, OSError) as error:
            last["why"] = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            say(f"{name}: {kb} KB is too small: {last['why']}")
            return False
        say(f"{name}: {kb} KB plays")
        return True

    return plays, last


def _figure(name, form, low, high, what, **options):
    plays, last = _player(name, form, **options)
    kb = search(plays, low, high)
    if kb is None:
        return Figure(name, None, "B", f"{what}: not even with {high} KB: {last['why']}")
    return Figure(name, kb * 1024, "B", f"-X heapsize={kb}k of tools/station.py, {what}")


@measures("heap.smallest.mpy", seconds=120)
def as_mpy():
    """The station as .mpy files."""
    yield _figure("heap.smallest.mpy", "mpy", 64, 384, "a whole charge")


@measures("heap.smallest.frozen", "heap.smallest_calls.frozen", seconds=110)
def frozen():
    """The frozen station: a charge, then one with every Core call in it."""
    first = _figure("heap.smallest.frozen", "frozen", 24, 256, "a whole charge")
    yield first
    low = (first.value or 24 * 1024) // 1024
    yield _figure(
        "heap.smallest_calls.frozen",
        "frozen",
        low,
        256,
        "a charge with every Core call",
        calls=True,
    )


@measures("heap.smallest_security.frozen", seconds=60)
def secure():
    """The frozen station: a charge with every call of the security whitepaper in it."""
    what = "a charge with certificates, a signed update and a log in it"
    yield _figure("heap.smallest_security.frozen", "frozen", 48, 128, what, secure=True)


@measures("heap.smallest.romfs", "heap.smallest_calls.romfs", seconds=100)
def romfs():
    """The same out of a ROMFS."""
    name = "heap.smallest.romfs"
    first = _figure(name, "romfs", 48, 256, "a whole charge")
    yield first
    low = (first.value or 48 * 1024) // 1024
    what = "a charge with every Core call"
    yield _figure("heap.smallest_calls.romfs", "romfs", low, 256, what, calls=True)


@measures("heap.smallest_12_guns.frozen", seconds=90)
def twelve_guns():
    """Twelve guns on a ring of modules, frozen; a charge at the last one."""
    what = "12 guns, 24 modules (--profile dc)"
    options = {"guns": 12, "profile": "dc", "speed": 5}
    yield _figure("heap.smallest_12_guns.frozen", "frozen", 56, 512, what, **options)

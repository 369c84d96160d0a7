"""Which modules run where an island mixes strong and weak ones, and not all of them must?

Loaded on demand: modules of one station are mostly alike, and then carry.py just counts them off.
"""


def choose(planner, g, able, power):
    """Generator: take the best choice of `able`, modules in order of preference, for gun `g`."""
    ring = planner.ring
    count = carried = 0
    for strong in sorted([ring.usable(g, m) for m in able], reverse=True):
        if carried >= power:
            break
        carried += strong
        count += 1
    yield
    running = _running(ring, g, able, power, count)
    yield
    yield from _take(planner, g, able, power, count, running)


def _strongest(ring, g, able, count, running):
    """The power of `count` of the modules, the strongest ones, `running` of them running."""
    power = 0
    on = sorted((ring.usable(g, m) for m in able if ring.on[m]), reverse=True)
    off = sorted((ring.usable(g, m) for m in able if not ring.on[m]), reverse=True)
    if running > len(on) or count - running > len(off):
        return -1
    for i in range(running):
        power += on[i]
    for i in range(count - running):
        power += off[i]
    return power


def _running(ring, g, able, power, count):
    """How many of `count` modules that carry `power` can be ones that run already."""
    for running in range(count, 0, -1):
        if _strongest(ring, g, able, count, running) >= power:
            return running
    return 0


def _take(planner, g, able, power, count, running):
    """Each module in turn, if the strongest of those behind it can carry what it leaves."""
    ring = planner.ring
    for i in range(len(able)):
        if not count:
            return
        m = able[i]
        on = 1 if ring.on[m] else 0
        if on > running:
            continue
        rest = _strongest(ring, g, able[i + 1 :], count - 1, running - on)
        if rest >= 0 and rest + ring.usable(g, m) >= power:
            planner.carrier[m] = g
            power -= ring.usable(g, m)
            count -= 1
            running -= on
        yield

"""Which modules of an island run? The fewest that carry its power.

Of those choices the one that keeps most modules running that run already, then the one with the
least hours, then the lowest number. A gun that gets no power needs no module.
"""

from planner.ring import NOBODY


def choose(planner):
    """Generator of small steps; sets planner.carrier from the owner map and the powers."""
    ring = planner.ring
    for m in range(len(planner.carrier)):
        planner.carrier[m] = NOBODY
    yield
    for k in range(ring.count):
        g = ring.gun[k]
        if planner.power_w[g]:
            yield from _island(planner, g, planner.power_w[g])


def _island(planner, g, power):
    """Take modules in order of preference, each one if what is left can still be carried."""
    ring = planner.ring
    able = []
    for m in range(len(ring.slot_of)):
        if planner.owner[ring.slot_of[m]] == g and ring.usable(g, m):
            able.append(m)
    yield
    able.sort(key=lambda m: (not ring.on[m], ring.hours[m], m))
    strong = sorted(able, key=lambda m: -ring.usable(g, m))
    yield
    count = missing = 0
    for m in strong:
        if missing >= power:
            break
        missing += ring.usable(g, m)
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

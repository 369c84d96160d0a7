"""Which modules run where an island mixes strong and weak ones, and not all of them must?

Loaded on demand: modules of one station are mostly alike, and then carry.py just counts them off.
"""


def choose(planner, g, able, power):
    """Generator: take the best choice of `able`, modules in order of preference, for gun `g`."""
    ring = planner.ring
    strong = [ring.usable(g, m) for m in able]
    yield
    on = []  # what the running ones and the others give, the strongest first
    off = []
    for i in range(len(able)):
        (on if ring.on[able[i]] else off).append(strong[i])
    on.sort()
    on.reverse()
    off.sort()
    off.reverse()
    strong.sort()
    count = carried = 0
    while carried < power:
        count += 1
        carried += strong[-count]
    yield
    running = _running(on, off, power, count)
    yield
    for m in able:
        if not count:
            return
        own = ring.usable(g, m)
        runs = 1 if ring.on[m] else 0
        (on if runs else off).remove(own)
        # Taken if the strongest of those behind it can carry what it leaves.
        if runs <= running:
            rest = _strongest(on, off, count - 1, running - runs)
            if rest >= 0 and rest + own >= power:
                planner.carrier[m] = g
                power -= own
                count -= 1
                running -= runs
        yield


def _strongest(on, off, count, running):
    """The power of the `count` strongest modules with `running` that run; -1: there are none."""
    if running > len(on) or count - running > len(off):
        return -1
    power = 0
    for i in range(running):
        power += on[i]
    for i in range(count - running):
        power += off[i]
    return power


def _running(on, off, power, count):
    """How many of `count` modules that carry `power` can be ones that run already."""
    running = min(count, len(on))
    while running and _strongest(on, off, count, running) < power:
        running -= 1
    return running

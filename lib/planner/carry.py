"""Which modules of an island run? The fewest that carry its power.

Of those choices the one that keeps most modules running that run already, then the one with the
least hours, then the lowest number. A gun that gets no power needs no module.
"""

from micropython import const

from planner.ring import NOBODY

# An order of preference as one integer: idle before it, hours, number.
_IDLE = const(1 << 28)
_HOURS = const(0xFFFFF)


def choose(planner):
    """Generator of small steps; sets planner.carrier from the owner map and the powers."""
    ring = planner.ring
    carrier = planner.carrier
    for m in range(len(carrier)):
        carrier[m] = NOBODY
    work = 0
    for k in range(ring.count):
        if planner.need[k]:
            work += 1 + planner.arc_cc[k] + planner.arc_cw[k]
            if work > 2:
                yield
                work = 0
            yield from _island(planner, k)


def _island(planner, k):
    ring = planner.ring
    g = ring.gun[k]
    able = []
    total = weakest = strongest = 0
    s = ring.home[g] - planner.arc_cc[k]
    for i in range(planner.arc_cc[k] + 1 + planner.arc_cw[k]):
        for m in range(ring.first[s % ring.slots], ring.first[s % ring.slots + 1]):
            power = ring.usable(g, m)
            if power:
                if power < weakest or not total:
                    weakest = power
                if power > strongest:
                    strongest = power
                total += power
                able.append(m)
        s += 1
        if i & 3 == 3:
            yield
    power = planner.need[k]
    if total - weakest < power:  # all of them
        for m in able:
            planner.carrier[m] = g
        return
    for i in range(len(able)):
        m = able[i]
        # Hours below a million; small integers up to 255 modules.
        able[i] = ((0 if ring.on[m] else _IDLE) + (min(ring.hours[m], _HOURS) << 8)) + m
    if len(able) > 4:
        yield
    able.sort()
    for i in range(len(able)):
        able[i] &= 255
    if weakest < strongest:
        from planner import mixed

        yield from mixed.choose(planner, g, able, power)
        return
    for m in able:
        planner.carrier[m] = g
        power -= strongest
        if power <= 0:
            break

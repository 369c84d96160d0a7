"""Which guns can be served at all, and why not the others?

All together if that works, which it mostly does; else refuse.py finds out which ones by rank. A
gun that is refused gets a reason.
"""

from micropython import const

BLOCKED = const(1)  # its home slot is blocked
DEMAND = const(2)  # its floor is above its own demand
GRID = const(3)  # the grid's limit does not leave its floor
ALONE = const(4)  # not even alone: ties, pins or modules
BESIDE = const(5)  # not beside the guns of better rank


def admit(planner):
    """Generator of small steps; leaves the admitted guns in planner.wanted and surveyed."""
    ring = planner.ring
    wanted = planner.wanted
    denied = planner.denied
    floors = 0
    ring.bare = False
    ring.limited = ring.max_modules < len(ring.slot_of)
    for g in range(len(wanted)):
        denied[g] = wanted[g] = 0
        if ring.home[g] < 0:
            continue
        if ring.blocked[ring.home[g]]:
            denied[g] = BLOCKED
        elif ring.floor_w[g] > ring.demand_w[g]:
            denied[g] = DEMAND
        else:
            wanted[g] = 1
            floors += ring.floor_w[g]
    yield
    planner.fits = tried = floors <= ring.grid_w
    if tried:
        yield from survey(planner)
    if not planner.fits:
        from planner import refuse

        yield from refuse.by_rank(planner, tried)


def survey(planner):
    """Put `wanted` into the ring's tables and see whether a legal layout carries its floors."""
    ring = planner.ring
    ring.admit(planner.wanted)
    yield
    work = 0
    for k in range(ring.count):
        ring.survey(k)
        work += 2
        for way in (1, -1):
            while ring.walk(k, way):
                yield
                work = 0
            work += 1
            if work > 4:
                yield
                work = 0
    yield
    planner.fits = ring.pins()
    yield
    if planner.fits and ring.count:
        yield from feasible(planner)


def feasible(planner):
    """Set planner.fits: does a legal layout exist that carries every floor?

    From each possible beginning each gun in turn takes the least it needs clockwise, which leaves
    most to the next: if that fails, everything fails.
    """
    ring = planner.ring
    n = ring.count
    for k in range(n):
        need = ring.floor_w[ring.gun[k]]
        if not (ring.ends_cw[k] & ring.ends_cc[k] & 1) or need and not ring.reaches(k, 0, 0, need):
            break
        if need and ring.limited:
            yield
    else:
        if n > 1 or ring.legal_alone(0, 0):
            return
    planner.fits = False
    for first in range(ring.reach_cc[0] + 1):
        yield
        if n == 1:
            yield from _alone(planner, first)
        elif ring.ends_cc[0] >> first & 1:
            yield from _around(planner, first)
        if planner.fits:
            return


def _alone(planner, r):
    ring = planner.ring
    floor = ring.floor_w[ring.gun[0]]
    far = min(ring.reach_cw[0], ring.gap[0] - r)
    for l in range(far, -1, -1):  # noqa: E741
        if ring.legal_alone(r, l) and (not floor or ring.reaches(0, r, l, floor)):
            planner.fits = True
            return
        yield


def _around(planner, first):
    ring = planner.ring
    r = first
    n = ring.count
    for k in range(n):
        floor = ring.floor_w[ring.gun[k]]
        gap = ring.gap[k]
        l = 0  # noqa: E741
        while not ring.ends_cw[k] >> l & 1 or floor and not ring.reaches(k, r, l, floor):
            l += 1  # noqa: E741
            if l > ring.reach_cw[k]:
                return
            if ring.limited:
                yield
        if k + 1 == n:
            planner.fits = l + first <= gap
            return
        r = min(gap - l, ring.reach_cc[k + 1])
        while r >= 0 and not ring.ends_cc[k + 1] >> r & 1:
            r -= 1
        if r < 0:
            return
        if k & 1:
            yield

"""Which guns can be served at all, and why not the others?

All together if that works; otherwise one after another in the order of their rank, each kept if a
legal layout with every floor still exists. That is the best choice, because dropping a gun frees
slots and never takes any. A gun that is refused gets a reason.
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
    planner.fits = False
    if floors <= ring.grid_w:
        yield from survey(planner)
    if not planner.fits:
        yield from _by_rank(planner)


def survey(planner):
    """Put `wanted` into the ring's tables and see whether a legal layout carries its floors."""
    ring = planner.ring
    ring.admit(planner.wanted)
    yield
    work = 0
    for k in range(ring.count):
        ring.survey(k)
        work += 3 + ring.reach_cw[k] + ring.reach_cc[k]
        if work > 7:
            yield
            work = 0
    planner.fits = ring.pins()
    if planner.fits and ring.count:
        yield from feasible(planner)


def _by_rank(planner):
    ring = planner.ring
    wanted = planner.wanted
    denied = planner.denied
    for g in range(len(wanted)):
        wanted[g] = 0
    left = ring.grid_w
    for g in planner.turn:
        if ring.home[g] < 0 or denied[g]:
            continue
        if ring.floor_w[g] > left:
            denied[g] = GRID
            continue
        wanted[g] = 1
        yield from survey(planner)
        if planner.fits:
            left -= ring.floor_w[g]
            continue
        wanted[g] = 0
        kept = bytes(wanted)
        for i in range(len(wanted)):
            wanted[i] = i == g
        yield from survey(planner)
        denied[g] = BESIDE if planner.fits else ALONE
        wanted[:] = kept
    yield from survey(planner)


def feasible(planner):
    """Set planner.fits: does a legal layout exist that carries every floor?

    From each possible beginning each gun in turn takes the least it needs clockwise, which leaves
    most to the next: if that fails, everything fails.
    """
    ring = planner.ring
    n = ring.count
    for k in range(n):
        need = ring.floor_w[ring.gun[k]]
        if not (ring.ends_cw[k] & ring.ends_cc[k] & 1) or need and ring.carries(k, 0, 0) < need:
            break
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
        if ring.legal_alone(r, l) and ring.carries(0, r, l) >= floor:
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
        while not ring.ends_cw[k] >> l & 1 or floor and ring.carries(k, r, l) < floor:
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

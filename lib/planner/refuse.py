"""Which guns are refused when not all can be served together?

In the order of their rank each gun is admitted if a legal layout with every floor so far and its
own exists. That is the best choice, because dropping a gun frees slots and never takes any; so if
the first k guns cannot be served together no more can, and the first one that fails is searched
for. Loaded on demand.
"""

from planner import admit


def by_rank(planner, tried):
    """Generator: settles planner.wanted and denied. tried: all together have failed already."""
    wanted = planner.wanted
    turn = planner.turn
    hard = bytearray(len(wanted))
    for g in range(len(wanted)):
        hard[g] = wanted[g] and _hard(planner.ring, g)
        if g & 3 == 3:
            yield
    sure = 0
    while True:
        high = len(turn)
        if not tried:
            yield from _together(planner, sure, high, hard)
            if planner.fits:
                break
        tried = False
        low = sure
        while high - low > 1:
            middle = _pivot(turn, hard, low, high)
            yield from _together(planner, sure, middle, hard)
            if planner.fits:
                low = middle
            else:
                high = middle
        _take(planner, sure, high - 1)
        yield from _reason(planner, turn[high - 1], hard)
        sure = high
    planner.ring.bare = False
    yield from admit.survey(planner)


def _hard(ring, g):
    """1 unless its home alone is an island for gun `g`: without such guns nothing can fail."""
    home = ring.home[g]
    if (ring.tie[home] | ring.tie[home - 1]) & 1 or g in ring.pin:  # a tie is welded closed
        return 1
    floor = ring.floor_w[g]
    return 1 if floor and (ring.limited or ring.capacity(g, home) < floor) else 0


def _pivot(turn, hard, low, high):
    """Where to look next: before and behind a hard gun if there are only a few, else halfway."""
    count = 0
    for i in range(low, high):
        if hard[turn[i]]:
            count += 1
            last = i
    if 0 < count < 4:
        return last if last > low else low + 1
    return (low + high) // 2


def _together(planner, sure, end, hard):
    """Generator: sets planner.fits: can those admitted so far and turn[sure:end] be served?"""
    yield
    _take(planner, sure, end)
    yield
    for g in range(len(hard)):
        if hard[g] and planner.wanted[g]:
            planner.ring.bare = True
            yield from admit.survey(planner)
            return
    planner.fits = True


def _take(planner, sure, end):
    """Want the guns of turn[sure:end] as well, as far as the grid leaves them their floors."""
    ring = planner.ring
    wanted = planner.wanted
    denied = planner.denied
    left = ring.grid_w
    for i in range(len(planner.turn)):
        g = planner.turn[i]
        if i >= sure:
            wanted[g] = 0
            if denied[g] == admit.GRID:
                denied[g] = 0
            if i < end and ring.home[g] >= 0 and not denied[g]:
                if ring.floor_w[g] > left:
                    denied[g] = admit.GRID
                else:
                    wanted[g] = 1
        if wanted[g]:
            left -= ring.floor_w[g]


def _reason(planner, g, hard):
    """Generator: gun `g` is refused: would it be even if it were alone?"""
    wanted = planner.wanted
    planner.fits = True
    if hard[g]:
        yield
        kept = bytes(wanted)
        for i in range(len(wanted)):
            wanted[i] = i == g
        yield from admit.survey(planner)
        wanted[:] = kept
    planner.denied[g] = admit.BESIDE if planner.fits else admit.ALONE

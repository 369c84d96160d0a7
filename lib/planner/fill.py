"""How is a power that does not suffice shared out fairly, to the watt?

Water-filling: every gun stands at the same level (power over weight) unless its own maximum or its
floor holds it elsewhere. It is the leximin optimum of the set, found by walking the sorted points
where a gun starts or stops growing; there is no iteration limit and no slice error. The level is
an exact rounded-down integer in units of 1 W over the common multiple of the weights, so each
power is the exact share rounded down and their sum is never above the grid's.
"""

from micropython import const

LEVEL_MAX = const(0x3FFFFFFF)


class Fill:
    """Working memory for up to `guns` guns; `level` allocates nothing while integers are small.

    low, high, weight: whole watts and weights of the first `count` guns. common: a multiple of
    every weight. grow: common // weight.
    """

    def __init__(self, guns):
        self.count = 0
        self.low = [0] * guns
        self.high = [0] * guns
        self.weight = [1] * guns
        self.grow = [1] * guns
        self.common = 1
        self.rest = 0  # not 0: the exact level is a little above the one that level() gave
        self._short = [-1] * guns
        self._long = [-1] * (2 * guns)

    def weigh(self, k, weight):
        """State the weight of gun `k`; after the last one call `settle`."""
        self.weight[k] = weight
        if not self.common % weight:
            return
        a, b = self.common, weight
        while b:
            a, b = b, a % b
        self.common = self.common // a * weight

    def settle(self):
        """Derive `grow` from the weights."""
        for k in range(self.count):
            self.grow[k] = self.common // self.weight[k]

    def level(self, grid_w):
        """The highest level whose powers sum up to at most `grid_w`, or None if nothing is short.

        The floors alone must not exceed `grid_w`.
        """
        self.rest = 0
        left = grid_w
        wish = slope = floors = 0
        n = self.count
        for k in range(n):
            wish += self.high[k]
            if self.low[k]:
                left -= self.low[k]
                floors = 1
            else:
                slope += self.weight[k]
        if wish <= grid_w:
            return None
        points = self._long if floors else self._short
        pair = n + n
        i = 0
        for k in range(n):
            points[i] = self.high[k] * self.grow[k] * pair + k + n
            i += 1
            if floors and self.low[k]:
                points[i] = self.low[k] * self.grow[k] * pair + k
                i += 1
        while i < len(points):
            points[i] = -1
            i += 1
        points.sort()
        return self._walk(points, left * self.common, slope, pair)

    def _walk(self, points, left, slope, pair):
        """From level 0 upwards, spending `left` (watts times common) at `slope` (weights)."""
        at = 0
        half = pair // 2
        for point in points:
            if point < 0:
                continue
            here = point // pair
            need = slope * (here - at)
            if need > left:
                break
            left -= need
            at = here
            k = point % pair
            if k < half:
                slope += self.weight[k]
            else:
                slope -= self.weight[k - half]
        if not slope:
            return at
        self.rest = left % slope
        return at + left // slope

    def share(self, k, level):
        """The power of gun `k` at `level`: whole watts, rounded down."""
        if level is None:
            return self.high[k]
        power = level // self.grow[k]
        if power < self.low[k]:
            return self.low[k]
        high = self.high[k]
        return high if power > high else power

    def asks(self, k, level):
        """What an arc has to carry for that: the exact share, rounded up."""
        power = self.share(k, level)
        if level is None or power == self.high[k] or power > level // self.grow[k]:
            return power
        return power + 1 if self.rest or level % self.grow[k] else power

    def stands(self, k, level):
        """How high gun `k` really stands at `level`: what leximin compares."""
        grow = self.grow[k]
        if level is None or level > self.high[k] * grow:
            return self.high[k] * grow
        return self.low[k] * grow if level < self.low[k] * grow else level

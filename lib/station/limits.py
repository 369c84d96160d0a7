"""How much may flow, and who says so?

Every subsystem states a claim under its own name; the lowest wins and is named. A claim in
watts is turned into a current at the present voltage, one in amperes into watts, so that a
profile in W and a cable in A can be compared. Nothing is allocated by `resolve`.
"""

from micropython import const

# Stands for "no limit": above any current (0.1 A) or power (W) a charger can have.
NO_LIMIT = const(0x1FFFFFFF)
_TOP_W = const(4_000_000)  # no charger's; and times 100 it is a small integer


class Limits:
    """Named claims of one connector.

    names: tuple of str, the claims this connector knows, most trusted first (ties go to the
    earlier one). Every name begins with its safe default, 0, until it is claimed: a limit that
    nobody has stated yet permits nothing. Those in `optional` begin unlimited.
    """

    def __init__(self, names, optional=()):
        self._names = names
        self._current_da = [0 if n not in optional else NO_LIMIT for n in names]
        self._power_w = [NO_LIMIT] * len(names)
        self._left_ms = [-1] * len(names)  # -1: does not go stale
        # The voltage that _da and _who were found at; -1: a claim has changed, or ages.
        self._dv = -1
        self._da = self._who = 0
        self.limit_da = 0
        self.limit_w = 0
        self.source = names[0]

    def claim(self, name, current_da=NO_LIMIT, power_w=NO_LIMIT, ttl_ms=-1):
        """State a claim: current in 0.1 A and power in W; with `ttl_ms`, it becomes 0 when stale.

        Raises ValueError for a name this connector does not know.
        """
        i = self._names.index(name)
        self._left_ms[i] = ttl_ms
        if current_da != self._current_da[i] or power_w != self._power_w[i] or ttl_ms >= 0:
            self._current_da[i] = current_da
            self._power_w[i] = power_w
            self._dv = -1

    def clear(self, name):
        """Withdraw a claim: this name no longer limits anything."""
        self.claim(name)

    def claims(self):
        """All claims for a person to read: list of (name, current_da or None, power_w or None)."""
        return [
            (
                n,
                None if self._current_da[i] == NO_LIMIT else self._current_da[i],
                None if self._power_w[i] == NO_LIMIT else self._power_w[i],
            )
            for i, n in enumerate(self._names)
        ]

    def resolve(self, dt_ms, voltage_dv):
        """Find the lowest claim at `voltage_dv` (0.1 V); sets limit_da, limit_w and source."""
        if voltage_dv != self._dv:
            aging = max(self._left_ms) >= 0 and self._age(dt_ms)
            self._dv = -1 if aging else voltage_dv
            currents, powers = self._current_da, self._power_w
            lowest = min(currents)
            winner = currents.index(lowest)
            w = min(powers)
            if voltage_dv > 0 and w < _TOP_W and w * 100 // voltage_dv <= lowest:
                # W / V = A; in tenths: 100 * W / (0.1 V). Ties go to the earlier one.
                lowest = w * 100 // voltage_dv
                winner = 0
                while currents[winner] != lowest:
                    w = powers[winner]
                    if w < _TOP_W and w * 100 // voltage_dv == lowest:
                        break
                    winner += 1
            self._da = lowest
            self._who = winner
        self.limit_da = lowest = self._da
        # Below 2**30 for 1000 V and 1000 A: stays a small integer on the chip.
        self.limit_w = NO_LIMIT if lowest == NO_LIMIT else lowest * voltage_dv // 100
        self.source = self._names[self._who]

    def _age(self, dt_ms):
        """Let time pass for claims that go stale; True while there are any."""
        left = self._left_ms
        for i in range(len(left)):
            if left[i] > dt_ms:
                left[i] -= dt_ms
            elif left[i] >= 0:
                left[i] = -1
                self._current_da[i] = 0
        return max(left) >= 0

"""What is known about a row of contactors: ordered, reported, moving, faulty?

An auxiliary contact reports each contactor. A report that does not follow its order within
`aux_ms` is a fault: welded (ordered open, reported closed) or stuck (ordered closed, never
reported so), held until a person clears it. One that was closed and falls by itself (its PLC has
a reason) loses its order and is no fault. A report that is missing counts as closed and as open,
whichever is worse, for as long as it is missing; who does not report for `gone_ms` does not hear
us either, has opened by its own watchdog and must not close again with our next word: the order is
withdrawn.
"""

from array import array

from micropython import const

# Reports.
IS_OPEN = const(0)
IS_CLOSED = const(1)
UNKNOWN = const(2)
# Faults, as Ring.tie has them.
WELDED = const(1)
STUCK = const(2)
_LONG = const(1 << 24)  # ms, 4.6 hours


class Bank:
    """`count` contactors by index: cmd 0 or 1, fb the last report.

    moves: orders so far (wear). fault: WELDED | STUCK, held. lost_ms: how long a report has been
    missing. theirs: somebody else moves them, who hears no order; one that closes unasked and is
    not adopted counts as welded after aux_ms.
    """

    def __init__(self, count, aux_ms=200):
        self.aux_ms = aux_ms
        self.gone_ms = 2500
        self.theirs = False
        self.cmd = bytearray(count)
        self.fb = bytearray(b"\x02" * count)
        self.fault = bytearray(count)
        self.seen = bytearray(count)  # 1: the last order has been reported as done
        self._now = _LONG
        self._at = array("i", bytes(4 * count))  # of the last order
        self._quiet = False  # every report was as ordered, and has been noted
        self.lost_ms = array("i", bytes(4 * count))
        self.moves = array("i", bytes(4 * count))

    def order(self, i, on):
        """Open or close contactor `i`."""
        self.cmd[i] = on
        self.seen[i] = 0
        self._at[i] = self._now
        self._quiet = False
        self.moves[i] += 1

    def step(self, dt_ms):
        """Let time pass; True when a fault has been found in this step."""
        found = False
        self._now += dt_ms
        if self._now > 2 * _LONG:  # small integers for ever; ages of hours all count alike
            self._now -= _LONG
            for i in range(len(self._at)):
                self._at[i] = max(self._at[i] - _LONG, 0)
        if self.fb == self.cmd and self._quiet:
            return False
        self._quiet = self.fb == self.cmd
        for i in range(len(self.cmd)):
            ms = self.ms(i)
            fb = self.fb[i]
            if fb == UNKNOWN:
                before = self.lost_ms[i]
                self.lost_ms[i] = min(before + dt_ms, _LONG)
                found = found or before <= self.aux_ms < before + dt_ms
                if self.cmd[i] and before + dt_ms > self.gone_ms:
                    self.withdraw(i)
                continue
            if self.lost_ms[i]:
                found = found or self.lost_ms[i] > self.aux_ms
                self.lost_ms[i] = 0
            if fb == self.cmd[i]:
                self.seen[i] = 1
                continue
            if self.theirs and fb and self.seen[i]:  # it has moved by itself: from now on
                self.seen[i] = 0
                self._at[i] = self._now
                continue
            if ms <= self.aux_ms:
                continue
            kind = WELDED if fb else STUCK
            if self.cmd[i] and self.seen[i]:
                found = True
            elif not self.fault[i] & kind:
                self.fault[i] |= kind
                found = True
            if self.cmd[i]:  # it has not closed: nobody waits for it any more
                self.withdraw(i)
        return found

    def adopt(self, i):
        """Somebody else has closed it, and was meant to."""
        self.order(i, 1)
        self.seen[i] = 1

    def withdraw(self, i):
        """It has opened by itself, or never closed."""
        self.cmd[i] = self.seen[i] = 0
        self._at[i] = self._now
        self._quiet = False

    def ms(self, i):
        """Milliseconds since the last order of contactor `i`, hours if there is none."""
        return self._now - self._at[i]

    def faulty(self, i):
        """WELDED | STUCK of what is held and of what is not known."""
        return self.fault[i] | (3 if self.lost_ms[i] > self.aux_ms else 0)

    def may(self, i):
        """May it be closed: closed, closing, opening, welded or unknown?"""
        return self.cmd[i] or self.fb[i] != IS_OPEN

    def proven(self, i):
        """Is it proven closed, and going to stay so?"""
        return self.fb[i] == IS_CLOSED and (self.cmd[i] or self.fault[i] & WELDED)

    def open(self, i):
        """Is it proven open, without a fault: may it be closed?"""
        return self.fb[i] == IS_OPEN and not self.cmd[i] and not self.fault[i]

    def flying(self, i):
        """Has it been ordered and has not reported yet?"""
        return self.fb[i] != self.cmd[i] and self.ms(i) <= self.aux_ms

    def clear(self):
        """A person clears what is held."""
        for i in range(len(self.fault)):
            self.fault[i] = 0

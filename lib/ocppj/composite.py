"""Which limit do charging profiles set at a moment, until when, and what do they add up to?

Pure and the same for every version of OCPP (1.6: S 3.13, 5.16; 2.0.1: K01). A profile is one
bytes object, as it lies in flash (profiles.py): HEAD, then 8 bytes a period. Nothing is unpacked
but what is asked for. Limits are integers in 0.1 A or 0.1 W, times whole seconds (Unix).

    head    version, purpose, kind, unit, connector, stack level, number of periods, id, start of
            the schedule, journal number of the transaction, valid from, valid to, duration, turn
    period  start in the lower 30 bits, phases in the upper 2; limit
"""

import struct

from micropython import const

HEAD = "<BBBBBBHqqiIIII"
SIZE = const(44)
# Fields of the head.
PURPOSE = const(1)
KIND = const(2)
UNIT = const(3)
CID = const(4)
LEVEL = const(5)
COUNT = const(6)
ID = const(7)
START = const(8)
TX = const(9)
FROM = const(10)
TO = const(11)
DURATION = const(12)
TURN = const(13)

# PURPOSE: of the whole station, of every charge, of one charge.
STATION = const(0)
DEFAULT = const(1)
CHARGE = const(2)

# KIND
ABSOLUTE = const(0)
DAILY = const(1)
WEEKLY = const(2)
RELATIVE = const(3)

# UNIT, as letters.
A = const(65)
W = const(87)

# No end: later than every moment, longer than every schedule.
NEVER = const(0xFFFFFFFF)
PERIOD = const(0x3FFFFFFF)

# TX of a profile that came with a remote start and waits for its charge; of one without charge.
WAITING = const(-2)
NONE = const(-1)


def segment(p, t, zero):
    """What profile `p` says at `t`: (place, until).

    place: offset of the period that rules; 0: valid, but without a limit now (not begun, or its
    duration is over, E 3.43); -1: not valid now. until: first moment at which that may change.
    zero: start of the charge, for relative schedules; None: it would begin now, whenever that is.
    """
    head = struct.unpack_from(HEAD, p)
    last = head[TO]
    if t < head[FROM]:
        return -1, head[FROM]
    if t >= last:
        return -1, NEVER
    start = head[START]
    kind = head[KIND]
    if kind == RELATIVE:
        start = t if zero is None else zero
    if t < start:
        return 0, min(start, last)
    # Every 24 hours or 7 days from the start (E 3.79); what is longer is not run (E 3.44).
    repeat = 86400 if kind == DAILY else 604800 if kind == WEEKLY else NEVER
    at = (t - start) % repeat
    length = min(head[DURATION], repeat)
    if at >= length:
        return 0, min(t - at + repeat, last)
    # The last period that has begun; it extends to the end of the duration.
    low = 0
    high = head[COUNT]
    while low + 1 < high:
        mid = (low + high) // 2
        if struct.unpack_from("<I", p, SIZE + 8 * mid)[0] & PERIOD <= at:
            low = mid
        else:
            high = mid
    place = SIZE + 8 * low
    if zero is None and kind == RELATIVE:
        return place, last
    if low + 1 < head[COUNT]:
        length = min(struct.unpack_from("<I", p, place + 8)[0] & PERIOD, length)
    return place, min(t - at + length, last)


def lowest(p):
    """(place, until) of a profile while the time of day is not known: its lowest limit holds."""
    place = SIZE
    for i in range(SIZE, SIZE + 8 * struct.unpack_from(HEAD, p)[COUNT], 8):
        if struct.unpack_from("<I", p, i + 4)[0] < struct.unpack_from("<I", p, place + 4)[0]:
            place = i
    return place, NEVER


def timeless(p):
    """True if a profile needs no time of day: relative, and valid without end."""
    head = struct.unpack_from(HEAD, p)
    return head[KIND] == RELATIVE and head[FROM] == 0 and head[TO] == NEVER


def convert(limit, unit, phases, want, volts_dv, usable):
    """A limit in the unit `want` (A or W), in tenths, rounded down.

    usable: 0 where a limit in A is an output current at `volts_dv`; else the phases of the supply
    of `volts_dv` each. Of more phases than there are, the limit is taken as it is given (E 3.34).
    """
    used = min(phases, usable) if usable else 1
    if unit == want:
        return limit * used // usable if unit == A and usable else limit
    if want == W:
        return limit * volts_dv * used // 10
    return limit * 10 // (volts_dv * (usable or 1))


class Chain:
    """The profiles that may limit one thing, the best first; a profile is read when it is needed.

    rows: heads, with the slot in the place of the version, as `select` orders them. read(slot)
    gives the profile or None. zero: see segment. blind: the time of day is not known, times are
    uptimes. After at(t): limit (tenths, None: none), unit, phases (1 to 3).
    """

    def __init__(self, rows, read, zero, blind):
        # slot, purpose, until, place, limit, phases, unit
        self.rows = [[r[0], r[PURPOSE], -1, -1, 0, 3, r[UNIT]] for r in rows]
        self.read = read
        self.zero = zero
        self.blind = blind
        self.limit = self.unit = self.phases = None

    def at(self, t):
        """Find the limit at `t`, which must not go back; returns until when it holds."""
        until = NEVER
        ruled = False
        self.limit = None
        for row in self.rows:
            if ruled and row[1] != CHARGE:
                break  # a charge's own profile overrules the default, whatever it says (S 3.13.1)
            if t >= row[2]:
                self._look(row, t)
            until = min(until, row[2])
            if row[3] > 0:
                self.limit, self.phases, self.unit = row[4], row[5], row[6]
                break
            if row[3] == 0 and row[1] == CHARGE:
                ruled = True
        return until

    def _look(self, row, t):
        p = self.read(row[0])
        if p is None:
            row[2:4] = NEVER, -1
        elif self.blind and not timeless(p):
            row[3], row[2] = lowest(p)
        else:
            row[3], row[2] = segment(p, t, self.zero)
        if row[3] > 0:
            start, row[4] = struct.unpack_from("<II", p, row[3])
            row[5] = start >> 30


def select(rows, cid, tx):
    """The heads that concern connector `cid` with the charge `tx` (journal number), best first.

    cid 0: those of the whole station. The own profiles of the charge stand before the defaults;
    within a purpose the highest stack level wins. A default of the connector replaces the one for
    all connectors of the same level, and only there (S 3.13.1).
    """
    out = []
    for purpose in (CHARGE, DEFAULT) if cid else (STATION,):
        taken = []
        for head in rows:
            if head[PURPOSE] == purpose and head[CID] == cid:
                if purpose != CHARGE or head[TX] == tx:
                    taken.append(head)
        if purpose == DEFAULT:
            own = [head[LEVEL] for head in taken]
            for head in rows:
                if head[PURPOSE] == purpose and not head[CID] and head[LEVEL] not in own:
                    taken.append(head)
        taken.sort(key=lambda head: -head[LEVEL])
        out += taken
    return out


class Walk:
    """The composite schedule from `t` to `end`: the sum of `chains`, at most what `top` permits.

    top: Chain of the whole station. local: what the connectors can do by themselves, in tenths of
    `unit`, a number a chain: it stands where no schedule sets a limit, and with `capped` also
    where a schedule permits more. volts_dv, usable: see convert.
    """

    def __init__(self, chains, top, local, t, end, unit, volts_dv, usable, capped):
        self.chains = chains
        self.top = top
        self.local = local
        self.t = self.start = t
        self.end = end
        self.unit = unit
        self.volts_dv = volts_dv
        self.usable = usable
        self.capped = capped
        self.last = None

    def more(self, steps, put):
        """Go on for at most `steps` changes; put(seconds from the start, limit) for each period.

        Equal neighbours are one period. True when done, False if there is more, None if put
        returned False.
        """
        while steps:
            steps -= 1
            limit, until = self._at(self.t)
            if limit != self.last:
                self.last = limit
                if not put(self.t - self.start, limit):
                    return None
            self.t = until
            if until >= self.end:
                return True
        return False

    def _at(self, t):
        until = self.top.at(t)
        total = 0
        limited = False
        for i in range(len(self.chains)):
            chain = self.chains[i]
            until = min(until, chain.at(t))
            limit = self._of(chain)
            if limit is None or self.capped and limit > self.local[i]:
                total += self.local[i]
            else:
                total += limit
            limited = limited or limit is not None
        top = self._of(self.top)
        if top is not None and (not limited and not self.capped or top < total):
            total = top
        return total, until

    def _of(self, chain):
        if chain.limit is None:
            return None
        return convert(
            chain.limit, chain.unit, chain.phases, self.unit, self.volts_dv, self.usable
        )

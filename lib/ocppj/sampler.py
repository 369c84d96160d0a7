"""When is a meter read for the CSMS, and how is one reading kept?

Samples are due at whole intervals from the start of a transaction, aligned readings at whole
intervals of the UTC day (1.6: S 3.16; 2.0.1: J01, J02). A reading is one short text, a letter
and an integer for each quantity, "E123456P7400V4000": Wh, W, 0.1 V, 0.1 A, W, per mille,
0.1 degC. It fits a record of the journal; every version of OCPP makes its own message from it.
"""

# letter, name (the same in 1.6 and 2.0.1), field of station.meter
MEASURANDS = (
    "E Energy.Active.Import.Register energy_wh\n"
    "P Power.Active.Import power_w\n"
    "V Voltage voltage_dv\n"
    "I Current.Import current_da\n"
    "O Current.Offered offered_da\n"
    "W Power.Offered offered_w\n"
    "S SoC soc_pm\n"
    "T Temperature temp_dc\n"
)
_LATE_S = 30  # an aligned reading later than this would not be of its time: none is taken


def letters(names) -> str:
    """Letters of a comma separated list of measurands; None if one of them is not measured."""
    out = ""
    if names:
        for name in names.split(","):
            at = MEASURANDS.lower().find(" " + name.strip().lower() + " ")
            if at < 1:
                return None
            out += MEASURANDS[at - 1]
    return out


def row(letter):
    """[letter, measurand, field of the meter] of a letter."""
    at = MEASURANDS.find(letter + " ")
    return MEASURANDS[at : MEASURANDS.find("\n", at)].split(" ")


def read(meter, wanted) -> str:
    """A reading of the `wanted` letters; what is not known is left out."""
    out = ""
    for letter in wanted:
        value = getattr(meter, row(letter)[2])
        if value != -32768 and (value >= 0 or letter != "S"):
            out += letter + str(value)
    return out


def values(reading):
    """Generator of (letter, value as text in Wh, W, V, A, percent, degC) of a reading."""
    at = 0
    while at < len(reading):
        end = at + 1
        while end < len(reading) and reading[end] in "-0123456789":
            end += 1
        text = reading[at + 1 : end]
        if reading[at] in "VIOST":
            minus = "-" if text[0] == "-" else ""
            text = "%s%d.%d" % ((minus,) + divmod(abs(int(text)), 10))
        yield reading[at], text
        at = end


def only(reading, wanted) -> str:
    """The part of a reading whose letters are `wanted`."""
    out = ""
    keep = False
    for char in reading:
        if char > "9":
            keep = char in wanted
        if keep:
            out += char
    return out


def after(start, interval, now):
    """The first multiple of `interval` from `start` that is later than `now`."""
    return start + ((now - start) // interval + 1) * interval


def aligned(wall, interval):
    """Unix seconds of the first aligned reading after `wall`; each day begins anew at midnight."""
    day = wall - wall % 86400
    return min(after(day, interval, wall), day + 86400)


class Sampler:
    """Keeps the times of the next readings. take(cid, stamp, aligned) is called for each one.

    Sampled readings run on uptime (a wall clock that is set disturbs them not), aligned ones on
    the wall clock.
    """

    def __init__(self, clock, count, take):
        self.clock = clock
        self.take = take
        self.interval = self.aligned_interval = 0
        self.start = [None] * count  # uptime at which the running transaction started
        self.next = [None] * count
        self.boundary = None

    def configure(self, interval, aligned_interval):
        """New intervals in seconds; 0: none of the kind."""
        if interval != self.interval:
            self.interval = interval
            for i in range(len(self.start)):
                self._plan(i)
        if aligned_interval != self.aligned_interval:
            self.aligned_interval = aligned_interval
            self.boundary = None

    def run(self, cid, start):
        """A transaction runs at `cid` since uptime `start`; None: it has ended."""
        self.start[cid - 1] = start
        self._plan(cid - 1)

    def _plan(self, i):
        start = self.start[i]
        self.next[i] = None
        if start is not None and self.interval:
            self.next[i] = after(start, self.interval, max(self.clock.uptime_s(), start))

    def tick(self, now):
        """Take what is due. Once a second."""
        for i in range(len(self.next)):
            at = self.next[i]
            if at is not None and now >= at:
                self._plan(i)
                self.take(i + 1, None, False)
        if self.aligned_interval:
            self._tick_aligned()

    def _tick_aligned(self):
        wall = self.clock.wall()
        if wall is None:
            return
        boundary = self.boundary
        if boundary is None or not -_LATE_S <= boundary - wall <= self.aligned_interval:
            # At first, and after the clock was moved.
            boundary = aligned(wall - 1, self.aligned_interval)
        if wall >= boundary:
            self.boundary = aligned(wall, self.aligned_interval)
            for cid in range(1, len(self.next) + 1):
                self.take(cid, boundary, True)
        else:
            self.boundary = boundary

"""How does a frame look as a line of a candump log? (`can dump`, can-utils, python-can)"""


class Dump:
    """A tap for a CAN driver: calls `sink(line)` with candump lines, without a newline.

    `(1700000000.012000) can0 1806E5F4#0348025800000000`; the time is the wall clock's where it
    is known, else the uptime, and never runs backwards within one dump.
    """

    def __init__(self, clock, sink, name="can0"):
        self.clock = clock
        self.sink = sink
        self.name = name
        self.ticks = clock.ticks_ms()
        self.seconds = clock.wall() or clock.uptime_s()
        self.ms = 0

    def __call__(self, can_id, data, flags):
        """Formats one frame (the tap's arguments)."""
        now = self.clock.ticks_ms()
        self.ms += self.clock.diff(now, self.ticks)
        self.ticks = now
        self.seconds += self.ms // 1000
        self.ms %= 1000
        if flags & 1:
            text = "R%d" % len(data)
        else:
            text = "".join(["%02X" % byte for byte in data])
        form = "(%d.%03d000) %s %08X#%s" if flags & 2 else "(%d.%03d000) %s %03X#%s"
        self.sink(form % (self.seconds, self.ms, self.name, can_id, text))

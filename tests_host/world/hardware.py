"""A battery, a charger module and the inputs of one connector, as small models.

Frames follow contract part (a) and are packed by struct, independently of the firmware's codec.
Physics is only as deep as the scenarios need: a current that follows its set-point, a battery
that fills. The plant of tools/sim is the deep one.
"""

import struct

STEP_MS = 100


class Inputs:
    """The board's inputs and outputs; every output is remembered."""

    def __init__(self, connectors=1):
        self.alive = True
        self.plugs = {n: False for n in range(1, connectors + 1)}
        self.pressed = False
        self.locks = {n: None for n in self.plugs}
        self.contactors = {n: False for n in self.plugs}
        self.moves = []  # (cid, on, amperes at that moment)
        self.tags = []
        self.wires = {}

    def plug(self, cid):
        return self.plugs[cid]

    def estop(self):
        return self.pressed

    def lock(self, cid):
        return self.locks[cid]

    def contactor(self, cid, on):
        self.contactors[cid] = on
        self.moves.append((cid, on, self.wires[cid].amps))

    def lock_set(self, cid, on):
        if self.locks[cid] is not None:
            self.locks[cid] = on

    def next_tag(self):
        return self.tags.pop(0) if self.tags else None

    def next_button(self):
        return None


class Wire:
    """The CAN bus of one connector with a BMS and a module on it."""

    def __init__(self, inputs, cid):
        self.inputs = inputs
        self.cid = cid
        inputs.wires[cid] = self
        self.sent = []  # (id, bytes) from the station, in order
        # battery
        self.bms_on = True
        self.permit = True
        self.vmax = 84.0
        self.imax = 30.0
        self.emf = 72.0
        self.taper_at = None  # volts of emf from which the battery takes less and less
        # module
        self.module_on = True
        self.deaf = 0  # control frames to ignore
        self.temp = 40.0
        self.on = False
        self.set_volts = 0.0
        self.set_amps = 0.0
        self.volts = 0.0
        self.amps = 0.0
        self.force_volts = None
        self.force_amps = None
        self.cut = False
        self.welded = False
        self._turn = 0

    def send(self, can_id, buf):
        """A frame from the station."""
        data = bytes(buf)
        self.sent.append((can_id, data))
        if self.cut or not self.module_on:
            return
        if can_id == 0x068181FE:
            self._control(data)
        elif can_id == 0x068182FE:
            self._telemetry(data[1])

    def _control(self, data):
        if self.deaf:
            self.deaf -= 1
            return
        if data[1] == 0x32:
            self.on = data[3] == 0
            echo = bytes((1, 0x32, 0, 0 if self.on else 1, 0, 0, 0, 0))
        else:
            value = struct.unpack(">I", data[4:])[0]
            if data[1] == 0x00:
                self.set_volts = value / 1024
            else:
                self.set_amps = value / 30.5
            echo = data
        self._to_station(0x0681817E, echo)

    def _telemetry(self, function):
        value = {0x84: self.volts * 1024, 0x82: self.amps * 1024, 0x80: self.temp * 1024}
        data = bytes((1, function, 0, 0)) + struct.pack(">I", int(value.get(function, 0)))
        self._to_station(0x0681827E, data)

    def _to_station(self, can_id, data):
        if not self.cut:
            self.path.receive(can_id, data, 8)

    def step(self):
        """100 ms of physics and of unsolicited frames."""
        self._turn += 1
        plugged = self.inputs.plugs[self.cid] is not False
        closed = (self.inputs.contactors[self.cid] or self.welded) and plugged
        emf = self.emf
        if self.on and self.module_on and closed:
            want = max(0.0, min(self.set_amps, (self.set_volts - emf) / 0.05))
            if self.taper_at is not None and emf >= self.taper_at:
                want = min(want, 0.5)
            self.amps += max(-20.0, min(10.0, want - self.amps))
            self.volts = emf + self.amps * 0.05
            self.emf += self.amps * 0.1 / 3600 * 0.4
        else:
            self.amps = max(0.0, self.amps - 20.0) if closed else 0.0
            self.volts = emf if closed else max(0.0, self.volts - 1.0)
        if self.force_volts is not None:
            self.volts = self.force_volts
        if self.force_amps is not None:
            self.amps = self.force_amps
        if self.module_on:
            self._to_station(0x00433F01, struct.pack(">ff", self.volts, self.amps))
        if plugged and self.bms_on and self._turn % 5 == 0:
            frame = struct.pack(
                ">HHB", round(self.vmax * 10), round(self.imax * 10), not self.permit
            )
            self._to_station(0x1806E5F4, frame + b"\0\0\0")

    def last(self, can_id, function=None):
        """The last frame the station sent with this id (and function byte), or None."""
        for sent_id, data in reversed(self.sent):
            if sent_id == can_id and (function is None or data[1] == function):
                return data
        return None

    def told_on(self):
        """True if the last on/off order was START."""
        data = self.last(0x068181FE, 0x32)
        return data is not None and data[3] == 0

"""How does a scripted charge controller drive the plant in tests, well or badly?

It speaks the contract in raw bytes (vectors of the contract, part a.2), shares nothing with the
firmware or with the plant's codec, and lives in virtual time.
"""

from tools.sim.canframe import Frame
from tools.sim.hub import Hub
from tools.sim.plant import Plant

STEP_MS = 100


class World:
    """A plant with one controller on its bus; `controller` decides at each 100 ms step."""

    def __init__(self, controller, soc=60.0, seed=1, **make):
        self.plant = Plant(1, soc, make=make, seed=seed)
        hub = Hub()
        self.plant.buses[0].attach(hub)
        self.port = hub.attach(self._heard)
        self.hub = hub
        self.frames = []
        self.controller = controller
        controller.port = self.port
        controller.plant = self.plant

    def _heard(self, frame: Frame):
        self.frames.append(frame)
        self.controller.hear(frame)

    def run(self, seconds, until=lambda: False):
        """Let time pass; ends early when `until()` holds."""
        for _ in range(int(seconds * 1000 / STEP_MS)):
            self.plant.advance(STEP_MS)
            self.controller.step()
            if until():
                return True
        return False

    @property
    def outlet(self):
        return self.plant.outlet(1)

    def violations(self, word):
        return [text for text in self.plant.violations if word in text]


class Controller:
    """What all scripted controllers can: hear the BMS, send commands."""

    def __init__(self):
        self.port = self.plant = None
        self.charging = False
        self.imax_a = 0.0
        self.vmax_v = 0.0
        self.permit = False
        self.bms_age_ms = 10_000
        self.turn = 0

    def hear(self, frame):
        if frame.can_id == 0x1806E5F4:
            self.vmax_v = int.from_bytes(frame.data[0:2], "big") / 10
            self.imax_a = int.from_bytes(frame.data[2:4], "big") / 10
            self.permit = frame.data[4] == 0
            self.bms_age_ms = 0

    def command(self, function, argument=0, value=0):
        data = bytes((1, function, 0, argument)) + int(value).to_bytes(4, "big")
        self.port.send(0x068181FE, data)

    def start(self):
        self.plant.output_lock(1, True)
        self.plant.output_contactor(1, True)
        self.charging = True

    def step(self):
        self.turn += 1
        self.bms_age_ms += STEP_MS
        self.control()

    def control(self):
        raise NotImplementedError


class Careful(Controller):
    """Follows permit and taper, repeats everything, opens the contactor at zero current."""

    def control(self):
        allowed = self.charging and self.permit and self.bms_age_ms < 5000
        self.command(0x32, 0 if allowed else 1)
        self.command(0x00, value=self.vmax_v * 1024)
        self.command(0x03, value=(self.imax_a if allowed else 0) * 30.5)
        if not self.charging and self.plant.outlet(1).current_a < 1:
            self.plant.output_contactor(1, False)

    def stop(self):
        self.charging = False


class IgnoresTaper(Careful):
    """Sends its set-points once, as it starts, and never again (weakness a.9 #2)."""

    def __init__(self, volts=84.0, amperes=60.0):
        super().__init__()
        self.set_points = volts, amperes
        self.sent = False

    def control(self):
        if self.charging and not self.sent:
            self.sent = True
            self.command(0x00, value=self.set_points[0] * 1024)
            self.command(0x03, value=self.set_points[1] * 30.5)
            self.command(0x32, 0)


class StopsOnce(Careful):
    """Careful until the BMS stops it; then sends STOP exactly once (weakness a.9 #2)."""

    def __init__(self):
        super().__init__()
        self.stopped = False

    def control(self):
        if self.stopped:
            return
        if self.permit:
            super().control()
        elif self.charging:
            self.stopped = True
            self.command(0x32, 1)

"""Who comes to a station of many guns, with which battery, and when does he leave again?

Each gun has its guests, one after the other: plug in, show a card, charge, show it again, go.
They go by what they see (the bench's `state`), in bench time, so that a station which is slow, cut
off or stopped by hand is waited for, and a gun that somebody else uses is left alone.
"""

WAITS_FOR_CARD = 4  # stage of the simulated PLC
LIVE_A = 1.0
GIVES_UP_S = 120.0  # who has shown his card and gets nothing leaves, and comes back
BACK_S = 5.0
AGAIN_S = 40.0  # a charge that does not end is stopped again
# SoC in percent, amperes, full at volts
VEHICLES = (
    (20, 150, 400),
    (35, 250, 400),
    (55, 125, 400),
    (15, 300, 800),
    (45, 200, 800),
    (30, 400, 400),
    (50, 120, 400),
    (25, 270, 800),
    (60, 200, 400),
    (40, 100, 400),
    (10, 350, 800),
    (30, 150, 400),
)


def card(gun: int) -> str:
    """The card of the driver at a gun."""
    return f"CARD{gun:04d}"


class Visits:
    """The guests of gun `gun` (1..): the first comes at `come_s` of bench time.

    One stays until `stay_s` after energy began to flow, or until `soc` percent. `pause_s`: so long
    the gun is free until the next comes; None: only one comes, then `done`.
    phase: away, plugged, shown, charging, leaving.
    """

    def __init__(self, gun, come_s, stay_s=1e9, soc=80.0, pause_s=None):
        self.gun = gun
        self.come_s = come_s
        self.stay_s = stay_s
        self.soc = soc
        self.pause_s = pause_s
        self.count = 0
        self.phase = "away"
        self.done = self.served = False
        self._since_s = 0.0

    def next(self, now_s: float, connector: dict) -> list[str]:
        """What the guest does now, as lines for the control port; `connector` of `state`."""
        waited = now_s - self._since_s
        flows = connector["current_a"] > LIVE_A
        if self.phase == "away":
            if self.done or now_s < self.come_s or connector["plugged"]:
                return []
            return self._plug(now_s)
        if not connector["plugged"]:  # somebody else has pulled it
            self._gone(now_s)
        elif self.phase == "plugged":
            if connector["stage"] == WAITS_FOR_CARD:
                return self._show("shown", now_s)
        elif self.phase == "shown":
            if flows:
                self.served = True
                self._be("charging", now_s)
            elif waited > GIVES_UP_S:
                self._be("leaving", now_s)
        elif self.phase == "charging":
            if not connector["contactor"] and not connector["lock"]:  # stopped by something else
                self._be("leaving", now_s)
            elif waited > self.stay_s or connector["soc"] >= self.soc:
                return self._show("leaving", now_s)
        elif not connector["contactor"] and not connector["lock"] and not flows:
            self._gone(now_s)
            return [f"unplug {self.gun}"]
        elif waited > AGAIN_S and (flows or connector["lock"]):
            return self._show("leaving", now_s)
        return []

    def _plug(self, now_s):
        soc, amperes, volts = VEHICLES[(self.gun - 1 + self.count * 5) % len(VEHICLES)]
        self.count += 1
        self.served = False
        self._be("plugged", now_s)
        gun = self.gun
        return [f"ev demand {gun} {amperes} {volts}", f"soc {gun} {soc}", f"plug {gun}"]

    def _show(self, phase, now_s):
        self._be(phase, now_s)
        return [f"tag {self.gun} {card(self.gun)}"]

    def _gone(self, now_s):
        self._be("away", now_s)
        self.done = self.served and self.pause_s is None
        self.come_s = now_s + ((self.pause_s or 0) if self.served else BACK_S)

    def _be(self, phase, now_s):
        self.phase = phase
        self._since_s = now_s

"""What does a vehicle at a DC gun ask for, and what does its battery do with it?

A battery of 400 V or 800 V, a charge curve over the state of charge, and the wish that goes over
the wire: target voltage and current. It forgives nothing: what it did not ask for is harm.
"""

from .battery import Battery

# The part of its largest current that a vehicle asks for, by SoC in percent.
CURVE = ((0, 0.8), (10, 1.0), (50, 1.0), (60, 0.8), (80, 0.45), (95, 0.12), (100, 0.05))
FULL_SOC = 99.0


class DcVehicle:
    """A vehicle with a pack of `full_v`, that takes `top_a` at best. `plugged`: at the gun.

    inlet: its battery stands at the inlet (from the pre-charge on until the end).
    """

    def __init__(self, soc: float = 35.0, full_v: float = 403.2, top_a: float = 150.0):
        self.battery = Battery(cells=full_v / 4.2, capacity_ah=150.0, soc=soc, cell_ohm=0.0004)
        self.top_a = top_a
        self.plugged = False
        self.inlet = False
        self.energy_ws = 0.0
        self.current_a = 0.0
        self.mac = bytes((0x02, 0, 0, 0, 0, 1))
        self.emaid = b""
        self.evccid = b""

    @property
    def emf_v(self) -> float:
        """Voltage of the pack at rest."""
        return self.battery.ocv_v

    @property
    def ohm(self) -> float:
        """Its resistance."""
        return self.battery.ohm

    @property
    def full(self) -> bool:
        """Has it had enough?"""
        return self.battery.soc >= FULL_SOC

    def demand(self, amperes: float, volts: float) -> None:
        """Another vehicle: its pack is full at `volts` and takes `amperes` at best."""
        self.battery.cells = volts / 4.2
        self.top_a = amperes

    def target(self) -> tuple[float, float]:
        """What it asks for now: volts, amperes."""
        soc = self.battery.soc
        below = CURVE[0]
        for point in CURVE:
            if soc <= point[0]:
                break
            below = point
        span = point[0] - below[0]
        way = (soc - below[0]) / span if span > 0 else 0.0
        part = below[1] + (point[1] - below[1]) * way
        return self.battery.full_v, round(self.top_a * part * 2) / 2

    def take(self, current: float, dt_s: float) -> None:
        """`current` flows into it for a moment."""
        self.current_a = current
        if current:
            self.energy_ws += (self.emf_v + current * self.ohm) * current * dt_s
        if self.plugged:
            self.battery.step(current, self.top_a, dt_s)

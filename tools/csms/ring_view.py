"""What is there to see of a station whose guns share a ring of modules, and where is it drawn?

`facts` joins three views: the plant (what is so), the station's console (what it thinks) and the
central system (what it was told). `Drawing` gives every part its place on the page.
"""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

from . import views

if TYPE_CHECKING:
    from .central import CentralSystem

# Of the simulated PLC and its vehicle; 9 alone is of the contract (docs/plc.md).
STAGES = {
    0: "no communication",
    1: "matching",
    3: "setting up",
    4: "waits for a card",
    5: "parameters",
    7: "cable check",
    8: "pre-charge",
    9: "power on",
    10: "charging",
    11: "ending",
    12: "has finished",
}
# How many colours ring_page.css has; the guns' numbers go through them.
COLOURS = 12
_FAULTS = ("welded", "stuck", "unknown")
_MOVING = ("closing", "opening")


async def of(central: CentralSystem, station_id: str) -> dict | None:
    """`facts` of a station; None if it has no ring, or none that is simulated here."""
    plant = central.plants.get(station_id)
    row = await central.store.station(station_id)
    if plant is None or row is None:
        return None
    return facts(plant.state, plant.ring, views.station(central, row)["connectors"])


def facts(state: dict | None, ring: dict | None, connectors: list[dict]) -> dict | None:
    """Everything about the ring, None where there is none.

    state, ring: Plant.state and Plant.ring; connectors: those of views.station. Answers
    power_w, grid_w (the station's), mains_w (the plant's), charging and running (how many),
    slots, guns, modules, violations, notes, and whether the station `answers`.
    """
    if not state or not state.get("ties"):
        return None
    known = {item["id"]: item for item in connectors}
    told = ring or {}
    guns = [
        _gun(item, _at(told.get("guns", ()), n), known.get(item["id"], {}))
        for n, item in enumerate(state["connectors"])
    ]
    modules = [_module(item, state["power"]) for item in state["modules"]]
    slots = [
        _slot(state, _at(told.get("slots", ()), s), guns, modules, s)
        for s in range(len(state["ties"]))
    ]
    for gun in guns:
        gun["island"] = [s["id"] for s in slots if s["fed_by"] == gun["id"]]
    return {
        **{key: state[key] for key in ("time_s", "power", "net", "estop", "violations")},
        "notes": state.get("notes", []),
        "answers": ring is not None,
        "power_w": state.get("power_w", 0),
        "grid_w": told.get("grid_w"),
        "mains_w": state.get("grid_w"),
        "charging": len([g for g in guns if g["measured_w"] > 0]),
        "running": len([m for m in modules if m["on"]]),
        "switchings": state.get("switchings", {}),
        "slots": slots,
        "guns": guns,
        "modules": modules,
    }


def _at(items, n: int) -> dict:
    return items[n] if n < len(items) else {}


def _gun(item: dict, told: dict, connector: dict) -> dict:
    """One gun: the plant's `item`, what the station told, the central system's connector."""
    source = told.get("source", "")
    if source == "demand":  # its own wish, unless something else holds that down
        source = told.get("limit") or source
    error = connector.get("errorCode", "NoError")
    plugged = item["plugged"]
    return {
        "id": item["id"],
        "colour": _colour(item["id"]),
        "plugged": plugged,
        "vehicle": item.get("vehicle") if plugged else None,
        "soc": item["soc"] if plugged else None,
        "stage": STAGES.get(item.get("stage"), str(item.get("stage"))) if plugged else "free",
        "lock": item["lock"],
        "contactor": _position(told.get("contactor"), item["contactor"]),
        "closed": item["contactor"],
        "status": connector.get("status", "Unknown"),
        "fault": "" if error == "NoError" else connector.get("vendorErrorCode") or error,
        "card": connector.get("idTag"),
        "voltage_v": item["voltage_v"],
        "current_a": item["current_a"],
        "energy_wh": item["energy_wh"],
        "asked_w": told.get("wants_w"),
        "granted_w": told.get("granted_w"),
        "measured_w": round(item["voltage_v"] * item["current_a"]),
        "source": source,
        "denied": told.get("denied") or told.get("waits", ""),
    }


def _position(told: str | None, true: bool) -> str:
    """What the station thinks of a contactor, or where it is if the station is silent."""
    return told or ("closed" if true else "open")


def _module(item: dict, power: bool) -> dict:
    trouble = ""
    if item.get("off_line") or not power:
        trouble = "lost"
    elif item.get("alarms"):
        trouble = "too hot" if item["alarms"] & 0x80 else f"alarm {item['alarms']:X}"
    return {
        "id": item["id"],
        "slot": item["slot"] + 1,
        "on": item["on"],
        "voltage_v": item["voltage_v"],
        "current_a": item["current_a"],
        "power_w": round(item["voltage_v"] * item["current_a"]),
        "temp_c": item["temp_c"],
        "hours": item.get("hours", 0.0),
        "trouble": trouble,
    }


def _slot(state: dict, told: dict, guns: list, modules: list, s: int) -> dict:
    owner, fed = told.get("owner"), _fed_by(state["ties"], guns, s)
    return {
        "id": s + 1,
        "owner": owner,
        "fed_by": fed,
        "colour": _colour(fed or owner),
        "moving": owner is not None and fed is not None and owner != fed,
        "tie": _position(told.get("tie"), state["ties"][s]),
        "tie_closed": state["ties"][s],
        "contactor": _position(told.get("mn"), state["module_contactors"][s]),
        "contactor_closed": state["module_contactors"][s],
        "modules": [m for m in modules if m["slot"] == s + 1],
    }


def _colour(gun: int | None) -> int:
    """1 to COLOURS, 0 for nobody's."""
    return (gun - 1) % COLOURS + 1 if gun else 0


def _fed_by(ties: list, guns: list, s: int) -> int | None:
    """The gun whose vehicle is joined to slot `s` (0..) by contactors that are really closed."""
    count = len(ties)
    bus = [s]
    for way in (1, -1):
        at = s
        while ties[at if way > 0 else (at - 1) % count]:
            at = (at + way) % count
            if at in bus:
                break
            bus.append(at)
    return next((guns[k]["id"] for k in bus if k < len(guns) and guns[k]["closed"]), None)


def look(position: str) -> str:
    """The class of a contactor in this position: closed, open, moving or fault."""
    if position in _FAULTS:
        return "fault"
    return "moving" if position in _MOVING else position


class Drawing:
    """Places on a square of SIZE units for a ring of `slots` slots; slot 1 is at the top.

    `arc`, `bus`, `tie`, `open_tie` and `line` answer the `d` of a path of SVG.
    """

    SIZE = 780
    BUS, MODULE, GUN = 238, 176, 334  # radii
    MODULE_R, GUN_R, SOC_R = 19, 36, 42
    SHARE = 0.68  # of its angle that a slot's bus takes; the rest are the ties

    def __init__(self, slots: int):
        self.step = 2 * pi / slots

    def place(self, slot: int, radius: float, aside: float = 0.0) -> tuple[float, float]:
        """A point at the angle of `slot` (1..), `aside` of a slot's angle clockwise of it."""
        angle = (slot - 1 + aside) * self.step - pi / 2
        half = self.SIZE / 2
        return round(half + radius * cos(angle), 1), round(half + radius * sin(angle), 1)

    def arc(self, slot: int, begin: float, end: float) -> str:
        """Along the ring, from `begin` to `end` of a slot's angle beside `slot`."""
        large = 1 if (end - begin) * self.step > pi else 0
        x, y = self.place(slot, self.BUS, begin)
        u, v = self.place(slot, self.BUS, end)
        return f"M{x} {y}A{self.BUS} {self.BUS} 0 {large} 1 {u} {v}"

    def bus(self, slot: int) -> str:
        """The bus of a slot."""
        return self.arc(slot, -self.SHARE / 2, self.SHARE / 2)

    def tie(self, slot: int) -> str:
        """The tie from `slot` to the next, closed."""
        return self.arc(slot, self.SHARE / 2, 1 - self.SHARE / 2)

    def open_tie(self, slot: int) -> str:
        """The same, open: a blade that stands off."""
        x, y = self.place(slot, self.BUS, self.SHARE / 2 + 0.06)
        u, v = self.place(slot, self.BUS + 19, 0.56)
        return f"M{x} {y}L{u} {v}"

    def line(self, slot: int, begin: float, end: float, closed: bool) -> str:
        """A contactor on a line outwards from radius `begin` to `end`."""
        x, y = self.place(slot, begin)
        u, v = self.place(slot, end)
        if closed:
            return f"M{x} {y}L{u} {v}"
        far = begin + (end - begin) * 0.75
        a, b = self.place(slot, begin + (end - begin) * 0.2)
        c, d = self.place(slot, far, 26 / far)
        e, f = self.place(slot, far)
        return f"M{x} {y}L{a} {b}L{c} {d}M{e} {f}L{u} {v}"

    def aside(self, n: int, count: int) -> float:
        """How far module `n` (0..) of `count` stands beside its slot."""
        between = (2 * self.MODULE_R + 4) / self.MODULE / self.step
        return (n - (count - 1) / 2) * between

    def part(self, percent: float | None) -> str:
        """A dash pattern for a circle of length 100 that shows so many percent of it."""
        return f"{min(max(percent or 0, 0), 100):.1f} 200"

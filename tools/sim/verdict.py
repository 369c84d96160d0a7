"""Was the charge that has just been played right, seen from every side?

Compares what the plant delivered, what the station reported and what the central system stored.
"""

import re

from rich.table import Table

MESSAGES = (
    "BootNotification",
    "Authorize",
    "StartTransaction",
    "MeterValues",
    "StopTransaction",
    "StatusNotification",
)
STATUSES = ("Preparing", "Charging", "SuspendedEV", "Finishing", "Available")
ENERGY_PART = 0.01  # of what the plant delivered, the station's meter may differ
ENERGY_WH = 3.0
# A line of the station's log at level ERROR or CRITICAL, or what MicroPython prints by itself.
_BAD_LINE = re.compile(r"^\S+ [EC] |^Traceback|MemoryError")


class Verdict:
    """`faults` is empty when all was well; `table()` shows the figures."""

    def __init__(self):
        self.faults = []
        self.rows = []

    @classmethod
    async def of(cls, central, charger, soc: float) -> "Verdict":
        """Judge the one charge that `central` has seen; `soc` percent at its begin."""
        self = cls()
        state = await charger.do("state")
        charges = await central.charges.find()
        if len(charges) != 1:
            self.faults.append(f"{len(charges)} transactions instead of one")
        if charges:
            self._charge(charges[0], state, soc)
        self._messages(central.hub.records())
        problems = await central.traffic.find(charger.ready["id"], problems=True)
        self.faults += [f"{m.action}: {m.problem}" for m in problems[:10]]
        self.faults += [f"violation: {text}" for text in state["violations"]]
        self.rows.append(("violations", str(len(state["violations"]))))
        lines = charger.log.read_text(errors="replace").splitlines() if charger.log else []
        bad = [line for line in lines if _BAD_LINE.search(line)]
        self.faults += [f"log: {line}" for line in bad[:10]]
        self.rows.append(("errors in the log", str(len(bad))))
        return self

    def _charge(self, charge, state, soc):
        connector = state["connectors"][0]
        delivered = connector["energy_wh"]
        metered = charge.energy_wh or 0
        seconds = (charge.stop_time - charge.start_time).total_seconds()
        self.rows += [
            ("SoC", f"{soc:g} % to {connector['soc']:.1f} %"),
            ("duration", f"{int(seconds) // 60} min {int(seconds) % 60} s of the station's time"),
            ("energy by the meter", f"{metered} Wh"),
            ("energy of the plant", f"{delivered:.1f} Wh"),
            ("stop reason", charge.reason),
            ("damage to the battery", f"{connector['damage']:g}"),
        ]
        if abs(metered - delivered) > ENERGY_WH + ENERGY_PART * delivered:
            self.faults.append(f"the meter says {metered} Wh, the plant {delivered:.1f} Wh")
        if connector["damage"] > 0:
            self.faults.append(f"the battery was harmed: {connector['damage']}")
        if connector["soc"] < 98:
            self.faults.append(f"the battery is not full: {connector['soc']:.1f} %")
        if charge.reason != "Local":
            self.faults.append(f"stop reason {charge.reason} instead of Local")

    def _messages(self, records):
        counts = {}
        statuses = []
        for record in records:
            counts[record.action] = counts.get(record.action, 0) + 1
            if record.error:
                self.faults.append(f"{record.action} was answered {record.error}")
            if record.action == "StatusNotification" and record.payload["connectorId"] == 1:
                statuses.append(record.payload["status"])
        self.rows.append(("messages", ", ".join(f"{k} {v}" for k, v in counts.items())))
        self.rows.append(("connector", " > ".join(statuses)))
        self.faults += [f"no {name} came" for name in MESSAGES if name not in counts]
        self.faults += [f"the connector was never {n}" for n in STATUSES if n not in statuses]

    def table(self) -> Table:
        """The figures as a table for rich."""
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, value in self.rows:
            table.add_row(f"[dim]{name}[/]", value)
        return table

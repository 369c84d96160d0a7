"""What is there to see at a station with twelve guns on one ring? `make run PROFILE=dc`.

Vehicles come one after the other, with different wishes; their islands grow, meet, and give way.
`once` plays it to the end and judges: no violation, every meter right, every charge in order.
"""

import asyncio

from rich.table import Table

from .verdict import _BAD_LINE

GUNS = 12
# gun, SoC in percent, amperes, full at volts: who comes, in this order
VEHICLES = (
    (1, 20, 150, 400),
    (2, 35, 250, 400),
    (5, 50, 120, 400),
    (7, 25, 300, 800),
    (8, 45, 200, 400),
    (11, 60, 100, 400),
    (12, 30, 350, 800),
)
ONCE = VEHICLES[:4]
WAIT_S = 60
ENERGY_PART = 0.03  # the PLC's meter speaks once a second
ENERGY_WH = 30.0


def card(gun: int) -> str:
    """The card of the driver at a gun."""
    return f"CARD{gun:04d}"


def status_of(name, connector):
    """A predicate for StatusNotification."""
    return lambda p: p["status"] == name and p["connectorId"] == connector


async def arrive(central, charger, vehicle) -> None:
    """One vehicle: plug, card; returns when its transaction has begun."""
    gun, soc, amperes, volts = vehicle
    mark = central.mark()
    await charger.do(f"ev demand {gun} {amperes} {volts}")
    await charger.do(f"soc {gun} {soc}")
    await charger.do(f"plug {gun}")
    await central.wait_for(
        "StatusNotification", status_of("Preparing", gun), timeout=WAIT_S, after=mark
    )
    await charger.do(f"tag {gun} {card(gun)}")
    await central.wait_for(
        "StartTransaction", lambda p: p["connectorId"] == gun, timeout=WAIT_S, after=mark
    )


async def begin(central, charger, vehicles, pause_s: float) -> None:
    """Start the station and let the vehicles come, `pause_s` apart."""
    await charger.start()
    central.register_plant(charger.ready["id"], f"127.0.0.1:{charger.ready['control']}")
    await central.wait_for("BootNotification", timeout=WAIT_S)
    for vehicle in vehicles:
        await central.wait_for(
            "StatusNotification", status_of("Available", vehicle[0]), timeout=WAIT_S
        )
    for vehicle in vehicles:
        await arrive(central, charger, vehicle)
        await asyncio.sleep(pause_s)


async def once(central, charger, say) -> "Judgement":
    """Four vehicles on four guns, all stopped by their cards."""
    await begin(central, charger, ONCE, 1.0)
    say(f"{len(ONCE)} vehicles charge ...")
    await asyncio.sleep(4)
    for vehicle in ONCE:
        gun = vehicle[0]
        mark = central.mark()
        await charger.do(f"tag {gun} {card(gun)}")
        await central.wait_for("StopTransaction", timeout=WAIT_S, after=mark)
        await charger.do(f"unplug {gun}")
        await central.wait_for(
            "StatusNotification", status_of("Available", gun), timeout=WAIT_S, after=mark
        )
    return await Judgement.of(central, charger)


class Judgement:
    """`faults` is empty when all was well; `table()` shows the figures."""

    def __init__(self):
        self.faults = []
        self.rows = []

    @classmethod
    async def of(cls, central, charger) -> "Judgement":
        """Judge the charges that `central` has seen."""
        self = cls()
        state = await charger.do("state")
        self.charges(await central.charges.find(), state)
        problems = await central.traffic.find(charger.ready["id"], problems=True)
        self.faults += [f"{m.action}: {m.problem}" for m in problems[:10]]
        self.faults += [f"violation: {text}" for text in state["violations"]]
        self.rows.append(("violations", str(len(state["violations"]))))
        lines = charger.log.read_text(errors="replace").splitlines() if charger.log else []
        self.faults += [f"log: {line}" for line in lines if _BAD_LINE.search(line)][:10]
        return self

    def charges(self, found, state):
        """Every transaction against its gun of the plant."""
        by_gun = {c["id"]: c for c in state["connectors"]}
        if len(found) != len(ONCE):
            self.faults.append(f"{len(found)} transactions instead of {len(ONCE)}")
        for charge in sorted(found, key=lambda c: c.connector_id):
            gun, metered = charge.connector_id, charge.energy_wh or 0
            delivered = by_gun[gun]["energy_wh"]
            self.rows.append(
                (f"gun {gun}", f"{metered} Wh by the station, {delivered:.0f} Wh by the plant")
            )
            if abs(metered - delivered) > ENERGY_WH + ENERGY_PART * delivered:
                self.faults.append(f"gun {gun}: {metered} Wh instead of {delivered:.0f} Wh")
            if metered <= 0:
                self.faults.append(f"gun {gun}: no energy")
            if charge.reason != "Local":
                self.faults.append(f"gun {gun}: stop reason {charge.reason} instead of Local")

    def table(self) -> Table:
        """The figures as a table for rich."""
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, value in self.rows:
            table.add_row(f"[dim]{name}[/]", value)
        return table


def live_table(state: dict, ring: dict | None) -> Table:
    """The ring in a terminal: a row a gun that is plugged."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("gun", "slots", "V", "A", "kW", "limit", "SoC", "kWh"):
        table.add_column(title, justify="right")
    guns = {g["id"]: g for g in (ring or {}).get("guns", ())}
    for c in state["connectors"]:
        if not c["plugged"]:
            continue
        gun = guns.get(c["id"], {})
        table.add_row(
            f"[bold]{c['id']}[/]",
            " ".join(str(s) for s in gun.get("island", ())) or "-",
            f"{c['voltage_v']:.0f}",
            f"{c['current_a']:.0f}",
            f"{c['voltage_v'] * c['current_a'] / 1000:.1f}",
            gun.get("denied") or gun.get("limit") or "-",
            f"{c['soc']:.1f} %",
            f"{c['energy_wh'] / 1000:.2f}",
        )
    for violation in state["violations"][-3:]:
        table.add_row("[red]![/]", f"[red]{violation}[/]")
    return table

"""What is there to see at a station with twelve guns on one ring? `make run PROFILE=dc`.

Vehicles come one after the other, with different batteries and wishes; their islands grow, meet,
and give way. `once` plays twelve of them to the end, with a grid limit that falls and a module
that is lost meanwhile, and judges: no violation, every meter right, every charge in order.
"""

import asyncio
import contextlib

from rich.table import Table

from .charger import ChargerError
from .verdict import _BAD_LINE
from .visits import Visits

GUNS = 12
BOOT_S = 60  # real seconds
GRID_W = 400_000
LOW_GRID_W = 250_000
# --once: bench seconds after the first vehicle, and what happens then
EVENTS = (
    (60, f"config set GridLimit {LOW_GRID_W}", "the grid limit falls to 250 kW"),
    (66, f"grid {LOW_GRID_W}", ""),
    (80, "module off 7 on", "module 7 is lost"),
    (110, "module off 7 off", "module 7 is back"),
    (115, f"grid {GRID_W}", ""),
    (116, f"config set GridLimit {GRID_W}", "the grid gives 400 kW again"),
)
ORDER = (4, 11, 8, 2, 6, 1, 9, 12, 5, 10, 3, 7)
EVERY_S, STAY_S = 8, 75  # --once: a vehicle comes each .. bench seconds and charges for so long
ONCE_S = 240  # real seconds that --once may take, on a machine that is very busy
ENERGY_PART = 0.03  # the PLC's meter speaks once a second
ENERGY_WH = 30.0


async def begin(central, charger) -> None:
    """Start the station and wait until the central system has heard of all its guns."""
    await charger.start()
    central.register_plant(charger.ready["id"], f"127.0.0.1:{charger.ready['control']}")
    await central.wait_for("BootNotification", timeout=BOOT_S)
    for gun in range(1, GUNS + 1):
        await central.wait_for(
            "StatusNotification",
            lambda p, gun=gun: p["status"] == "Available" and p["connectorId"] == gun,
            timeout=BOOT_S,
        )


async def guests(charger, visits) -> dict:
    """Let every guest do what is his turn; answers the state that they saw."""
    state = await charger.do("state")
    for visit in visits:
        connector = state["connectors"][visit.gun - 1]
        for line in visit.next(state["time_s"], connector) if state["power"] else ():
            await charger.ask(line)
    return state


async def traffic(charger) -> None:
    """For a person to watch: vehicles come and go for ever, whatever he does to the station."""
    now = (await charger.do("state"))["time_s"]

    visits = [Visits(gun, now + 12 * n, pause_s=60) for n, gun in enumerate(ORDER)]
    while not charger.ended:
        try:
            await guests(charger, visits)
        except (ChargerError, TimeoutError, OSError):
            pass  # the station is being switched off or on
        await asyncio.sleep(1)


async def once(central, charger, say) -> "Judgement":
    """Twelve vehicles at twelve guns; each comes, charges and leaves."""
    await begin(central, charger)
    await charger.do(f"grid {GRID_W}")
    start = (await charger.do("state"))["time_s"]
    visits = [Visits(gun, start + EVERY_S * n, STAY_S) for n, gun in enumerate(ORDER)]
    events = list(EVENTS)
    there = 0
    try:
        async with asyncio.timeout(ONCE_S):
            while not all(visit.done for visit in visits):
                state = await guests(charger, visits)
                while events and state["time_s"] - start >= events[0][0]:
                    _, line, text = events.pop(0)
                    await charger.do(line)
                    if text:
                        say(f"{state['time_s'] - start:4.0f} s  {text}")
                flowing = sum(c["current_a"] > 1 for c in state["connectors"])
                if flowing != there:
                    there = flowing
                    power = state["power_w"] / 1000
                    say(f"{state['time_s'] - start:4.0f} s  {there} charging, {power:.0f} kW")
                await asyncio.sleep(0.2)
    except TimeoutError:
        stuck = ", ".join(f"gun {v.gun} {v.phase}" for v in visits if not v.done)
        raise TimeoutError(f"not at the end after {ONCE_S} s: {stuck}") from None
    with contextlib.suppress(TimeoutError):  # then the judgement says what is missing
        async with asyncio.timeout(BOOT_S):
            while any(charge.active for charge in await central.charges.find()):
                await asyncio.sleep(0.2)
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
        self.ring(state)
        problems = await central.traffic.find(charger.ready["id"], problems=True)
        self.faults += [f"{m.action}: {m.problem}" for m in problems[:10]]
        self.faults += [f"violation: {text}" for text in state["violations"]]
        lines = charger.log.read_text(errors="replace").splitlines() if charger.log else []
        self.faults += [f"log: {line}" for line in lines if _BAD_LINE.search(line)][:10]
        return self

    def charges(self, found, state):
        """Every transaction against its gun of the plant."""
        by_gun = {c["id"]: c for c in state["connectors"]}
        if len(found) != GUNS:
            self.faults.append(f"{len(found)} transactions instead of {GUNS}")
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
            if by_gun[gun]["damage"] > 0:
                self.faults.append(f"gun {gun}: the battery was harmed")

    def ring(self, state):
        """What the ring has been through."""
        moves, hours = state["switchings"], [m["hours"] for m in state["modules"]]
        total = sum(c["energy_wh"] for c in state["connectors"]) / 1000
        self.rows += [
            ("energy of the plant", f"{total:.2f} kWh in {state['time_s']:.0f} s"),
            ("violations", str(len(state["violations"]))),
            ("bridged buses", str(state["bridges"])),
            ("switchings", ", ".join(f"{name} {n}" for name, n in moves.items())),
            (
                "hours of the modules",
                f"{sum(hours):.2f} in all, {min(hours):.3f} to {max(hours):.3f} each",
            ),
        ]
        if state["bridges"]:
            self.faults.append(f"{state['bridges']} times two vehicles stood on one bus")
        # A vehicle whose slot was lent may begin twice; a contactor that chatters is a fault.
        if not 2 * GUNS <= moves["guns"] <= 4 * GUNS:
            self.faults.append(f"guns' contactors moved {moves['guns']} times for {GUNS} vehicles")

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

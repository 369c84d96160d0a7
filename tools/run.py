"""What does Galvani look like when it works? `make run`: one charge that you can watch; with
PROFILE=dc twelve guns on a ring of shared modules.

Starts a central system, one simulated charger and its plant, plugs in a battery, presents a card
and lets it charge; the page shows it live. Ctrl-C ends everything. `--once` (make run ONCE=1)
plays one charge to its StopTransaction, faster, prints what happened and exits 0, or 1 with the
reason if anything was wrong.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    import own_python

    own_python.enter()

import argparse  # noqa: E402
import asyncio  # noqa: E402
import errno  # noqa: E402
import signal  # noqa: E402

from rich.console import Console  # noqa: E402
from rich.live import Live  # noqa: E402
from rich.panel import Panel  # noqa: E402
from rich.table import Table  # noqa: E402

from tools.csms.central import CentralSystem  # noqa: E402
from tools.sim import dc_show  # noqa: E402
from tools.sim.charger import Charger, ChargerError  # noqa: E402
from tools.sim.verdict import Verdict  # noqa: E402

RUN = ROOT / "build" / "run"
CARD = "CARD0001"
ID = "galvani-1"
PAGE_PORT = 8080
BOOT_S = 90  # far more than it takes on a machine at rest
ONCE_SPEED, WATCH_SPEED = 60.0, 10.0
DC_SPEED, DC_ONCE_SPEED = 5.0, 30.0  # twelve guns are more work
ONCE_SOC, WATCH_SOC = 70, 35
CHARGE_S = 80  # real seconds one charge may take with --once

console = Console(highlight=False)


class RunError(Exception):
    """It did not work; the text says what."""


def options():
    """The command line; SPEED= and SOC= of make arrive by the environment."""
    parser = argparse.ArgumentParser(prog="tools/run.py", description=__doc__.split("\n")[0])
    parser.add_argument("--once", action="store_true", help="one charge, a summary, an exit code")
    parser.add_argument("--profile", choices=("rivot", "dc"), default="rivot")
    parser.add_argument("--speed", type=float, help="times faster than real time (SPEED=)")
    parser.add_argument("--soc", type=float, help="state of charge at the start (SOC=)")
    found = parser.parse_args()
    try:
        speed, soc = os.environ.get("SPEED"), os.environ.get("SOC")
        usual = ONCE_SPEED if found.once else WATCH_SPEED
        if found.profile == "dc":
            usual = DC_ONCE_SPEED if found.once else DC_SPEED
        found.speed = found.speed or float(speed or usual)
        if found.soc is None:
            found.soc = float(soc or (ONCE_SOC if found.once else WATCH_SOC))
    except ValueError:
        parser.error(f"SPEED={speed} SOC={soc}: numbers expected")
    return found


async def _central() -> CentralSystem:
    """A started central system, its page at the same address each time, where it is free."""
    # Real time: the bench itself moves what the central system says to its own, faster time.
    central = CentralSystem(accept_all=True, http_port=PAGE_PORT)
    try:
        await central.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        central = CentralSystem(accept_all=True, http_port=0)
        await central.start()
    return central


async def begin(central, charger, soc: float) -> None:
    """Bring a battery of `soc` percent, plug it in, present the card; returns while it charges."""
    await charger.start()
    central.register_plant(charger.ready["id"], f"127.0.0.1:{charger.ready['control']}")
    await central.wait_for("BootNotification", timeout=BOOT_S)
    await central.wait_for("StatusNotification", _status("Available", 1), timeout=BOOT_S)
    await charger.do(f"soc 1 {soc:g}")
    await charger.do("plug 1")
    await central.wait_for("StatusNotification", _status("Preparing", 1), timeout=BOOT_S)
    await charger.do(f"tag 1 {CARD}")
    await central.wait_for("StartTransaction", timeout=BOOT_S)
    await central.wait_for("StatusNotification", _status("Charging", 1), timeout=BOOT_S)


def _status(name, connector):
    return lambda p: p["status"] == name and p["connectorId"] == connector


async def once(central, charger, soc: float) -> Verdict:
    """One charge: full, card, plug out. Returns what it amounted to."""
    await begin(central, charger, soc)
    console.print(f"charging from {soc:g} % ...")
    await central.wait_for("StatusNotification", _status("SuspendedEV", 1), timeout=CHARGE_S)
    console.print("the battery is full; the card ends the transaction")
    mark = central.mark()
    await charger.do(f"tag 1 {CARD}")
    await central.wait_for("StopTransaction", timeout=BOOT_S, after=mark)
    await charger.do("unplug 1")
    await central.wait_for(
        "StatusNotification", _status("Available", 1), timeout=BOOT_S, after=mark
    )
    return await Verdict.of(central, charger, soc)


def _live_table(state: dict, status: str) -> Table:
    connector = state["connectors"][0]
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    power_kw = connector["voltage_v"] * connector["current_a"] / 1000
    table.add_row(
        f"[bold]{status}[/]",
        f"{connector['soc']:.1f} %",
        f"{connector['voltage_v']:.1f} V",
        f"{connector['current_a']:.1f} A",
        f"{power_kw:.2f} kW",
        f"{connector['energy_wh'] / 1000:.3f} kWh",
    )
    for violation in state["violations"][-3:]:
        table.add_row(f"[red]{violation}[/]")
    return table


async def watch(central, charger, options) -> None:
    """Start the charge and show it until somebody ends it."""
    await begin(central, charger, options.soc)
    ready, log = charger.ready, charger.log.relative_to(ROOT)
    console.print(
        Panel.fit(
            f"[bold]{central.http_url}[/]  shows the charge live\n\n"
            f"{ready['id']} charges a battery from {options.soc:g} %, {options.speed:g} times "
            f"faster (SPEED=1: real time)\n"
            f"plant    nc 127.0.0.1 {ready['control']}   (plug 1, tag 1 {CARD}, net off, state)\n"
            f"console  nc 127.0.0.1 {ready['console']}   (help)\n"
            f"log      {log}\n\nCtrl-C ends everything",
            title="Galvani",
            border_style="green",
        )
    )
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while not charger.ended:
            state = await charger.ask("state")
            status = await charger.ask("status --json")
            name = "starting" if state["power"] else "no power"
            if status["ok"]:
                name = status["result"]["connectors"][0]["status"]
            if console.is_terminal:
                live.update(_live_table(state, name), refresh=True)
            await asyncio.sleep(1)
    raise RunError("the simulated charger has ended")


async def run(options) -> int:
    """Everything from start to end; the exit code."""
    RUN.mkdir(parents=True, exist_ok=True)
    log = RUN / "station.log"
    central = charger = None
    try:
        central = await _central()
        charger = _charger(central, options, log)
        if options.profile == "dc":
            return await _guns(central, options, charger)
        if not options.once:
            await watch(central, charger, options)
        console.print(f"one charge at {options.speed:g} times real time; page {central.http_url}")
        verdict = await once(central, charger, options.soc)
        console.print(verdict.table())
        for fault in verdict.faults:
            console.print(f"[red]wrong:[/] {fault}")
        return 1 if verdict.faults else 0
    except (RunError, ChargerError, TimeoutError, OSError) as error:
        console.print(f"[red]failed:[/] {error}", soft_wrap=True)
        console.print(f"the station's log is {log}", soft_wrap=True)
        return 1
    finally:
        if charger is not None:
            await charger.stop()
        if central is not None:
            await central.stop()


def _charger(central, options, log):
    words = ["--csms", central.ws_url, "--id", ID, "--speed", f"{options.speed:g}"]
    if options.profile == "dc":
        settings = ("ConnectionTimeOut=1800", f"GridLimit={dc_show.GRID_W}")
        words += ["--profile", "dc", "--guns", str(dc_show.GUNS)]
        words += [word for setting in settings for word in ("--set", setting)]
    return Charger(*words, log=log)


async def _guns(central, options, charger) -> int:
    """Twelve guns: to watch, or once and judged."""
    if options.once:
        verdict = await dc_show.once(central, charger, console.print)
        console.print(verdict.table())
        for fault in verdict.faults:
            console.print(f"[red]wrong:[/] {fault}")
        return 1 if verdict.faults else 0
    await dc_show.begin(central, charger)
    ready, page = charger.ready, f"{central.http_url}/stations/{ID}/ring"
    console.print(
        Panel.fit(
            f"[bold]{page}[/]  draws the ring\n\n"
            f"{dc_show.GUNS} guns, 24 modules of 30 kW; vehicles come and go, "
            f"{options.speed:g} times faster\n"
            f"plant    nc 127.0.0.1 {ready['control']}   (plug 3, tag 3 A1, weld tie 2 on)\n"
            f"console  nc 127.0.0.1 {ready['console']}   (ring, status, help)\n"
            f"log      {charger.log.relative_to(ROOT)}\n\nCtrl-C ends everything",
            title="Galvani",
            border_style="green",
        )
    )
    coming = asyncio.create_task(dc_show.traffic(charger))
    try:
        await _watch_guns(charger, coming)
    finally:
        coming.cancel()
    raise RunError("the simulated charger has ended")


async def _watch_guns(charger, coming):
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while not charger.ended:
            if coming.done():
                coming.result()
            if console.is_terminal:
                state = await charger.ask("state")
                ring = await charger.ask("ring --json")
                table = dc_show.live_table(state, ring.get("result") if ring["ok"] else None)
                live.update(table, refresh=True)
            await asyncio.sleep(1)


async def _until_signal(options) -> int:
    running = asyncio.create_task(run(options))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, running.cancel)
    try:
        return await running
    except asyncio.CancelledError:
        console.print("stopped")
        return 1 if options.once else 0


def main() -> int:
    """The command line."""
    return asyncio.run(_until_signal(options()))


if __name__ == "__main__":
    sys.exit(main())

"""How much of the heap lives in a real station, after boot and in a charge?

`heap.boot` and `heap.charge` are what a board would hold: read from outside (owners.py) while
nobody is at the console, without what belongs to the simulator's launcher, which no board has.
`heap.asked` and `heap.asked_charge` are what `status --json` says at the same moments, with the
console that was asked (5 KB) and the launcher (`heap.launcher`) in it.
"""

import asyncio
import json
import re

from tools import flash_wear
from tools.bench import charge, owners, port
from tools.bench.figures import Figure, measures
from tools.bench.rig import Rig

ROOMY = "512k"  # so that the figure is what lives, not what fits
SPEED = 40
SETTLED_S = 150  # uptime at which the console and the boot are forgotten
CHARGED_S = 600
PROBED = ("-m", "tools.bench.probed")


FORMS = ("frozen", "romfs", "mpy")


@measures(*(f"heap.{what}.{form}" for form in FORMS for what in ("boot", "charge")), seconds=20)
def live():
    """What lives on a board, after boot and with energy flowing."""
    source = "live {}, nobody at the console, without the simulator's launcher"
    for form in FORMS:
        boot = asyncio.run(owners.look(form)).total()
        yield Figure(f"heap.boot.{form}", boot, "B", source.format("after boot"))
        charging = asyncio.run(owners.look(form, charging=True)).total()
        yield Figure(f"heap.charge.{form}", charging, "B", source.format("in a charge"))


@measures(*(f"heap.{what}.{form}" for form in FORMS for what in ("asked", "asked_charge")))
def asked():
    """What `status --json` says, after boot and with energy flowing."""
    source = "status --json {}, with console and launcher"
    for form in FORMS:
        boot, charging = asyncio.run(_asked(form))
        yield Figure(f"heap.asked.{form}", boot, "B", source.format("after boot"))
        yield Figure(f"heap.asked_charge.{form}", charging, "B", source.format("in a charge"))


async def _asked(form):
    async with Rig(form, heap=ROOMY, speed=10, settings=charge.SETTINGS) as rig:
        await rig.csms.wait("BootNotification")
        await rig.csms.wait("StatusNotification", connectorId=1, status="Available")
        boot = (await rig.status())["health"]["heap_used"]
        await charge.begin(rig)
        await charge.meter_values(rig)
        return boot, (await rig.status())["health"]["heap_used"]


@measures("heap.launcher", seconds=2)
def launcher():
    """What the simulator itself holds in the station's heap."""
    held = port.run("imports.py", "launcher", form="mpy")["launch"]
    yield Figure("heap.launcher", held, "B", "tools/sim/launch.py, in no build for a board")


def _probed_names(form):
    return [f"heap.{what}.{form}" for what in ("largest_block", "names")]


@measures(*_probed_names("frozen"), "journal.transaction_bytes", "journal.transaction_writes")
def frozen():
    """The frozen station, probed; and what a transaction costs the flash."""
    probe = asyncio.run(probed("frozen"))
    yield from probe.figures("frozen")
    source = f"records written in one charge of {CHARGED_S} s, default settings"
    writes, size = probe.written
    yield Figure("journal.transaction_bytes", size, "B", source)
    yield Figure("journal.transaction_writes", writes, "writes", source)


@measures("heap.all_profiles.frozen")
def all_profiles():
    """A charge with a local list of 50, 20 charging profiles of 50 periods, and a reservation."""
    used = asyncio.run(_all_profiles())
    source = (
        "live in a charge: local list of 50, 20 charging profiles of 50 periods, a reservation"
    )
    yield Figure("heap.all_profiles.frozen", used, "B", source)


async def _all_profiles():
    async with Rig("frozen", heap=ROOMY, speed=10, program=PROBED, guns=2) as rig:
        await charge.begin(rig, 1)
        await charge.full(rig, 2)
        await _pass(rig, 100)
        return last(rig.log)["used"]


@measures("journal.transaction_erases", seconds=5)
def erases():
    """What flash memory suffers from one charge, computed by tools/flash_wear.py."""
    found = flash_wear.rates(flash_wear.measure())
    count = found["charge"][1] + found["charging"][1] * CHARGED_S / 3600
    source = f"4 KB blocks, one charge of {CHARGED_S} s, computed from what LittleFS costs"
    yield Figure("journal.transaction_erases", round(count, 2), "erases", source)


@measures(*_probed_names("mpy"))
def as_mpy():
    """The station as .mpy files, probed."""
    yield from asyncio.run(probed("mpy")).figures("mpy")


class Probe:
    """What the probe said in one run.

    idle, charging: bytes; largest: bytes of a block; names: (number, bytes) of interned names.
    """

    def __init__(self):
        self.idle = self.charging = self.largest = 0
        self.names = (0, 0)
        self.modules: list[str] = []
        self.written = (0, 0)

    def figures(self, form):
        """The figures of a form."""
        yield Figure(
            f"heap.largest_block.{form}",
            self.largest,
            "B",
            "largest live block after any collection (micropython.mem_info)",
        )
        number, size = self.names
        yield Figure(f"heap.names.{form}", size, "B", f"table and text of {number} interned names")


async def probed(form: str, seconds: int = CHARGED_S) -> Probe:
    """Boot, rest, a charge of `seconds` of bench time. RigError if anything goes wrong."""
    found = Probe()
    async with Rig(form, heap=ROOMY, speed=SPEED, program=PROBED) as rig:
        await rig.csms.wait("StatusNotification", connectorId=1, status="Available")
        await _pass(rig, SETTLED_S)
        found.idle = last(rig.log)["used"]
        before = _flash(last(rig.log))
        await charge.begin(rig)
        await _pass(rig, seconds)
        found.charging = last(rig.log)["used"]
        found.modules = last(rig.log)["modules"]
        await charge.end(rig)
        await _pass(rig, 10)
        after = _flash(last(rig.log))
        found.written = (after[0] - before[0], after[1] - before[1])
        found.largest = largest_block(rig.log)
        found.names = names(rig.log)
    return found


async def _pass(rig, seconds):
    """Let bench time pass, then wait until the probe has spoken in it."""
    end = (await rig.ask("state"))["time_s"] + seconds
    while (await rig.ask("state"))["time_s"] < end:
        rig.csms.check()
        await asyncio.sleep(0.1)


def last(log: list[str]) -> dict:
    """The probe's last line."""
    line = next(line for line in reversed(log) if "PROBE {" in line)
    return json.loads(line[line.index("{") :])


def largest_block(log: list[str]) -> int:
    """The largest "max blk sz" of mem_info, in bytes; a block of the 32-bit port has 16."""
    return 16 * max(int(n) for line in log for n in re.findall(r"max blk sz: (\d+)", line))


def names(log: list[str]) -> tuple[int, int]:
    """Number and bytes of the interned names in RAM: the last word of qstr_info."""
    rows = [re.search(r"n_qstr=(\d+).*n_total_bytes=(\d+)", line) for line in log]
    number, size = [row for row in rows if row][-1].groups()
    return int(number), int(size)


def _flash(row):
    rows = row["written"].values()
    return sum(n for n, _ in rows), sum(size for _, size in rows)

"""What does OCPP cost: checking a message, and the time until the central system hears of us?"""

import asyncio

from tools.bench import port
from tools.bench.figures import Figure, measures
from tools.bench.rig import Rig

WHAT = {
    "meter_values": "MeterValues.req",
    "boot": "BootNotification.req",
    "boot_answer": "BootNotification.conf",
}


@measures(
    *(f"ocpp.validate_{name}_{what}" for name in WHAT for what in ("time", "alloc")),
    alone=True,
    seconds=2,
)
def validation():
    """Microseconds and bytes of checking a payload against its compiled schema."""
    for name, (time_us, alloc, length) in port.run("ocpp_cost.py").items():
        source = f"lib/ocppj/schema.py, {WHAT[name]} of {length} B"
        yield Figure(f"ocpp.validate_{name}_time", round(time_us, 1), "us", source)
        yield Figure(f"ocpp.validate_{name}_alloc", alloc, "B", source)


@measures("ocpp.start_to_boot.frozen", "ocpp.start_to_boot.mpy", alone=True, seconds=10)
def start_to_boot():
    """Seconds from the start of the station's process to its BootNotification, in real time."""
    for form in ("frozen", "mpy"):
        seconds = asyncio.run(_start_to_boot(form))
        yield Figure(
            f"ocpp.start_to_boot.{form}", round(seconds, 2), "s", "local server, largest heap"
        )


async def _start_to_boot(form):
    async with Rig(form, heap="1M") as rig:
        arrived = await rig.csms.wait("BootNotification")
        return arrived.at - rig.started_at

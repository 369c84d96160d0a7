"""How fast is a call of the central system answered, and what does each hold on the heap?

The same calls, in the same run, go to a charge point built on the PyPI package `ocpp` on CPython,
which validates with jsonschema: it answers from handlers that do nothing.
"""

import asyncio
import json
import logging
import os
import tempfile
import time
from pathlib import Path

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result

from tools.bench import charge, port
from tools.bench.figures import Figure, measures

MEMORY = "/dev/shm"  # what a disk takes is not ours
ROUNDS = 300
RUNS = 4  # of ours and theirs by turns: the machine may be busy with something else
IN_TURN = (
    "RemoteStartTransaction",
    "ChangeConfiguration",
    "GetConfiguration",
    "TriggerMessage",
)


class Nowhere:
    """A connection that swallows what is sent."""

    async def send(self, text):
        """Nothing."""


class Peer(ChargePoint):
    """The least that answers these calls."""

    @on("RemoteStartTransaction")
    def remote_start(self, **values):
        """Accepted."""
        return call_result.RemoteStartTransaction(status="Accepted")

    @on("ChangeConfiguration")
    def change_configuration(self, **values):
        """Accepted."""
        return call_result.ChangeConfiguration(status="Accepted")

    @on("GetConfiguration")
    def get_configuration(self, **values):
        """One key."""
        row = {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"}
        return call_result.GetConfiguration(configuration_key=[row])

    @on("TriggerMessage")
    def trigger_message(self, **values):
        """Accepted."""
        return call_result.TriggerMessage(status="Accepted")


def _texts(count):
    payloads = (
        {"connectorId": 1, "idTag": "A1B2C3D4"},
        {"key": "MeterValueSampleInterval", "value": "60"},
        {"key": ["MeterValueSampleInterval"]},
        {"requestedMessage": "Heartbeat"},
    )
    for n in range(count):
        for action, payload in zip(IN_TURN, payloads, strict=True):
            yield json.dumps([2, f"{n}-{action[:4]}", action, payload], separators=(",", ":"))


async def _peer_rate():
    """Calls a second, the best of some batches, as ours is measured."""
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    peer = Peer("bench", Nowhere())
    best = 0.0
    for _ in range(6):
        texts = list(_texts(100))
        began = time.perf_counter()
        for text in texts:
            await peer.route_message(text)
        best = max(best, len(texts) / (time.perf_counter() - began))
    return best


@measures(
    "calls.rate",
    "calls.rate_of_pypi_ocpp",
    "calls.time_against_pypi_ocpp",
    *(f"calls.time.{action}" for action in IN_TURN),
    alone=True,
    seconds=8,
)
def rate():
    """Calls answered in a second, all checks included, no socket, 64-bit port."""
    found, peer = {}, 0.0
    files = MEMORY if os.access(MEMORY, os.W_OK) else None
    for _ in range(RUNS):
        times = port.run("calls_rate.py", ROUNDS, form="apart", bits=64, heap="1M", files=files)
        found = {action: min(us, found.get(action, us)) for action, us in times.items()}
        peer = max(peer, asyncio.run(_peer_rate()))
    ours = len(IN_TURN) * 1e6 / sum(found[action] for action in IN_TURN)
    in_turn = (
        "RemoteStart, ChangeConfiguration, GetConfiguration of one key, TriggerMessage in turn"
    )
    yield Figure("calls.rate", round(ours), "calls/s", f"64-bit port: {in_turn}")
    yield Figure("calls.rate_of_pypi_ocpp", round(peer), "calls/s", "PyPI ocpp on CPython, same")
    yield Figure("calls.time_against_pypi_ocpp", round(peer / ours, 2), "", "below 1: faster")
    what = {
        "ChangeConfiguration": ", value stored in two files",
        "TriggerMessage": " and Heartbeat",
    }
    for action in IN_TURN:
        source = f"64-bit port, {action}{what.get(action, '')}"
        yield Figure(f"calls.time.{action}", round(found[action], 1), "us", source)


# Played before anything is measured: what a first use leaves (names, a larger table) is left.
_AT_REST = ("GetDiagnostics", "UpdateFirmware")  # a job goes on after these


@measures("calls.heap.*", seconds=5)
def handlers():
    """Live heap, each module an .mpy file: what a call adds while it is answered, and after."""
    quiet = [row for row in charge.CALLS if row[0] not in _AT_REST]
    rows = quiet + list(charge.CALLS)
    with tempfile.TemporaryDirectory(prefix="galvani-calls-") as folder:
        path = Path(folder) / "calls.txt"
        lines = [json.dumps([2, f"c{n}", a, p]) + "\n" for n, (a, p) in enumerate(rows)]
        path.write_text("".join(lines))
        found = port.run("handlers_cost.py", path, form="apart")[len(quiet) :]
    largest = {}
    for (action, _), (before, during, after) in zip(charge.CALLS, found, strict=True):
        if during - before > largest.get(action, (-1,))[0]:
            largest[action] = (during - before, before, after)
    for action, (held, before, after) in largest.items():
        source = f"held with the answer, above {before} B before; {after - before:+} B later"
        yield Figure(f"calls.heap.{action}", held, "B", source)


@measures("calls.largest_message", seconds=5)
def largest():
    """The free heap that the largest legal message needs."""
    size, free = port.run("largest_cost.py", form="apart", heap="256k")
    source = f"SendLocalList of 50 tokens in {size} B: free heap it needs, .mpy"
    yield Figure("calls.largest_message", free, "B", source)

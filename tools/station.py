#!/usr/bin/env python3
"""How do I run one whole simulated charger on this machine?

    tools/station.py [options]

The firmware on the Unix port plus its plant (vehicle, battery, charger module) on a virtual CAN
bus. The first line on stdout is JSON: {"ready": true, ...} or {"ready": false, "error": ...} with
exit code 2; nothing else goes to stdout. docs/simulator.md describes the options and the control
port. Any python3 >= 3.11 may start it: it runs itself again with .venv/bin/python.
"""

import os
import sys


def _fail(error: str) -> None:
    import json

    print(json.dumps({"ready": False, "error": error}), flush=True)
    sys.exit(2)


if __name__ == "__main__":
    import own_python

    own_python.enter(_fail)

import argparse  # noqa: E402
import asyncio  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import signal  # noqa: E402
import threading  # noqa: E402
import traceback  # noqa: E402

from tools.sim.bench import Bench, BenchError, log  # noqa: E402


class _Parser(argparse.ArgumentParser):
    """Errors go where everything goes: into the first line, exit code 2."""

    def error(self, message):
        _fail(message)


def parser() -> argparse.ArgumentParser:
    """The command line of the bench interface."""
    make = _Parser(
        prog="tools/station.py", description="one whole simulated charger", allow_abbrev=False
    )
    add = make.add_argument
    add("--dir", metavar="DIR", help="the board's flash (default: a new temporary folder)")
    add("--csms", metavar="URL", help="connect to URL/ID; without: no central system")
    add("--id", metavar="ID", help="charge point identity")
    add("--profile", choices=("rivot", "dc"), default="rivot")
    add("--guns", type=int, default=1, metavar="N", help="connectors, 1 to 12")
    add("--ocpp", choices=("1.6", "2.0.1"), default="1.6")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE|KEY=@FILE",
        help="any setting; written once, before the first start on DIR",
    )
    add("--control", type=int, default=0, metavar="PORT", help="control port (0 picks one)")
    add("--heap", default="", metavar="112k", help="heap of the firmware")
    add("--arch", choices=("64", "32"), default="64")
    add("--build", choices=("mpy", "frozen", "romfs", "py"), default="mpy")
    add("--speed", type=float, default=1.0, metavar="N", help="run N times faster")
    add("--keep", action="store_true", help="do not end when stdin closes")
    add("--replay", metavar="FILE", help="play a candump log onto the first bus, at its own pace")
    add("--no-plant", action="store_true", help="the plant is elsewhere: needs --can")
    add(
        "--can",
        action="append",
        default=[],
        metavar="URL",
        help="slcan://HOST:PORT or socketcan://IFACE, with --no-plant",
    )
    return make


def check(options) -> None:
    """Exit 2 naming what this build does not have, or what does not fit together."""
    if options.ocpp == "2.0.1":
        _fail("this build has no OCPP 2.0.1: lib/ocppj/v201 is missing; --ocpp 1.6 is there")
    if not 1 <= options.guns <= 12:
        _fail("--guns: 1 to 12")
    if not 0.01 <= options.speed <= 1000:
        _fail("--speed: 0.01 to 1000")
    if options.heap and not re.fullmatch(r"[1-9][0-9]*[kKmM]?", options.heap):
        _fail(f"--heap {options.heap}: bytes, or a number with k or M")
    if options.csms and not re.match(r"wss?://[^/]", options.csms):
        _fail(f"--csms {options.csms}: a ws:// or wss:// address")
    buses = (1, 2) if options.profile == "dc" else (options.guns,)
    if options.no_plant and len(options.can) not in buses:
        _fail("--no-plant needs one --can for each connector (dc: one, and one for the modules)")
    if options.can and not options.no_plant:
        _fail("--can needs --no-plant")
    if options.replay and options.no_plant:
        _fail("--replay needs the plant's own bus; tools.sim.hub --replay plays onto another")
    for url in options.can:
        if not re.fullmatch(r"slcan://[^:/]+:\d+|socketcan://\w+", url):
            _fail(f"--can {url}: slcan://HOST:PORT or socketcan://IFACE")


async def run(options) -> int:
    """Start the bench, say so, and wait for the end."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)
    bench = None
    stopping = asyncio.create_task(ending.wait())
    try:
        bench = Bench(options)
        starting = asyncio.create_task(bench.start())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return 0
        print(json.dumps(starting.result()), flush=True)
        if not options.keep:
            # Other threads end with the process; a blocked read must not keep it.
            threading.Thread(target=_until_eof, args=(loop, ending), daemon=True).start()
        return await _until(stopping, bench)
    except Exception as error:  # whatever it is, the first line has to say so
        if not isinstance(error, BenchError):
            traceback.print_exc()
        log(f"cannot go on: {error}")
        print(json.dumps({"ready": False, "error": str(error)}), flush=True)
        return 2
    finally:
        if bench is not None:
            await bench.stop()


async def _until(stopping, bench) -> int:
    await asyncio.wait({stopping, bench.pacing}, return_when=asyncio.FIRST_COMPLETED)
    if bench.pacing.done() and not stopping.done():
        log(f"the plant has failed: {bench.pacing.exception()!r}")
        return 1
    return 0


def _until_eof(loop, ending):
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    loop.call_soon_threadsafe(ending.set)


def main() -> int:
    """The command line."""
    options = parser().parse_args()
    check(options)
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main())

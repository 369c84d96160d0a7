"""How is a simulated charger started with a probe in its station? As tools/station.py is.

    python -m tools.bench.probed [options of tools/station.py]

The probe (device/probe.py) prints what lives after each collection. The console is hung up after
each question, as on a charger that nobody looks at: a minute later the station forgets it.
"""

import sys

from tools import station
from tools.bench.port import DEVICE
from tools.sim import bench, machine
from tools.sim.console_link import ConsoleLink


class ProbedFirmware(machine.Firmware):
    """The firmware with the probe around it."""

    def command(self, flash):
        """As Firmware.command; the import of the launcher is left to the probe."""
        *words, start = super().command(flash)
        head, _, call = start.partition("import launch; ")
        if not call:
            raise bench.BenchError("the launcher is started in a way that the probe does not know")
        arguments = call.strip().removeprefix("launch.run(")
        return [
            *words,
            f"import gc; gc.collect(); before = gc.mem_alloc(); {head}"
            f"sys.path.append({str(DEVICE)!r}); import probe; probe.run(before, {arguments}",
        ]


class QuietConsole(ConsoleLink):
    """A console link that does not stay."""

    async def ask(self, line, timeout=9.0):
        """As ConsoleLink.ask, then hang up."""
        try:
            return await super().ask(line, timeout)
        finally:
            self.hang_up()


if __name__ == "__main__":
    bench.Firmware = ProbedFirmware
    bench.ConsoleLink = QuietConsole
    sys.exit(station.main())

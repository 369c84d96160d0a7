"""How is a simulated charger started whose console is hung up after each question?

    python -m tools.bench.quiet [options of tools/station.py]

As on a charger that nobody looks at: a minute later the station forgets its console.
"""

import sys

from tools import station
from tools.sim import bench
from tools.sim.console_link import ConsoleLink


class QuietConsole(ConsoleLink):
    """A console link that does not stay."""

    async def ask(self, line, timeout=9.0):
        """As ConsoleLink.ask, then hang up."""
        try:
            return await super().ask(line, timeout)
        finally:
            self.hang_up()


if __name__ == "__main__":
    bench.ConsoleLink = QuietConsole
    sys.exit(station.main())

"""How is the central system started alone? `python -m tools.csms --help`."""

from .cli import run

run()

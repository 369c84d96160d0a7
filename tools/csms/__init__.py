"""What is this package? A small OCPP central system for the bench, with a live page.

`CentralSystem` runs it inside another asyncio program (tools/run.py, tests); `CentralThread`
runs it in a thread for programs that have no event loop; `python -m tools.csms` runs it alone.
docs/csms.md is the manual.
"""

from .central import CentralSystem
from .errors import CallFailed, CallTimeout, NotConnected
from .settings import Settings
from .sync import CentralThread

__all__ = [
    "CallFailed",
    "CallTimeout",
    "CentralSystem",
    "CentralThread",
    "NotConnected",
    "Settings",
]

"""Which function answers which action of which OCPP version?

A handler is `async (context, payload) -> answer`. The payload has passed the schema; the answer
is checked against its own before it leaves. A handler may raise errors.CallError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..central import CentralSystem
    from ..link import Link


@dataclass(frozen=True)
class Context:
    """What a handler needs to know besides the payload."""

    central: CentralSystem
    link: Link
    message_id: str

    @property
    def station_id(self) -> str:
        """The identity of the station that sent the message."""
        return self.link.station_id

    @property
    def now(self) -> datetime:
        """Our wall clock."""
        return self.central.clock.now()


Handler = Callable[[Context, dict], Awaitable[dict]]
_HANDLERS: dict[tuple[str, str], Handler] = {}


def handles(version: str, *actions: str) -> Callable[[Handler], Handler]:
    """Register a handler for actions of an OCPP version."""

    def register(function: Handler) -> Handler:
        for action in actions:
            _HANDLERS[version, action] = function
        return function

    return register


def find(version: str, action: str) -> Handler | None:
    """The handler of an action, or None."""
    return _HANDLERS.get((version, action))


from . import v16_charging, v16_core, v16_reports  # noqa: E402,F401  (they register themselves)

"""Which choices does an operator of the central system have?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from time import monotonic

REGISTRATIONS = ("Accepted", "Pending", "Rejected")


@dataclass
class Settings:
    """Every option of the central system; the command line has one flag for each.

    Ports 0 mean: any free one; `http_port` None: no page and no API. `db` is any URL that
    SQLAlchemy's asyncio engines take; the default is temporary and gone at the end.
    Times are in seconds of real time, but for `heartbeat_s` and `boot_retry_s`, which the
    station counts by its own clock.
    """

    host: str = "127.0.0.1"
    ws_port: int = 0
    http_port: int | None = 0
    db: str = "sqlite+aiosqlite://"
    heartbeat_s: int = 60
    boot_retry_s: int = 10
    registration: str = "Accepted"  # the answer to a station never seen before
    known: tuple[str, ...] = ()  # empty: any identity may connect
    passwords: dict[str, str] = field(default_factory=dict)  # HTTP Basic, by identity
    accept_all: bool = False  # cards that are not listed count as Accepted
    cards: tuple[str, ...] = ()  # listed as Accepted at the start
    concurrent: bool = False  # one card may charge at several connectors
    call_timeout_s: float = 30.0
    ping_s: float = 20.0  # websocket ping interval; 0: never
    max_message_bytes: int = 1 << 20
    messages_kept: int = 5000  # OCPP messages stored for each station
    plants: dict[str, str] = field(default_factory=dict)  # identity: "host:port"
    ca: str = ""  # file with certificate and key that signs stations' requests
    speed: float = 1.0  # our clock runs this much faster, as a station's may

    def __post_init__(self):
        if self.registration not in REGISTRATIONS:
            raise ValueError(f"registration {self.registration!r}: one of {REGISTRATIONS}")
        if self.speed <= 0:
            raise ValueError("speed must be above 0")

    def password_bytes(self, station_id: str) -> bytes | None:
        """The password asked of a station, or None; `hex:00ff..` stands for bytes (WP A00)."""
        text = self.passwords.get(station_id)
        if text is None:
            return None
        return bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()


class Clock:
    """The wall clock that stations are set by; with `speed` above 1 it runs ahead, so that a
    simulated station whose clock runs faster is not set back by every Heartbeat."""

    def __init__(self, speed: float = 1.0):
        self.speed = speed
        self._wall = datetime.now(timezone.utc)
        self._mono = monotonic()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        if self.speed == 1.0:
            return datetime.now(timezone.utc)
        return self._wall + timedelta(seconds=(monotonic() - self._mono) * self.speed)


def to_text(when: datetime | None) -> str | None:
    """A time as OCPP writes it: RFC 3339, UTC, milliseconds, Z; None stays None."""
    if when is None:
        return None
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """RFC 3339 text to an aware time; without an offset UTC is meant (S 3.12 recommends UTC)."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)

"""Who hears what happens? Pages (by server-sent events), tests (by wait_for) and hooks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

HISTORY = 10_000
QUEUE = 500

KINDS = ("link", "station", "status", "charge", "meter", "message", "plant", "notice")


class Event(NamedTuple):
    """`kind` is one of KINDS; `data` is described where it is published."""

    kind: str
    station_id: str
    data: Any


@dataclass(frozen=True)
class CallRecord:
    """A CALL of a station that has been answered. `answer` is None if it got a CALLERROR
    (then `error` is its code) or, by a test's order, nothing."""

    seq: int
    station_id: str
    action: str
    message_id: str
    payload: dict
    answer: dict | None
    error: str | None
    time: datetime = field(compare=False)


class Subscription:
    """A listener's queue. A reader that is too slow loses the oldest events; `lost` counts."""

    def __init__(self, station_id: str | None):
        self.station_id = station_id
        self.lost = 0
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._open = True

    def put(self, event: Event) -> None:
        """Queue one event."""
        if len(self._events) >= QUEUE:
            self._events.popleft()
            self.lost += 1
        self._events.append(event)
        self._wake.set()

    def close(self) -> None:
        """End the stream."""
        self._open = False
        self._wake.set()

    async def batch(self, gather_s: float = 0.0) -> list[Event] | None:
        """Wait for events, then `gather_s` more for their followers; None at the end."""
        await self._wake.wait()
        if self._open and gather_s:
            await asyncio.sleep(gather_s)
        if not self._open:
            return None
        self._wake.clear()
        events = list(self._events)
        self._events.clear()
        return events


class Hub:
    """Passes events to every subscription, and answered CALLs to whoever waits for one."""

    def __init__(self):
        self._subscriptions: set[Subscription] = set()
        self._records: deque[CallRecord] = deque(maxlen=HISTORY)
        self._waiters: list[tuple[Callable[[CallRecord], bool], asyncio.Future]] = []
        self.seq = 0

    def subscribe(self, station_id: str | None = None) -> Subscription:
        """Hear the events of one station, or of all; end it with `unsubscribe`."""
        subscription = Subscription(station_id)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        self._subscriptions.discard(subscription)

    def publish(self, kind: str, station_id: str, data: Any = None) -> None:
        """Tell every listener; never waits."""
        event = Event(kind, station_id, data)
        for subscription in self._subscriptions:
            if subscription.station_id in (None, station_id):
                subscription.put(event)

    def record(
        self,
        station_id: str,
        action: str,
        message_id: str,
        payload: dict,
        answer: dict | None,
        error: str | None,
        time: datetime,
    ) -> CallRecord:
        """Remember an answered CALL and wake those who wait for it."""
        self.seq += 1
        record = CallRecord(self.seq, station_id, action, message_id, payload, answer, error, time)
        self._records.append(record)
        for fits, future in list(self._waiters):
            if not future.done() and fits(record):
                future.set_result(record)
        return record

    def records(self, after: int = 0) -> list[CallRecord]:
        """Answered CALLs with a sequence number above `after`, oldest first."""
        return [record for record in self._records if record.seq > after]

    async def wait_for(
        self, fits: Callable[[CallRecord], bool], timeout_s: float, after: int = 0
    ) -> CallRecord:
        """The first record above `after` that fits, past or future; TimeoutError if none."""
        for record in self.records(after):
            if fits(record):
                return record
        waiter = (fits, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiter[1]
        finally:
            self._waiters.remove(waiter)

    def close(self) -> None:
        """End every subscription."""
        for subscription in list(self._subscriptions):
            subscription.close()

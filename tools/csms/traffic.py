"""Which OCPP messages passed lately?

Messages are collected and written twice a second in one commit; a query writes them first, so
it always sees all. Of each station the last `keep` are kept.
"""

from __future__ import annotations

import asyncio
import json
import logging

from sqlalchemy import delete, select

from .events import Hub
from .models import Message
from .store import Store

log = logging.getLogger("csms.traffic")
_FLUSH_S = 0.5


class Traffic:
    """The bounded log of messages; `add` publishes each as event "message"."""

    def __init__(self, store: Store, hub: Hub, keep: int):
        self._store = store
        self._hub = hub
        self._keep = max(1, keep)
        self._pending: list[Message] = []
        self._since_prune: dict[str, int] = {}
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        """Start the writer."""
        self._task = asyncio.create_task(self._run(), name="csms-traffic")

    async def stop(self) -> None:
        """Stop the writer; nothing is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    def add(self, message: Message) -> None:
        """Log one message."""
        self._pending.append(message)
        self._hub.publish("message", message.station_id, message)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_S)
            try:
                await asyncio.shield(self.flush())
            except Exception:
                log.exception("cannot write the message log")

    async def flush(self) -> None:
        """Write what is collected, and forget what is too old."""
        async with self._flushing:
            batch, self._pending = self._pending, []
            if not batch:
                return
            async with self._store.write() as session:
                session.add_all(batch)
                await session.flush()
                for station_id in {message.station_id for message in batch}:
                    count = sum(m.station_id == station_id for m in batch)
                    await self._prune(session, station_id, count)

    async def _prune(self, session, station_id: str, added: int) -> None:
        """Delete beyond `keep`, but not at every write: a tenth more may stand for a while."""
        total = self._since_prune.get(station_id, self._keep) + added
        if total <= self._keep // 10:
            self._since_prune[station_id] = total
            return
        self._since_prune[station_id] = 0
        last = await session.scalar(
            select(Message.id)
            .where(Message.station_id == station_id)
            .order_by(Message.id.desc())
            .offset(self._keep)
            .limit(1)
        )
        if last is not None:
            await session.execute(
                delete(Message).where(Message.station_id == station_id, Message.id <= last)
            )

    async def find(
        self,
        station_id: str,
        action: str | None = None,
        problems: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Message]:
        """The last messages of a station, newest first."""
        await self.flush()
        query = select(Message).where(Message.station_id == station_id)
        if action is not None:
            query = query.where(Message.action == action)
        if problems:
            query = query.where(Message.problem.is_not(None))
        if before is not None:
            query = query.where(Message.id < before)
        async with self._store.read() as session:
            return list(await session.scalars(query.order_by(Message.id.desc()).limit(limit)))


def payload_of(message: Message):
    """The payload as JSON data; the text itself where it is none."""
    try:
        return json.loads(message.payload)
    except ValueError:
        return message.payload

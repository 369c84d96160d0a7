"""May this card charge?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from .models import Card, Transaction
from .settings import to_text
from .store import Store

STATUSES = ("Accepted", "Blocked", "Expired", "Invalid")


class Cards:
    """The table of idTags and the verdicts drawn from it.

    `accept_all`: a card that is not listed is Accepted. `concurrent`: one card may run several
    transactions.
    """

    def __init__(self, store: Store, accept_all: bool = False, concurrent: bool = False):
        self._store = store
        self.accept_all = accept_all
        self.concurrent = concurrent

    async def put(
        self,
        id_tag: str,
        status: str = "Accepted",
        expiry: datetime | None = None,
        parent: str | None = None,
        note: str = "",
    ) -> Card:
        """List a card, or change it. Raises ValueError naming what does not fit."""
        if not id_tag or len(id_tag) > 20:
            raise ValueError("idTag: 1 to 20 characters")
        if status not in STATUSES:
            raise ValueError(f"status {status!r}: one of {', '.join(STATUSES)}")
        if parent and len(parent) > 20:
            raise ValueError("parent: at most 20 characters")
        async with self._store.write() as session:
            return await session.merge(
                Card(
                    key=id_tag.casefold(),
                    id_tag=id_tag,
                    status=status,
                    expiry=expiry,
                    parent=parent or None,
                    note=note,
                )
            )

    async def delete(self, id_tag: str) -> bool:
        """Take a card off the list; False if it was not on it."""
        async with self._store.write() as session:
            card = await session.get(Card, id_tag.casefold())
            if card is not None:
                await session.delete(card)
            return card is not None

    async def all(self) -> list[Card]:
        """Every listed card."""
        async with self._store.read() as session:
            return list(await session.scalars(select(Card).order_by(Card.key)))

    async def info(self, id_tag: str, now: datetime) -> dict:
        """The idTagInfo of a card: status, expiryDate, parentIdTag."""
        async with self._store.read() as session:
            card = await session.get(Card, id_tag.casefold())
        if card is None:
            return {"status": "Accepted" if self.accept_all else "Invalid"}
        info = {"status": card.status}
        if card.expiry is not None:
            info["expiryDate"] = to_text(card.expiry)
            if card.status == "Accepted" and card.expiry <= now:
                info["status"] = "Expired"
        if card.parent:
            info["parentIdTag"] = card.parent
        return info

    async def info_for_start(
        self, station_id: str, message_id: str, id_tag: str, now: datetime
    ) -> dict:
        """As `info`, but ConcurrentTx where the card already charges elsewhere; the transaction
        that a resent StartTransaction opened itself does not count."""
        info = await self.info(id_tag, now)
        if self.concurrent or info["status"] != "Accepted":
            return info
        async with self._store.read() as session:
            open_now = list(
                await session.scalars(
                    select(Transaction).where(
                        func.lower(Transaction.id_tag) == id_tag.lower(),
                        Transaction.stop_time.is_(None),
                        ~Transaction.stale,
                        Transaction.start_status == "Accepted",
                    )
                )
            )
        if any(
            (tx.station_id, tx.start_message_id) != (station_id, message_id) for tx in open_now
        ):
            info["status"] = "ConcurrentTx"
        return info

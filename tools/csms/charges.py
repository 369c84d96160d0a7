"""How do StartTransaction, MeterValues and StopTransaction become one charge, whatever is resent?

A station resends what was not answered. The same message id with the same content is the same
message: it changes nothing and gets the same answer (JE 3.1, 3.7). So is, under a new message id,
the start of a transaction that is still open, of the same second. A message id that comes again
with other content is a station that counts from 1 after a reboot: a new message.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from . import measure
from .models import MeterValue, Transaction
from .settings import from_text
from .store import Store


class Charges:
    """Transactions and their meter values, over a Store."""

    def __init__(self, store: Store):
        self._store = store

    async def start(
        self, station_id: str, message_id: str, payload: dict, verdict: str
    ) -> tuple[Transaction, bool]:
        """Open a transaction; answers it and whether it is new (False: a resent message)."""
        tag, connector = payload["idTag"], payload["connectorId"]
        started = from_text(payload["timestamp"])
        async with self._store.write() as session:
            again = Transaction.stop_time.is_(None) & (Transaction.start_time == started)
            known = await session.scalar(
                select(Transaction)
                .where(
                    Transaction.station_id == station_id,
                    Transaction.connector_id == connector,
                    Transaction.id_tag == tag,
                    Transaction.meter_start == payload["meterStart"],
                    again | (Transaction.start_message_id == message_id),
                )
                .order_by(Transaction.id.desc())
                .limit(1)
            )
            if known is not None:
                return known, False
            await session.execute(
                update(Transaction)
                .where(
                    Transaction.station_id == station_id,
                    Transaction.connector_id == connector,
                    Transaction.stop_time.is_(None),
                )
                .values(stale=True)
            )
            charge = Transaction(
                station_id=station_id,
                connector_id=connector,
                id_tag=tag,
                start_time=started,
                meter_start=payload["meterStart"],
                start_message_id=message_id,
                start_status=verdict,
                orphan=False,
                stale=False,
                reservation_id=payload.get("reservationId"),
            )
            session.add(charge)
            await session.flush()
            return charge, True

    async def stop(
        self, station_id: str, message_id: str, payload: dict
    ) -> tuple[Transaction, bool]:
        """Close a transaction; answers it and whether this message did it. A stop that fits no
        transaction of this station (E 3.18: -1) is kept as an orphan: nothing sold is lost."""
        number = payload["transactionId"]
        stop_time = from_text(payload["timestamp"])
        async with self._store.write() as session:
            charge = await session.get(Transaction, number) if number > 0 else None
            if charge is not None and charge.station_id != station_id:
                charge = None
            if charge is None:
                charge = await session.scalar(
                    select(Transaction).where(
                        Transaction.station_id == station_id,
                        Transaction.orphan,
                        Transaction.stop_message_id == message_id,
                        Transaction.meter_stop == payload["meterStop"],
                    )
                )
            if charge is not None and charge.stop_time is not None:
                return charge, False
            if charge is None:
                charge = Transaction(station_id=station_id, orphan=True, stale=False)
                session.add(charge)
            charge.stop_time, charge.meter_stop = stop_time, payload["meterStop"]
            charge.stop_message_id, charge.stop_id_tag = message_id, payload.get("idTag")
            charge.reason = payload.get("reason", "Local")  # S 7.35: omitted means Local
            charge.stale = False
            await session.flush()
            session.add_all(
                measure.rows(
                    station_id,
                    charge.connector_id or 0,
                    charge.id,
                    message_id,
                    payload.get("transactionData", []),
                )
            )
            return charge, True

    async def meter(
        self, station_id: str, message_id: str, payload: dict
    ) -> tuple[list[MeterValue], bool]:
        """Store the values of a MeterValues message; answers them and whether they are new."""
        number = payload.get("transactionId")
        async with self._store.write() as session:
            charge = await session.get(Transaction, number) if number and number > 0 else None
            if charge is not None and charge.station_id != station_id:
                charge = None
            rows = measure.rows(
                station_id,
                payload["connectorId"],
                charge.id if charge else None,
                message_id,
                payload["meterValue"],
            )
            if rows and await session.scalar(
                select(MeterValue.id)
                .where(
                    MeterValue.station_id == station_id,
                    MeterValue.message_id == message_id,
                    MeterValue.time == rows[0].time,
                    MeterValue.connector_id == rows[0].connector_id,
                )
                .limit(1)
            ):
                return rows, False
            session.add_all(rows)
            if charge is not None and charge.stop_time is None:
                charge.stale = False  # it says of itself that it runs
            return rows, True

    async def connector_free(self, station_id: str, connector_id: int, since: datetime) -> None:
        """The connector says Available: transactions started before that are not running."""
        async with self._store.write() as session:
            await session.execute(
                update(Transaction)
                .where(
                    Transaction.station_id == station_id,
                    Transaction.connector_id == connector_id,
                    Transaction.stop_time.is_(None),
                    Transaction.start_time < since,
                )
                .values(stale=True)
            )

    async def get(self, number: int) -> Transaction | None:
        """One transaction by its id."""
        async with self._store.read() as session:
            return await session.get(Transaction, number)

    async def find(
        self,
        station_id: str | None = None,
        connector_id: int | None = None,
        active: bool | None = None,
        id_tag: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Transaction]:
        """Transactions that fit every given filter, newest first; `before` an id, for paging."""
        query = select(Transaction)
        running = Transaction.stop_time.is_(None) & ~Transaction.stale
        for wanted, condition in (
            (station_id, Transaction.station_id == station_id),
            (connector_id, Transaction.connector_id == connector_id),
            (active, running if active else ~running),
            (id_tag, Transaction.id_tag == id_tag),
        ):
            if wanted is not None:
                query = query.where(condition)
        if before is not None:
            query = query.where(Transaction.id < before)
        async with self._store.read() as session:
            return list(await session.scalars(query.order_by(Transaction.id.desc()).limit(limit)))

    async def values(
        self,
        station_id: str,
        connector_id: int | None = None,
        charge_id: int | None = None,
        measurand: str | None = None,
        before: int | None = None,
        limit: int = 500,
    ) -> list[MeterValue]:
        """Stored meter values, newest first; `before` a row's id, for paging."""
        query = select(MeterValue).where(MeterValue.station_id == station_id)
        for wanted, column in (
            (connector_id, MeterValue.connector_id),
            (charge_id, MeterValue.charge_id),
            (measurand, MeterValue.measurand),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(MeterValue.id < before)
        async with self._store.read() as session:
            return list(await session.scalars(query.order_by(MeterValue.id.desc()).limit(limit)))

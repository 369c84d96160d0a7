"""Where are the facts kept, and how are stations, statuses and notices read and written?

Transactions and meter values are in charges.py, cards in cards.py, OCPP messages in traffic.py:
each takes the Store and uses its sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from tempfile import TemporaryDirectory

from sqlalchemy import event, func, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from .models import SCHEMA_VERSION, Base, ConfigKey, ConnectorStatus, Meta, Notice, Station


class Store:
    """The database. `write()` and `read()` give a session; one write at a time, so that SQLite
    never answers that it is locked.

    SQLite's database in memory becomes a file in a temporary folder that goes at the end: a
    task that is cancelled in a query (a page that is closed) costs its connection, and with
    its only connection a database in memory would be gone.
    """

    def __init__(self, url: str):
        self._folder: TemporaryDirectory | None = None
        where = make_url(url)
        sqlite = where.get_backend_name() == "sqlite"
        if sqlite and (not where.database or ":memory:" in where.database):
            self._folder = TemporaryDirectory(prefix="csms-")
            where = where.set(database=f"{self._folder.name}/csms.db", query={})
        self.engine = create_async_engine(where)
        if sqlite:
            event.listen(self.engine.sync_engine, "connect", self._prepare_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Make the tables that are missing; refuse a database of a later program."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.write() as session:
            meta = await session.get(Meta, 1)
            if meta is None:
                session.add(Meta(id=1, schema_version=SCHEMA_VERSION))
            elif meta.schema_version > SCHEMA_VERSION:
                raise RuntimeError(
                    f"the database has format {meta.schema_version}; this program "
                    f"knows formats up to {SCHEMA_VERSION}"
                )

    async def close(self) -> None:
        """Close every connection to the database."""
        await self.engine.dispose()
        if self._folder is not None:
            self._folder.cleanup()

    def _prepare_sqlite(self, connection, _record) -> None:
        """WAL: readers do not wait for the writer, and a commit is one append."""
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'NORMAL' if self._folder is None else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.close()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed at the end, or all undone by an exception."""
        async with self._lock, self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for queries."""
        async with self._sessions() as session:
            yield session

    async def station(self, station_id: str) -> Station | None:
        """One station, or None."""
        async with self.read() as session:
            return await session.get(Station, station_id)

    async def stations(self) -> list[Station]:
        """Every station ever seen, by identity."""
        async with self.read() as session:
            return list(await session.scalars(select(Station).order_by(Station.id)))

    async def seen(
        self, station_id: str, protocol: str, registration: str, address: str, now: datetime
    ) -> Station:
        """A station has connected: its row, made with `registration` if it is new."""
        async with self.write() as session:
            station = await session.get(Station, station_id)
            if station is None:
                station = Station(
                    id=station_id, registration=registration, first_seen=now, boot={}, boots=0
                )
                session.add(station)
            station.protocol, station.address, station.last_seen = protocol, address, now
            return station

    async def update_station(self, station_id: str, **facts) -> Station | None:
        """Change columns of a station; None if there is no such station."""
        async with self.write() as session:
            station = await session.get(Station, station_id)
            if station is not None:
                for name, value in facts.items():
                    setattr(station, name, value)
            return station

    async def booted(self, station_id: str, boot: dict, now: datetime) -> Station:
        """Note a BootNotification; answers the row, whose `registration` is the verdict."""
        async with self.write() as session:
            station = await session.get_one(Station, station_id)
            station.boot, station.last_boot, station.last_seen = boot, now, now
            station.boots += 1
            return station

    async def add_status(self, status: ConnectorStatus) -> None:
        """One more line of a connector's history."""
        async with self.write() as session:
            session.add(status)

    async def status_history(
        self, station_id: str, connector_id: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        """The last `limit` statuses, newest first."""
        query = select(ConnectorStatus).where(ConnectorStatus.station_id == station_id)
        if connector_id is not None:
            query = query.where(ConnectorStatus.connector_id == connector_id)
        async with self.read() as session:
            return list(
                await session.scalars(query.order_by(ConnectorStatus.id.desc()).limit(limit))
            )

    async def last_statuses(self) -> list[ConnectorStatus]:
        """The newest status of every connector of every station."""
        newest = select(func.max(ConnectorStatus.id)).group_by(
            ConnectorStatus.station_id, ConnectorStatus.connector_id
        )
        async with self.read() as session:
            return list(
                await session.scalars(
                    select(ConnectorStatus).where(ConnectorStatus.id.in_(newest))
                )
            )

    async def add_notice(self, station_id: str, kind: str, data: dict, now: datetime) -> None:
        """Note what a station reported."""
        async with self.write() as session:
            session.add(Notice(station_id=station_id, kind=kind, data=data, time=now))

    async def notices(self, station_id: str, limit: int = 100) -> list[Notice]:
        """The last reports of a station, newest first."""
        async with self.read() as session:
            return list(
                await session.scalars(
                    select(Notice)
                    .where(Notice.station_id == station_id)
                    .order_by(Notice.id.desc())
                    .limit(limit)
                )
            )

    async def save_config(self, station_id: str, rows: list[dict]) -> None:
        """Keep the configurationKey list of a GetConfiguration answer."""
        async with self.write() as session:
            for row in rows:
                await session.merge(
                    ConfigKey(
                        station_id=station_id,
                        key=row["key"],
                        value=row.get("value"),
                        readonly=row["readonly"],
                    )
                )

    async def config(self, station_id: str) -> list[ConfigKey]:
        """The configuration as the station last told it, by key."""
        async with self.read() as session:
            return list(
                await session.scalars(
                    select(ConfigKey)
                    .where(ConfigKey.station_id == station_id)
                    .order_by(ConfigKey.key)
                )
            )

"""Which facts does the central system keep, and in which tables?"""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 1


class UtcTime(TypeDecorator):
    """Aware times in, aware UTC times out; stored without an offset, so that every database
    (SQLite has no time zones) compares them right."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, dialect):
        """To the database: UTC, without the offset."""
        return None if value is None else value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        """From the database: aware, UTC."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Base(DeclarativeBase):
    """The tables' common base."""

    type_annotation_map = {datetime: UtcTime, dict: JSON}


class Meta(Base):
    """One row: the version of these tables, so that a later program can migrate them."""

    __tablename__ = "meta"
    id: Mapped[int] = mapped_column(primary_key=True)
    schema_version: Mapped[int]


class Station(Base):
    """A charge point, by the identity in its URL."""

    __tablename__ = "station"
    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    protocol: Mapped[str] = mapped_column(String(20))
    registration: Mapped[str] = mapped_column(String(10))
    boot: Mapped[dict] = mapped_column(default=dict)  # the last BootNotification
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    last_boot: Mapped[datetime | None]
    boots: Mapped[int] = mapped_column(default=0)
    address: Mapped[str] = mapped_column(String(80), default="")


class ConnectorStatus(Base):
    """One StatusNotification: the history of every connector (0 is the station itself)."""

    __tablename__ = "connector_status"
    __table_args__ = (Index("ix_status_connector", "station_id", "connector_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    connector_id: Mapped[int]
    status: Mapped[str] = mapped_column(String(30))
    error_code: Mapped[str] = mapped_column(String(40))
    info: Mapped[str | None] = mapped_column(String(255))
    vendor_id: Mapped[str | None] = mapped_column(String(255))
    vendor_error_code: Mapped[str | None] = mapped_column(String(255))
    time: Mapped[datetime]
    received: Mapped[datetime]


class Transaction(Base):
    """One charge, from StartTransaction to StopTransaction. The row's id is the transactionId.

    `orphan`: only its stop ever arrived (E 3.18: transactionId -1). `stale`: no stop has come,
    yet the connector has gone on without it; a late stop still closes it.
    """

    __tablename__ = "charge"
    __table_args__ = (
        Index("ix_charge_start", "station_id", "start_message_id"),
        Index("ix_charge_stop", "station_id", "stop_message_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    connector_id: Mapped[int | None]
    id_tag: Mapped[str | None] = mapped_column(String(64))
    start_time: Mapped[datetime | None]
    meter_start: Mapped[int | None] = mapped_column(BigInteger)
    start_message_id: Mapped[str | None] = mapped_column(String(36))
    start_status: Mapped[str | None] = mapped_column(String(20))
    reservation_id: Mapped[int | None]
    stop_time: Mapped[datetime | None]
    meter_stop: Mapped[int | None] = mapped_column(BigInteger)
    stop_id_tag: Mapped[str | None] = mapped_column(String(64))
    stop_message_id: Mapped[str | None] = mapped_column(String(36))
    reason: Mapped[str | None] = mapped_column(String(30))
    orphan: Mapped[bool] = mapped_column(default=False)
    stale: Mapped[bool] = mapped_column(default=False)

    @property
    def active(self) -> bool:
        """Energy may still flow, as far as we have been told."""
        return self.stop_time is None and not self.stale

    @property
    def energy_wh(self) -> int | None:
        """What was delivered, once both ends are known."""
        if self.meter_start is None or self.meter_stop is None:
            return None
        return self.meter_stop - self.meter_start


class MeterValue(Base):
    """One sampledValue. `value` is what was sent; `number` the same in W, Wh, A, V, Hz or %."""

    __tablename__ = "meter_value"
    __table_args__ = (
        Index("ix_meter_charge", "charge_id", "time"),
        Index("ix_meter_connector", "station_id", "connector_id", "time"),
        Index("ix_meter_message", "station_id", "message_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    connector_id: Mapped[int]
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"))
    message_id: Mapped[str] = mapped_column(String(36))
    time: Mapped[datetime]
    epoch_ms: Mapped[int] = mapped_column(BigInteger)  # `time` again: charts group by it
    measurand: Mapped[str] = mapped_column(String(50))
    value: Mapped[str] = mapped_column(Text)
    number: Mapped[float | None]
    unit: Mapped[str | None] = mapped_column(String(20))
    phase: Mapped[str | None] = mapped_column(String(10))
    context: Mapped[str | None] = mapped_column(String(30))
    location: Mapped[str | None] = mapped_column(String(20))
    format: Mapped[str | None] = mapped_column(String(20))


class Message(Base):
    """One OCPP message that passed; `problem` says what was wrong with it."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_station", "station_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[str] = mapped_column(String(255))
    time: Mapped[datetime]
    direction: Mapped[str] = mapped_column(String(3))  # "in": from the station; "out"
    kind: Mapped[str] = mapped_column(String(10))  # CALL RESULT ERROR INVALID
    message_id: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)  # JSON text, or the text as it came
    problem: Mapped[str | None] = mapped_column(Text)


class Notice(Base):
    """What a station reports besides charging: firmware, diagnostics, security, data, links."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_station", "station_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    time: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(50))
    data: Mapped[dict]


class ConfigKey(Base):
    """A configuration key as the station last told it."""

    __tablename__ = "config_key"
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)
    readonly: Mapped[bool]


class Card(Base):
    """An idTag; compared without regard to case (S 3.9, E 3.74)."""

    __tablename__ = "card"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # the tag, casefolded
    id_tag: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    expiry: Mapped[datetime | None]
    parent: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")

"""What is every connector doing right now?

A cache over the database: loaded at the start, kept by the handlers, read by pages and API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from . import measure
from .models import ConnectorStatus, MeterValue, Transaction
from .settings import to_text


@dataclass
class Connector:
    """The newest facts of one connector; `values` are in base units, keyed as measure.SERIES."""

    id: int
    status: str = "Unknown"
    error_code: str = "NoError"
    info: str | None = None
    vendor_error_code: str | None = None
    since: datetime | None = None
    charge: Transaction | None = None
    values: dict[str, float] = field(default_factory=dict)
    values_time: datetime | None = None
    ended_wh: float | None = None  # until the connector is free again
    _phases: dict[str, dict] = field(default_factory=dict)

    def session_wh(self) -> float | None:
        """Energy of the running transaction so far, or of the one that has just ended."""
        register = self.values.get("energy_wh")
        if self.charge is None:
            return self.ended_wh
        if self.charge.meter_start is None or register is None:
            return None
        return max(0.0, register - self.charge.meter_start)

    def take(self, row: MeterValue) -> None:
        """Use one meter value, unless a newer one is known (queued values come late)."""
        name = measure.SERIES.get(row.measurand)
        if name is None or row.number is None or row.location == "Inlet":
            return
        if self.values_time is not None and row.time < self.values_time:
            return
        phases = self._phases.setdefault(name, {})
        phases[row.phase] = row.number
        self.values[name] = measure.merge_phases(row.measurand, phases)
        self.values_time = row.time

    def rest(self) -> None:
        """The charge is over: nothing flows, and the last reading is history."""
        register = self.values.get("energy_wh")
        self._phases.clear()
        self.values = {} if register is None else {"energy_wh": register}
        self.charge = None
        self.values_time = None  # so that a clock that was wrong cannot freeze the next charge

    def as_dict(self) -> dict:
        """The connector as the API shows it."""
        charge = self.charge
        return {
            "id": self.id,
            "status": self.status,
            "errorCode": self.error_code,
            "info": self.info,
            "vendorErrorCode": self.vendor_error_code,
            "since": to_text(self.since),
            "transactionId": charge.id if charge else None,
            "idTag": charge.id_tag if charge else None,
            "startTime": to_text(charge.start_time) if charge else None,
            "sessionWh": self.session_wh(),
            "values": dict(self.values),
            "valuesTime": to_text(self.values_time),
        }


class Live:
    """Connectors by station and id; 0 is the station itself."""

    def __init__(self):
        self._stations: dict[str, dict[int, Connector]] = {}

    def connector(self, station_id: str, connector_id: int) -> Connector:
        """One connector, made if it was never heard of."""
        connectors = self._stations.setdefault(station_id, {})
        return connectors.setdefault(connector_id, Connector(connector_id))

    def connectors(self, station_id: str) -> list[Connector]:
        """Every known connector of a station but 0, by id."""
        known = self._stations.get(station_id, {})
        return [known[number] for number in sorted(known) if number > 0]

    def whole(self, station_id: str) -> Connector | None:
        """Connector 0, the station as a whole, if it ever reported."""
        return self._stations.get(station_id, {}).get(0)

    def set_status(self, row: ConnectorStatus) -> None:
        """A connector has reported its status."""
        connector = self.connector(row.station_id, row.connector_id)
        connector.status, connector.error_code = row.status, row.error_code
        connector.info, connector.vendor_error_code = row.info, row.vendor_error_code
        connector.since = row.time
        charge = connector.charge
        if row.status == "Available":
            connector.ended_wh = None
        if row.status == "Available" and charge is not None and charge.start_time < row.time:
            connector.rest()

    def set_charge(self, charge: Transaction) -> None:
        """A transaction has begun, ended or been heard of again."""
        if charge.connector_id is None:
            return
        connector = self.connector(charge.station_id, charge.connector_id)
        if charge.active:
            if connector.charge is None or connector.charge.id != charge.id:
                connector.rest()
                connector.ended_wh = None
            connector.charge = charge
        elif connector.charge is not None and connector.charge.id == charge.id:
            connector.rest()
            connector.ended_wh = charge.energy_wh

    def take(self, rows: list[MeterValue]) -> None:
        """Meter values have come."""
        for row in rows:
            self.connector(row.station_id, row.connector_id).take(row)

    async def load(self, store, charges) -> None:
        """After a restart: the last statuses, the running transactions, their last values."""
        for row in await store.last_statuses():
            self.set_status(row)
        for charge in reversed(await charges.find(active=True, limit=1000)):
            self.set_charge(charge)
            values = await charges.values(charge.station_id, charge_id=charge.id, limit=20)
            self.take(values[::-1])

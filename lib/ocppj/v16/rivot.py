"""Which vendor messages of the Rivot contract does the station send? (contract a.6, DataTransfer)

Only with RivotMessages true. data is JSON text, as the field is a string (S 6.11).
"""

import json

from ocppj.datetime import iso
from station import topics

_VENDOR = "RivotMotors"
_FIRST_S = 3  # VehicleInfo: first after 3 s, then every RivotInterval


class Rivot:
    """VehicleInfo, SessionSummary, BMSAlert and SystemAlert of charge point `cp`."""

    def __init__(self, cp):
        self.cp = cp
        self.at = [None] * len(cp.station.connectors)  # uptime of the next VehicleInfo
        cp.bus.on(topics.ALERT, self.alert)

    def _send(self, message, data):
        self.cp.transfer({"vendorId": _VENDOR, "messageId": message, "data": json.dumps(data)})

    def tick(self, now):
        """Once a second: VehicleInfo of what is plugged and not in a transaction."""
        for i, connector in enumerate(self.cp.station.connectors):
            session = connector.session
            idle = session is None or session.record is None
            if not connector.plugged or not idle:
                self.at[i] = None
            elif self.at[i] is None:
                self.at[i] = now + _FIRST_S
            elif now >= self.at[i]:
                self.at[i] = now + self.cp.config.get("RivotInterval")
                self._send("VehicleInfo", self._info(connector))

    def _info(self, connector):
        data = {}
        if connector.meter.soc_pm >= 0:
            data["soc"] = connector.meter.soc_pm / 10
        for name, current_da, _ in connector.limits.claims():
            if name == "vehicle" and current_da is not None:
                data["maxCurrent"] = current_da / 10
        return data

    def summary(self, session):
        """A session ended."""
        meter = self.cp.station.connector(session.cid).meter
        data = {
            "energyDelivered": (session.meter_stop_wh - session.meter_start_wh) / 1000,
            "durationMinutes": (session.stopped - session.started) // 60,
        }
        if meter.soc_pm >= 0:
            data["finalSoc"] = meter.soc_pm / 10
        self._send("SessionSummary", data)

    def alert(self, alert):
        """ALERT: (connector, type, message) of the station."""
        if self.cp.rivot is not self:
            self.cp.bus.off(topics.ALERT, self.alert)  # switched off meanwhile
            return
        cid, kind, message = alert
        data = {"alertType": kind, "message": message, "connectorId": cid}
        wall = self.cp.clock.wall()
        if wall is not None:
            data["timestamp"] = iso(wall)
        bms = kind.startswith("BMS_") and kind.split("_")[1] in ("EMERGENCY", "CHARGING")
        self._send("BMSAlert" if bms else "SystemAlert", data)

"""What does a sampledValue of OCPP measure, in which unit, as a number?"""

from __future__ import annotations

import math

from .models import MeterValue
from .settings import from_text

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"
SOC = "SoC"
TEMPERATURE = "Temperature"
OFFERED_POWER = "Power.Offered"
OFFERED_CURRENT = "Current.Offered"

# measurand: the name in live values and chart series; the order is the page's
SERIES = {
    POWER: "power_w",
    CURRENT: "current_a",
    VOLTAGE: "voltage_v",
    SOC: "soc",
    ENERGY: "energy_wh",
    TEMPERATURE: "temp_c",
    OFFERED_POWER: "offered_w",
    OFFERED_CURRENT: "offered_a",
}

_THOUSANDS = {"kWh": 1000.0, "kW": 1000.0, "kvar": 1000.0, "kvarh": 1000.0, "kVA": 1000.0}
_DEFAULT_UNIT = {
    "Energy": "Wh",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
    "Frequency": "Hz",
}


def number(text: str, unit: str | None) -> float | None:
    """The value in the base unit; None for what is no number (SignedData, an empty text)."""
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    if unit in ("Fahrenheit", "K"):
        value = (value - 32) / 1.8 if unit == "Fahrenheit" else value - 273.15
    return value * _THOUSANDS.get(unit, 1.0)


def rows(
    station_id: str,
    connector_id: int,
    charge_id: int | None,
    message_id: str,
    meter_values: list[dict],
) -> list[MeterValue]:
    """The meterValue or transactionData list of a message, as rows; defaults of S 7.43."""
    found = []
    for block in meter_values:
        time = from_text(block["timestamp"])
        for sample in block["sampledValue"]:
            measurand = sample.get("measurand", ENERGY)
            unit = sample.get("unit", _DEFAULT_UNIT.get(measurand.split(".")[0]))
            signed = sample.get("format") == "SignedData"
            found.append(
                MeterValue(
                    station_id=station_id,
                    connector_id=connector_id,
                    charge_id=charge_id,
                    message_id=message_id,
                    time=time,
                    epoch_ms=round(time.timestamp() * 1000),
                    measurand=measurand,
                    value=sample["value"],
                    unit=unit,
                    number=None if signed else number(sample["value"], unit),
                    phase=sample.get("phase"),
                    context=sample.get("context", "Sample.Periodic"),
                    location=sample.get("location"),
                    format=sample.get("format"),
                )
            )
    return found


def merge_phases(measurand: str, by_phase: dict[str | None, float]) -> float:
    """One number for all phases: the value without phase if there is one, else the sum of
    power and energy, the highest current, the mean of the rest."""
    if None in by_phase:
        return by_phase[None]
    lines = {p: v for p, v in by_phase.items() if p in ("L1", "L2", "L3")} or by_phase
    values = list(lines.values())
    if measurand.startswith(("Power", "Energy")):
        return sum(values)
    return max(values) if measurand.startswith("Current") else sum(values) / len(values)

"""What does the chart of a charge show, however long the charge was?

The database thins: it groups the values into equal slices of time, one point a slice. Registers
(energy, SoC) give their highest value of the slice, everything else the mean.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, literal_column, select

from . import measure
from .models import MeterValue
from .store import Store

POINTS = 600
_REGISTERS = (measure.ENERGY, measure.SOC)


async def series(store: Store, charge_id: int, points: int = POINTS) -> dict:
    """{"time": [epoch seconds], "power_w": [...], ...}: columns of one length, null where a
    measurand has no value at that time. At most about `points` times."""
    async with store.read() as session:
        first, last = (
            await session.execute(
                select(func.min(MeterValue.epoch_ms), func.max(MeterValue.epoch_ms)).where(
                    MeterValue.charge_id == charge_id
                )
            )
        ).one()
        if first is None:
            return {"time": []}
        distinct = await session.scalar(
            select(func.count(func.distinct(MeterValue.epoch_ms))).where(
                MeterValue.charge_id == charge_id
            )
        )
        width = 1 if distinct <= points else (last - first) // points + 1
        # literal: some databases take equal expressions with parameters for different ones
        zero, step = literal_column(str(int(first))), literal_column(str(int(width)))
        slices = (MeterValue.epoch_ms - zero) // step
        rows = (
            await session.execute(
                select(
                    slices,
                    MeterValue.measurand,
                    MeterValue.phase,
                    func.avg(MeterValue.number),
                    func.max(MeterValue.number),
                    func.max(MeterValue.epoch_ms),
                )
                .where(
                    MeterValue.charge_id == charge_id,
                    MeterValue.number.is_not(None),
                    MeterValue.measurand.in_(measure.SERIES),
                    func.coalesce(MeterValue.location, "") != "Inlet",
                )
                .group_by(slices, MeterValue.measurand, MeterValue.phase)
            )
        ).all()
    return _columns(rows)


def _columns(rows) -> dict:
    """Grouped rows (slice, measurand, phase, mean, highest, last ms) to columns by time."""
    phases = defaultdict(dict)
    times: dict[int, int] = {}
    for number, measurand, phase, mean, highest, last_ms in rows:
        value = highest if measurand in _REGISTERS else mean
        phases[number, measurand][phase] = value
        times[number] = max(times.get(number, 0), last_ms)
    order = sorted(times)
    result = {"time": [times[number] / 1000 for number in order]}
    for measurand, name in measure.SERIES.items():
        column = [phases.get((number, measurand)) for number in order]
        if any(column):
            result[name] = [
                round(measure.merge_phases(measurand, by_phase), 3) if by_phase else None
                for by_phase in column
            ]
    return result

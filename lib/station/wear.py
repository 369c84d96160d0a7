"""How long has each power module run in its life, over restarts of the station?

The planner takes the modules with the fewest hours first. One record `wear` of minutes by module,
written at most each half hour and only when a module has run; a restart loses no more than that.
Needed twice an hour: lib/lazy.py.
"""

import record

_EVERY_S = 1800
_MINUTE_MS = 60_000


def keep(station, now):
    """Load (the first time) or save; answers when it wants to be called again (uptime in s)."""
    modules = station.hall.modules
    hours = station.hall.d.ring.hours
    kept = record.unpack(station.store.read("wear")) or []
    if modules.worn is None:
        for m in range(min(len(kept), len(hours))):
            if isinstance(kept[m], int) and kept[m] >= 0:
                hours[m] += kept[m] // 60
                modules._run_ms[m] += kept[m] % 60 * _MINUTE_MS
        modules.worn = False
    elif modules.worn:
        minutes = [hours[m] * 60 + modules._run_ms[m] // _MINUTE_MS for m in range(len(hours))]
        try:
            station.store.write("wear", record.pack(minutes))
            modules.worn = False
        except OSError:
            station.log.error("hours of the modules could not be written")
    return now + _EVERY_S

"""How does an older config.json become one of today's format?

Imported only when the file's version is not the current one. A step a version: STEPS[v] takes the
values of format v and returns (values of format v + 1). Renamed keys, changed units and dropped
keys are handled here and nowhere else, so a firmware update never loses a setting in silence.
"""


def upgrade(data: dict, version: int) -> dict:
    """{"version": version, "values": {..}} of any older document; ValueError says why not.

    A newer one (this build runs again after an update that failed) is given as it is, its version
    kept: who reads it takes what it understands.
    """
    have = data.get("version", 0)
    if not isinstance(have, int) or have < 0:
        raise ValueError("format version %s, this firmware reads up to %d" % (have, version))
    values = data if have == 0 else data.get("values")
    if not isinstance(values, dict):
        raise ValueError('no "values" object')
    while have < version:
        values = STEPS[have](values)
        have += 1
    return {"version": have, "values": values}


def _from_0(values):
    """Format 0: a flat object without a version, as written by hand or by the seed's tools."""
    old = {"chargerId": "Identity", "ssid": "WiFiSsid", "password": "WiFiPassword"}
    return {old.get(k, k): v for k, v in values.items() if k not in ("version", "values")}


STEPS = (_from_0,)

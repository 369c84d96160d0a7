"""Which values of a key are wrong although no row of the table can say so? Imported on demand."""

from ocppj.sampler import letters

_ROTATIONS = "NotApplicable Unknown RST RTS SRT STR TRS TSR"


def expected(key, value, count):
    """What would be right for a station of `count` connectors, or None if `value` is."""
    if key == "ConnectorPhaseRotation":
        for item in value.split(",") if value else ():
            cid, _, rotation = item.strip().partition(".")
            known = cid.isdigit() and int(cid) <= count  # 0: the supply itself
            if not known or rotation not in _ROTATIONS.split():
                return "items like 1.NotApplicable"  # S 9.1.7
    elif letters(value) is None:
        return "measurands that this station can measure"  # S 3.16.4
    return None

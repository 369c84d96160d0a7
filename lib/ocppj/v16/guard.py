"""Which values of a key are wrong although no row of the table can say so? Imported on demand."""

from ocppj.sampler import letters

_ROTATIONS = "NotApplicable Unknown RST RTS SRT STR TRS TSR"


def expected(key, value):
    """What would be right, or None if `value` is."""
    if key == "ConnectorPhaseRotation":
        for item in value.split(",") if value else ():
            cid, _, rotation = item.partition(".")
            if not cid.isdigit() or rotation not in _ROTATIONS.split():
                return "items like 1.NotApplicable"  # 9.1.7
    elif letters(value) is None:
        return "measurands that this station can measure"  # S 3.16.4
    return None

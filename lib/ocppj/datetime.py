"""How does the text of an OCPP time become a number, and back?

Times on the wire are RFC 3339 (S 3.9: "2013-02-01T20:53:32.486Z"); inside they are whole seconds
since 1970-01-01T00:00:00Z. Plain integers, no clock, no time module: the epochs of the ports (2000
on the chip, 1970 on Unix) do not matter here. Right for the years 1 to 9999.
"""


def days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar; negative before it."""
    # The year begins in March, so that the leap day is its last one; 153 days are five months.
    if month < 3:
        year -= 1
        month += 12
    leap_days = year // 4 - year // 100 + year // 400
    return 365 * year + leap_days + (153 * month - 457) // 5 + day - 719469


def parse(text: str, ms: bool = False):
    """Epoch seconds of an RFC 3339 date-time, or None if it is none; with `ms` epoch milliseconds.
    Further digits are cut off.

    As strict as the date-time check of JSON schema: the zone is required (Z or an offset up to
    23:59), the day must exist, no leap second (:60), no year 0. Small letters t and z are allowed
    (RFC 3339, 5.6).
    """
    data = text.encode()  # bytes are looked into without a new object for every part
    if len(data) < 20 or data[4] != 45 or data[7] != 45 or data[10] | 32 != 116:
        return None
    if data[13] != 58 or data[16] != 58:
        return None
    year = _two(data, 0) * 100 + _two(data, 2)
    month, day = _two(data, 5), _two(data, 8)
    hour, minute, second = _two(data, 11), _two(data, 14), _two(data, 17)
    if year < 1 or not 1 <= month <= 12:
        return None
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 59:
        return None
    start = days(year, month, 1)
    following = days(year, month + 1, 1) if month < 12 else start + 31
    if not 0 < day <= following - start:
        return None
    end = 19
    if data[19] == 46:
        end = 20
        while end < len(data) and 48 <= data[end] <= 57:
            end += 1
        if end == 20:
            return None
    offset = _offset(data, end)
    if offset is None:
        return None
    seconds = (start + day - 1) * 86400 + hour * 3600 + minute * 60 + second - offset
    return seconds * 1000 + int((data[20:end] + b"000")[:3]) if ms else seconds


def _two(data: bytes, at: int) -> int:
    """The number of two digits, or one that no field of a time can be."""
    high, low = data[at] - 48, data[at + 1] - 48
    return high * 10 + low if 0 <= high <= 9 and 0 <= low <= 9 else -10000


def _offset(data: bytes, at: int):
    """Seconds that a zone is ahead of UTC: "Z", "+02:00", "-05:30"; None if it is no zone."""
    size = len(data) - at
    if size == 1 and data[at] | 32 == 122:
        return 0
    if size != 6 or data[at] not in b"+-" or data[at + 3] != 58:
        return None
    hour, minute = _two(data, at + 1), _two(data, at + 4)
    if not 0 <= hour <= 23 or not 0 <= minute <= 59:
        return None
    offset = hour * 3600 + minute * 60
    return -offset if data[at] == 45 else offset


def iso(seconds: int, ms=None) -> str:
    """RFC 3339 text in UTC of epoch seconds: "2026-11-20T12:46:00Z", with `ms` (0 to 999)
    "2026-11-20T12:46:00.250Z"."""
    day = seconds // 86400
    second = seconds % 86400
    day += 719468  # days since 0000-03-01
    era = day // 146097
    day %= 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153  # 0 is March
    day -= (153 * month + 2) // 5 - 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month < 3)
    text = "%04d-%02d-%02dT%02d:" % (year, month, day, second // 3600)
    text += "%02d:%02d" % (second // 60 % 60, second % 60)
    return text + ("Z" if ms is None else ".%03dZ" % ms)


def weekday(seconds: int) -> int:
    """Day of the week of epoch seconds in UTC: 0 is Monday, 6 is Sunday."""
    return (seconds // 86400 + 3) % 7

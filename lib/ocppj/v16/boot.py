"""What does the station say of itself after a boot, and what does it do with the answer? (S 4.2)

Imported for the occasion and dropped again.
"""

from ocppj import datetime

# Waits of our own where the CSMS gives none: interval 0, no answer, CALLERROR, no sense.
RETRY_S = 60


def request(cp):
    """Payload of BootNotification.req, from the board's data."""
    board = cp.board
    payload = {
        "chargePointVendor": getattr(board, "VENDOR", "Galvani")[:20],
        "chargePointModel": getattr(board, "MODEL", board.NAME)[:20],
        "chargePointSerialNumber": cp.config.get("Identity")[:25],
    }
    for key, name in (
        ("firmwareVersion", "VERSION"),
        ("iccid", "ICCID"),
        ("imsi", "IMSI"),
        ("meterType", "METER_TYPE"),
        ("meterSerialNumber", "METER_SERIAL"),
    ):
        value = getattr(board, name, None)
        if value:
            payload[key] = value[: 50 if key == "firmwareVersion" else 20]
    return payload


def answered(cp, payload, now):
    """BootNotification.conf; KeyError, TypeError or ValueError if it makes no sense."""
    status = payload["status"]
    interval = payload["interval"]
    if status not in ("Accepted", "Pending", "Rejected") or not isinstance(interval, int):
        raise ValueError(status)
    if status != "Rejected":
        set_clock(cp, payload["currentTime"], now)
    cp.log.info("registration %s, interval %d s", status, interval)
    cp.boot_at = now + (interval if interval > 0 else RETRY_S)
    cp.registered(status, now)
    if status == "Accepted" and interval > 0 and interval != cp.heartbeat:
        # Stored only if it changes: no flash is worn by a boot.
        cp.config.set("HeartbeatInterval", str(min(interval, 999_999_999)), "station")


def set_clock(cp, text, now):
    """The CSMS told the time (S 4.2, 4.6); a text without zone counts as UTC."""
    epoch = datetime.parse(text) or datetime.parse(text + "Z")
    if epoch is None or not cp.clock.set_wall(epoch, "csms"):
        raise ValueError(text)
    cp.timed = now

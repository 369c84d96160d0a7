"""How does the CSMS get the diagnostics, or the security log? (WP 5.9, N01)"""

from ocppj.datetime import parse


def run(cp, payload, now):
    """Accepted with the file's name; AcceptedCanceled: another upload is given up for it."""
    transfer = cp.lazy("ocppj.transfer")
    wall = cp.clock.wall()
    log = payload["log"]
    get = payload.get
    kind = payload["logType"]
    name = "%s-%s-%d.txt" % (
        transfer.file_name(cp.id) or "station",
        "security" if kind == "SecurityLog" else "diagnostics",
        now if wall is None else wall,
    )
    job = transfer.Job("Log", log["remoteLocation"], get("retries"), get("retryInterval"), 0, name)
    job.request = payload["requestId"]
    job.place = kind
    job.since = parse(log.get("oldestTimestamp") or "1970-01-01T00:00:00Z")
    job.until = parse(log.get("latestTimestamp") or "9999-01-01T00:00:00Z")
    status = "AcceptedCanceled" if transfer.rivals(cp, "Log") else "Accepted"
    return {"status": status, "filename": name}, lambda: transfer.begin(cp, job)

"""How does the CSMS get the diagnostics of the station? (S 5.9, 6.25)"""

from ocppj.datetime import parse


def run(cp, payload, now):
    """The name of the one file that will be uploaded, once this answer is out."""
    transfer = cp.lazy("ocppj.transfer")
    wall = cp.clock.wall()
    name = "%s-%d.txt" % (transfer.file_name(cp.id) or "station", now if wall is None else wall)
    get = payload.get
    job = transfer.Job(
        "Diagnostics", payload["location"], get("retries"), get("retryInterval"), 0, name
    )
    job.since = parse(get("startTime") or "1970-01-01T00:00:00Z")
    job.until = parse(get("stopTime") or "9999-01-01T00:00:00Z")
    return {"fileName": name}, lambda: transfer.begin(cp, job)

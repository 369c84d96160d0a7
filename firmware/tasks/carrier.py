"""Who carries files: diagnostics out, a firmware in and into its place?

lib/ocppj/transfer.py decides; its jobs have an order when there is something to do. Imported then
and forgotten afterwards. An update goes to where it will run while it comes (ota/place.py).
"""

import asyncio
import os

import lazy
from location import shown
from ocppj.datetime import parse

_DIAGNOSTICS = "diagnostics.txt"


def start(app, job):
    """Take the order of a job and carry it out beside everything else."""
    order, job.order = job.order, None
    asyncio.create_task(_carry(app, job, order))


async def _carry(app, job, order):
    log = app.log("OTA")
    done = useless = False
    why = ""
    log.info("%s %s", order, shown(job.url))
    try:
        if order == "upload":
            await _upload(app, job)
        elif order == "download":
            if job.place is None:
                job.place = lazy.load("ota.place").Update(app)
                lazy.drop("ota.place")
                await job.place.make_room()
            await lazy.load("net.files").get(job.url, job.place, job, job.place.most())
            job.place.end()
        elif order == "verify":
            await lazy.load("ota.signer").whole(app, job.place.sha.digest())
            lazy.drop("ota.signer")
        else:
            if job.place is None:  # it lies there since an earlier start
                job.place = lazy.load("ota.place").Update(app)
            job.place.install()
        done = True
    except MemoryError:  # an update has its size (docs/updates.md): another attempt has no more
        why = "not enough memory beside the station"
        useless = order != "upload"
        job.bad = "memory"
    except Exception as e:  # whatever it was: the job must end, and the station go on
        why = str(e) or "no answer in time"
        useless = isinstance(e, ValueError)
        job.bad = getattr(e, "kind", None)
        if not isinstance(e, (OSError, ValueError, asyncio.TimeoutError)):
            log.exc(e, "%s", order)
    job.result = (done, why, useless)
    for name in ("net.files", "ota.place", "ota.signer", "update.bundle", "tasks.carrier"):
        lazy.drop(name)


async def _upload(app, job):
    """Write what the console calls diagnostics into a file, send it, delete it."""
    if job.place == "SecurityLog":
        lines = lazy.load("ocppj.alarms").lines(app.cp)
    else:
        lines = lazy.load("console.cmd_diag").diagnostics(app, (), None)
    try:
        with open(_DIAGNOSTICS, "w") as f:
            for line in lines:
                if _within(line.strip(), job):
                    f.write(line + "\n")
                await asyncio.sleep_ms(0)  # control comes first
        lines = None
        for name in ("cmd_diag", "cmd_info", "cmd_status", "cmd_shown"):
            lazy.drop("console." + name)
        await lazy.load("net.files").put(job.url, _DIAGNOSTICS, job)
    finally:
        try:
            os.remove(_DIAGNOSTICS)
        except OSError:
            pass


def _within(line, job):
    """Is a line of the log of the time that was asked for? Other lines have no time."""
    at = parse(line[:20]) if line[10:11] == "T" else None
    return at is None or (job.since or 0) <= at and (job.until is None or at <= job.until)

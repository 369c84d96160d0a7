"""How does a file come or go: diagnostics to the back office, firmware to the station?

The decisions, version-neutral (1.6: S 4.4, 4.5, 5.9, 5.19; 2.0.1: L01, N01); the words of the
states are those that all versions share. Whoever owns sockets and files looks into `jobs`, takes a
Job's `order`, and puts what came of it into `result`; nothing here waits.

    Diagnostics   wait -> upload (again after a pause) -> Uploaded | UploadFailed
    Firmware      wait for its date -> download (again) -> Downloaded -> wait until nobody charges
                  -> install -> restart -> on trial -> Installed
                  | DownloadFailed | InstallationFailed

A firmware job is one record, "update": [url, date, retries, pause, state], so that it outlives a
cut of power; it stays until the back office has been told how it ended. States: w: not installed
yet, i: being installed, I: in place, D: download failed.

The owner (v16/chargepoint.py) has: jobs (list), notices (list of (message, status) to be told),
tell(kind, status), station, clock, store, log, board. board.UPDATE: "trial" while the build that
runs has to prove itself, "failed" after one that did not.
"""

from micropython import const

import record
from location import shown

WAIT = const(0)
RUN = const(1)
READY = const(2)
INSTALL = const(3)
DONE = const(4)

_RETRIES = const(3)  # where the back office leaves it to us
_PAUSE_S = const(30)


class Job:
    """One file. kind: "Diagnostics" or "Firmware". at: Unix seconds before which nothing happens.

    order: None, or what is to be done now: "upload", "download", "install"; whoever does it sets
    it to None first. result: (done, why not, no use to try again) when it is over. over: a newer
    job has come: let go. name: of the file. have, mark: bytes of a download that have come, and
    the server's name for that state of its file, so that the next attempt goes on there. place:
    what whoever carries the file keeps about it. why: the last failure, a text.
    """

    have = 0
    mark = place = why = None

    def __init__(self, kind, url, retries, pause_s, at, name):
        self.kind = kind
        self.url = url
        # `retries` counts what follows the first attempt (E 3.50).
        self.retries = _RETRIES if retries is None else max(retries, 0)
        self.pause_s = _PAUSE_S if pause_s is None else max(pause_s, 0)
        self.at = at
        self.name = name
        self.since = self.until = None  # of the log, Unix seconds
        self.wait = 0  # uptime before which no attempt is made
        self.phase = WAIT
        self.status = "Idle"
        self.order = self.result = None
        self.over = False


def begin(owner, job):
    """Take a job; one of its kind that runs is given up for it, without a word."""
    for old in owner.jobs[:]:
        if old.kind == job.kind:
            old.over = True
            owner.jobs.remove(old)
            _pause(owner, False)
    if job.kind == "Firmware":
        _save(owner, job, "w")
    owner.jobs.append(job)
    tick(owner, owner.clock.uptime_s())


def _save(owner, job, state):
    fields = [job.url, job.at, job.retries, job.pause_s, state]
    try:
        owner.store.write("update", record.pack(fields))
    except OSError as e:
        owner.log.error("update cannot be recorded: %s", str(e))


def restore(owner):
    """After a boot: go on with an update, or tell how it ended (E 3.47)."""
    fields = record.unpack(owner.store.read("update"))
    if not fields:
        return
    url, at, retries, pause_s, state = fields
    if state == "w" and retries > 0:
        # A boot costs a retry: a file that brings the station down is not fetched for ever.
        begin(owner, Job("Firmware", url, retries - 1, pause_s, at, file_name(url)))
    elif state == "I" and _trial(owner) == "trial":
        job = Job("Firmware", url, 0, 0, 0, "")
        job.phase = DONE
        job.status = "Installing"
        owner.jobs.append(job)
    elif state == "I" and not _trial(owner):
        owner.tell("Firmware", "Installed")
    else:
        owner.tell("Firmware", "InstallationFailed" if state in "iI" else "DownloadFailed")


def _trial(owner):
    return getattr(owner.board, "UPDATE", "")


def proved(owner):
    """The build on trial stays: its update is at its end."""
    for job in owner.jobs[:]:
        if job.kind == "Firmware" and job.phase == DONE:
            _end(owner, job, "Installed")


def file_name(url):
    """The last part of a URL's path, of harmless characters."""
    name = url.split("?")[0].split("#")[0].rstrip("/").split("/")[-1]
    return "".join([c if c.isalpha() or c.isdigit() or c in ".-_" else "_" for c in name])[-64:]


def installing(owner):
    """True while a firmware is put in place: it is too late for another one."""
    return any(job.phase >= INSTALL for job in owner.jobs)


def current(owner, kind):
    """The status that a trigger asks for: "Idle" when nothing is going on (S 4.4, 4.5)."""
    for action, status in reversed(owner.notices):
        if action.startswith(kind):
            return status
    for job in owner.jobs:
        if job.kind == kind:
            return job.status
    return "Idle"


def told(owner, kind, status):
    """The back office knows: the record of an update that is over can go."""
    if kind == "Firmware" and status in ("Installed", "InstallationFailed", "DownloadFailed"):
        if not any(job.kind == kind for job in owner.jobs):
            owner.store.delete("update")


def tick(owner, now):
    """Once a second, and after `begin`."""
    for job in owner.jobs[:]:
        if job.result:
            result, job.result = job.result, None
            _finished(owner, job, now, *result)
        if job.phase == WAIT and now >= job.wait and _due(owner, job):
            job.phase = RUN
            coming = job.kind == "Firmware"
            job.order = "download" if coming else "upload"
            _status(owner, job, "Downloading" if coming else "Uploading")
        elif job.phase == READY and all(c.session is None for c in owner.station.connectors):
            job.phase = INSTALL
            _save(owner, job, "i")
            job.order = "install"
            _status(owner, job, "Installing")


def _due(owner, job):
    wall = owner.clock.wall()
    return not job.at or (wall is not None and wall >= job.at)


def _status(owner, job, status):
    """A status is told once, when it begins."""
    if status != job.status:
        job.status = status
        owner.tell(job.kind, status)


def _finished(owner, job, now, done, why, useless):
    """What the order has come to."""
    if not done:
        job.why = why
        owner.log.warn("%s of %s failed: %s", job.status, shown(job.url), why)
    if job.phase == INSTALL:
        if done:
            job.phase = DONE
            _save(owner, job, "I")
            owner.station.reset("Soft", "Reboot")
        else:
            _end(owner, job, "InstallationFailed")
    elif job.kind == "Diagnostics" and done:
        _end(owner, job, "Uploaded")
    elif done:
        job.phase = READY
        _status(owner, job, "Downloaded")
        _pause(owner, True)  # E 3.49: nobody begins a charge now
    elif useless or job.retries <= 0:
        if job.kind == "Firmware":
            _save(owner, job, "D")
        _end(owner, job, "DownloadFailed" if job.kind == "Firmware" else "UploadFailed")
    else:
        job.retries -= 1
        job.wait = now + job.pause_s
        job.phase = WAIT


def _end(owner, job, status):
    job.over = True
    owner.jobs.remove(job)
    _status(owner, job, status)
    if job.kind == "Firmware":
        _pause(owner, False)


def _pause(owner, on):
    for connector in owner.station.connectors:
        if connector.paused in (True, False):  # not one that is paused for another reason
            connector.paused = on

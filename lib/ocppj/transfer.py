"""How does a file come or go: diagnostics to the back office, firmware to the station?

The decisions, version-neutral (1.6: S 4.4, 4.5, 5.9, 5.19; 2.0.1: L01, N01); the words of the
states are those that all versions share. Whoever owns sockets and files looks into `jobs`, takes a
Job's `order`, and puts what came of it into `result`; nothing here waits.

    Diagnostics   wait -> upload (again after a pause) -> Uploaded | UploadFailed
    Log           as Diagnostics, of GetLog
    Firmware      wait for its date -> download (again) -> Downloaded -> wait until nobody charges
                  -> install -> restart -> on trial -> Installed
                  | DownloadFailed | InstallationFailed
    SignedFirmware  the same; after the download the signature of the whole file is checked (order
                  "verify"), then its installation may have a date
                  | InvalidSignature | InstallVerificationFailed

A firmware job is one record, "update": [url, date, retries, pause, state], of a signed one also
request and date of installation, so that it outlives a cut of power; it stays until the back
office has been told how it ended. States: w: nothing done yet, d: download begun, r: ready, waits
for its date or for charges, i: being installed, I: in place, D: download failed; or the name of
the status with which it ended. Where it does not fit into the memory beside the station
(firmware/ota/solo.py): f, v: the next start fetches it, or judges it, in place of the station; g,
G: it lies there and is right (G: that was told); "!KIND TEXT": why not, KIND of update/bundle.py.
What becomes of the record after a boot: restored.py.

The owner (v16/chargepoint.py) has: jobs (list), notices (list of (message, payload) to be told),
tell(kind, status, request), alarm(event, info), station, clock, store, log, board; ended: payload
of the last status of a signed update that failed. board.UPDATE: "trial" while the build that runs
has to prove itself, "failed" after one that did not.
"""

from micropython import const

import record
from location import shown

WAIT = const(0)
RUN = const(1)
CHECK = const(2)
READY = const(3)
INSTALL = const(4)
DONE = const(5)
ALONE = const(-1)  # waits until nobody charges: it needs all of the memory

_STARTS = const(3)  # of ota/solo.py
_RETRIES = const(3)  # where the back office leaves it to us
_PAUSE_S = const(30)


class Job:
    """One file. kind: see above. at: Unix seconds before which nothing happens.

    order: None, or what is to be done now: "upload", "download", "verify", "install"; whoever
    does it sets it to None first. result: (done, why not, no use to try again) when it is over.
    over: a newer job has come: let go. name: of the file. have, mark: bytes of a download that
    have come, and the server's name for that state of its file, so that the next attempt goes on
    there. place: what whoever carries the file keeps about it. why: the last failure, a text. bad:
    kind of a bundle that was refused (update/bundle.py). request, install_at: of a signed update,
    or of a log. state: that of its record.
    """

    have = 0
    mark = place = why = bad = request = state = None
    install_at = 0  # Unix seconds

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
    for old in rivals(owner, job.kind):
        old.over = True
        owner.jobs.remove(old)
        _pause(owner, False)
    if _comes(job):
        owner.ended = None
        save(owner, job, "w")
    owner.jobs.append(job)
    tick(owner, owner.clock.uptime_s())


def rivals(owner, kind):
    """Jobs that a new one of this kind takes the place of: all that bring a firmware are one."""
    return [j for j in owner.jobs if j.kind == kind or _comes(j) and kind[-8:] == "Firmware"]


def _comes(job):
    """Is it a firmware, and not something that goes out?"""
    return job.kind[-8:] == "Firmware"


def save(owner, job, state):
    """The record of a job that brings a firmware: its state now."""
    if state == job.state:
        return
    job.state = state
    fields = [job.url, job.at, job.retries, job.pause_s, state]
    if job.request is not None:
        fields += [job.request, job.install_at]
    try:
        owner.store.write("update", record.pack(fields))
    except OSError as e:
        owner.log.error("update cannot be recorded: %s", str(e))


def installed(owner):
    """The build that runs is the one that was to come."""
    owner.alarm("FirmwareUpdated", getattr(owner.board, "VERSION", ""))


def trial(owner):
    """ "trial", "failed" or "": see board.UPDATE above."""
    return getattr(owner.board, "UPDATE", "")


def proved(owner):
    """The build on trial stays: its update is at its end."""
    for job in owner.jobs[:]:
        if job.phase == DONE:
            installed(owner)
            _end(owner, job, "Installed")


def file_name(url):
    """The last part of a URL's path, of harmless characters."""
    name = url.split("?")[0].split("#")[0].rstrip("/").split("/")[-1]
    return "".join([c if c.isalpha() or c.isdigit() or c in ".-_" else "_" for c in name])[-64:]


def installing(owner):
    """True while a firmware is put in place, or on trial: no time for another one.

    What runs on trial may need the place of the build before it to go back to.
    """
    return trial(owner) == "trial" or any(job.phase >= INSTALL for job in owner.jobs)


def current(owner, kind):
    """What a trigger asks for, a payload: status "Idle" when nothing is going on (S 4.4, 4.5).

    After a signed update that failed it is that failure (L01.FR.28, FR.29).
    """
    for action, payload in reversed(owner.notices):
        if action == kind + "StatusNotification":
            return payload
    for job in owner.jobs:
        if job.kind == kind:
            payload = {"status": job.status}
            if job.request is not None and job.status != "Idle":
                payload["requestId"] = job.request
            return payload
    return kind == "SignedFirmware" and owner.ended or {"status": "Idle"}


def told(owner, kind, payload):
    """The back office knows: the record of an update that is over can go."""
    status = payload.get("status", "")
    over = status == "Installed" or status[-6:] == "Failed" or status[:7] == "Invalid"
    if kind[-8:] == "Firmware" and over:
        if kind != "Firmware" and status != "Installed":
            owner.ended = payload
        if not any([_comes(job) for job in owner.jobs]):
            owner.store.delete("update")
            owner.store.delete("usig")


def tick(owner, now):
    """Once a second, and after `begin`."""
    for job in owner.jobs[:]:
        if job.result:
            result, job.result = job.result, None
            _finished(owner, job, now, *result)
        if job.phase == WAIT and now >= job.wait:
            _start(owner, job)
        elif job.phase == READY:
            _ready(owner, job)
        elif job.phase == ALONE and _quiet(owner):
            job.retries = _STARTS
            job.phase = DONE
            save(owner, job, "f")
            owner.station.reset("Soft", "Reboot")


def _start(owner, job):
    coming = _comes(job)
    if _due(owner, job.at):
        job.phase = RUN
        job.order = "download" if coming else "upload"
        if coming:
            save(owner, job, "d")
        _status(owner, job, "Downloading" if coming else "Uploading")
    elif job.request is not None:
        _status(owner, job, "DownloadScheduled")  # L01.FR.13


def _ready(owner, job):
    """The file is there and right: install it when that is wanted and nobody charges."""
    if not _due(owner, job.install_at):
        _wait(owner, job)
        _status(owner, job, "InstallScheduled")  # L01.FR.16
        return
    if _quiet(owner):
        job.phase = INSTALL
        save(owner, job, "i")
        job.order = "install"
        _status(owner, job, "Installing")
    else:
        _wait(owner, job)


def _wait(owner, job):
    if job.state != "G":
        save(owner, job, "r")


def _quiet(owner):
    """True when no charge is under way; nobody begins one now (E 3.49, L01.FR.07)."""
    _pause(owner, True)
    return all([c.session is None for c in owner.station.connectors])


def _due(owner, at):
    wall = owner.clock.wall()
    return not at or (wall is not None and wall >= at)


def _status(owner, job, status):
    """A status is told once, when it begins."""
    if status != job.status:
        job.status = status
        owner.tell(job.kind, status, job.request)


def _finished(owner, job, now, done, why, useless):
    """What the order has come to."""
    if not done:
        job.why = why
        owner.log.warn("%s of %s failed: %s", job.status, shown(job.url), why)
    if job.phase == INSTALL:
        if done:
            job.phase = DONE
            save(owner, job, "I")
            if job.request is not None:
                _status(owner, job, "InstallRebooting")
            owner.station.reset("Soft", "Reboot")
        else:
            _end(owner, job, "InstallationFailed")
    elif not _comes(job) and done:
        _end(owner, job, "Uploaded")
    elif done:
        _came(owner, job)
    elif job.bad == "memory" and _comes(job):
        job.phase = ALONE
    elif useless or job.phase == CHECK or job.retries <= 0:
        failed(owner, job)
    else:
        job.retries -= 1
        job.wait = now + job.pause_s
        job.phase = WAIT


def _came(owner, job):
    """A firmware was downloaded, or its signature is right."""
    if job.phase == RUN:
        _status(owner, job, "Downloaded")
        if job.request is not None:
            job.phase = CHECK
            job.order = "verify"
            return
    else:
        _status(owner, job, "SignatureVerified")
    job.phase = READY


def failed(owner, job):
    """It is given up: with the status that says why, and the event if somebody tampered."""
    if not _comes(job):
        _end(owner, job, "UploadFailed" if job.kind == "Diagnostics" else _reason(job.why))
        return
    forged = job.phase == CHECK or job.bad in ("signature", "hash")
    if forged:
        owner.alarm("InvalidFirmwareSignature", job.why)
    status = "DownloadFailed"
    if job.request is not None and (forged or job.bad):
        status = "InstallVerificationFailed"
        if forged or job.bad == "format":  # without any signature: L01, step 5
            status = "InvalidSignature"
    save(owner, job, "D" if status == "DownloadFailed" else status)
    _end(owner, job, status)


def _reason(why):
    """Status of a log that could not be sent, as precise as what the server said (N01.FR.10)."""
    words = (why or "").replace(":", " ").split()
    for word in words:
        if word in ("401", "403", "530", "532", "550", "553"):
            return "PermissionDenied"
        if word in ("404", "405", "501", "502", "504"):
            return "NotSupportedOperation"
        if word == "400":
            return "BadMessage"
    return "UploadFailure"


def _end(owner, job, status):
    job.over = True
    owner.jobs.remove(job)
    _status(owner, job, status)
    if _comes(job):
        _pause(owner, False)


def _pause(owner, on):
    for connector in owner.station.connectors:
        if connector.paused in (True, False):  # not one that is paused for another reason
            connector.paused = on

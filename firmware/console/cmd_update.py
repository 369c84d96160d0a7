"""Console: update. Which build runs, and how does another one come by hand?"""

import lazy

_PAUSE = 250  # ms; between "Installing" and the restart there is a second


def update(app, args, session):
    """update: what runs. update URL: fetch a signed update (http, https, ftp) and install it."""
    if len(args) > 1:
        raise ValueError("expected one URL")
    if not args:
        yield from _state(app)
        return
    url = args[0]
    lazy.call("location", "parse", url)  # a ValueError that says what is wrong
    transfer = lazy.load("ocppj.transfer")
    owner = app.cp or _Owner(app)
    if transfer.installing(owner):
        raise ValueError("an update is being installed, or on trial")
    job = transfer.Job("Firmware", url, 0, 0, 0, transfer.file_name(url))
    transfer.begin(owner, job)
    yield from _follow(app, owner, transfer, job)


def _state(app):
    current, left, back = lazy.call("ota.slots", "read")
    label = current == "-" and lazy.call("ota.slots", "running")
    yield "%s %s runs from %s" % (app.board.NAME, app.VERSION, _place(current, label))
    if app.board.UPDATE == "trial":
        if back[0] == "=":  # the boot loader's rule
            yield "on trial: without another start, else back to the other partition"
        else:
            yield "on trial: %s more starts, else back to %s" % (left, _place(back, None))


def _place(folder, label):
    if label:
        return "partition " + label
    return "the root" if folder == "-" else "folder " + folder


def _follow(app, owner, transfer, job):
    """Lines while the update comes; its end is the restart."""
    status = None
    have = 0
    while not job.over:
        if owner is not app.cp:
            transfer.tick(owner, app.clock.uptime_s())
            owner.carry(app)
        if job.status != status:
            status = job.status
            yield status + (": when no connector charges" if status == "Downloaded" else "")
        elif job.have - have >= 65536:
            have = job.have
            yield "%d KB" % (have >> 10)
        if status == "Installing":
            yield "the station restarts; the new build is on trial (update shows it)"
            return
        yield _PAUSE
    yield "error: " + (job.why or job.status)


class _Owner:
    """What lib/ocppj/transfer.py needs, for a station without a central system."""

    def __init__(self, app):
        self.jobs = []
        self.notices = []
        self.ended = None
        self.station = app.station
        self.clock = app.clock
        self.store = app.store
        self.board = app.board
        self.log = app.log("OTA")

    def tell(self, kind, status, request=None):
        """Nobody is told."""
        self.log.info("%s: %s", kind, status)

    def alarm(self, event, info):
        """Nor of this."""
        self.log.warn("security event %s %s", event, info)

    def carry(self, app):
        """What tasks/csms.py does for the others."""
        for job in self.jobs:
            if job.order:
                lazy.load("tasks.carrier").start(app, job)

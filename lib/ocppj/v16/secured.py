"""Which security profile may a station take, and does its own certificate need care?

Whitepaper A01, A02, A03, A05. Functions over the charge point `cp`; imported when a setting is
changed, when a connection comes or fails after that, and once an hour.

The record "profile" holds the profile before an upgrade until a connection with the new one has
come about; after _TRIES failures the station goes back to it (A05.FR.08).
"""

from micropython import const

_TRIES = const(3)
_DAY_S = const(86400)
_HOUR_S = const(3600)
_EVENT = "ReconfigurationOfSecurityParameters"


def refused(cp, key, value):
    """Why the central system may not change this setting so, as a text, or None.

    Notes the profile before an upgrade.
    """
    if key == "AuthorizationKey":
        return None if value.strip() else "AuthorizationKey: only a key takes the place of a key"
    if key != "SecurityProfile":
        return None
    before = cp.config.get(key)
    if value.strip() not in ("1", "2", "3") or int(value) <= before:
        return "SecurityProfile %s: it can only go up from %d" % (value[:9], before)
    why = _missing(cp, int(value))
    if why:
        return "SecurityProfile %s needs %s" % (value, why)
    cp.store.write("profile", b"%d" % before)
    return None


def _missing(cp, profile):
    """What the station lacks for a profile, or None (A05.FR.02 to FR.04)."""
    if profile < 3 and not cp.config.get("AuthorizationKey"):
        return "an AuthorizationKey"
    if profile < 2:
        return None
    from security import forget, run, shelf, store

    wall = cp.clock.wall()
    try:
        good = False
        for name in store.named(cp.certs, "CentralSystemRootCertificate"):
            root = run(store.reading(cp.certs, name))
            good = good or root and (wall is None or root.begins <= wall <= root.ends)
        if not good:
            return "a valid Central System Root certificate"
        if profile == 3:
            valid = [
                one for one in shelf.owned(cp.certs) if wall is None or one[0] <= wall <= one[1]
            ]
            if not valid:
                return "a valid Charge Point certificate"
    finally:
        forget()
    return None


def changed(cp, key):
    """CONFIG: a setting that security depends on has another value."""
    info = key
    if key == "SecurityProfile":
        info = "SecurityProfile is %d" % cp.config.get(key)
        cp.failures = 0
    cp.alarm(_EVENT, info)


def connected(cp):
    """There is a connection with a new profile: it stays."""
    cp.store.delete("profile")


def unreachable(cp):
    """No connection came about: back to the profile before, if there is a new one."""
    before = cp.store.read("profile")
    if before is None:
        return
    cp.failures += 1
    if cp.failures < _TRIES:
        return
    cp.failures = 0
    cp.store.delete("profile")
    profile = cp.config.get("SecurityProfile")
    cp.log.error("no connection with security profile %d: back to the one before", profile)
    cp.config.set("SecurityProfile", before.decode(), "station")


def look(cp, now):
    """Once an hour: renew a certificate that ends soon, use one whose time has come."""
    wall = cp.clock.wall()
    renews = cp.online and cp.config.get("CpoName")
    if cp.certs is None or wall is None or not (cp.shown or renews):
        return
    from security import forget, shelf

    try:
        if cp.shown:  # profile 3
            newest = shelf.own(cp.certs, wall)
            if newest and newest[0] != cp.shown:
                cp.leave = True  # A02.FR.08: switch as soon as it is valid
        due = renews and shelf.renewal_due(cp.certs, wall)
    finally:
        forget()
    if due:
        cp.look_at = now + _DAY_S
        request(cp)


def request(cp):
    """Make a key and its request; SignCertificate.req goes out when that is done (A02, A03)."""
    from security import request as asking
    from security import turns

    if cp.chore:
        return
    steps = asking.new(cp.certs, cp.id, cp.config.get("CpoName"), cp.random)

    def done(text, error):
        if error is None:
            cp.triggers.append(("SignCertificate", text))
            cp.woke()
        else:
            cp.log.error("no certificate request: %s", str(error))
        return True

    work = turns(steps, done)

    def turn():
        try:
            return work()
        except Exception as e:  # no memory: it is asked for again, nothing else suffers
            cp.log.exc(e, "certificate request")
            return True

    cp.chore = turn

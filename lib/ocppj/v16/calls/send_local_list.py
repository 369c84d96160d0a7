"""How does the CSMS change the local authorisation list? (S 5.15, 6.41, 7.1, 7.47, E 3.52)"""

from ocppj.datetime import parse
from station import topics

_TURN = 5  # writes to the flash in one go, so that the control loop is not kept waiting


def run(cp, payload, now):
    """Accepted, Failed (list unchanged), VersionMismatch or NotSupported (switched off).

    The work is done in later turns: by then the text of the message is out of memory.
    """
    get = cp.config.get
    if not get("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    rows = payload.get("localAuthorizationList") or []
    number = payload["listVersion"]
    full = payload["updateType"] == "Full"
    # 0 and -1 mean something else in GetLocalListVersion.conf (E 3.52).
    if number <= 0 or len(rows) > get("SendLocalListMaxLength"):
        return {"status": "Failed"}
    payload = None
    work = None

    def more():
        nonlocal work
        if work is None:
            if not _understood(rows, full):
                return {"status": "Failed"}
            most = get("LocalAuthListMaxLength")
            work = cp.lazy("ocppj.authlist").changes(cp.store, number, full, rows, most)
        for _ in range(_TURN):
            status = next(work)
            if status:
                return {"status": status}, lambda status=status: _agreed(cp, status)

    return more


def _agreed(cp, status):
    if status == "Accepted" and cp.status.conflict:
        cp.status.conflict = None  # what the CSMS knows of our list is new
        cp.event(topics.STATUS, 0)


def _understood(rows, full):
    """Make each a (token, status, expiry, parent), in its place; False if one has no sense."""
    for i in range(len(rows)):
        info = rows[i].get("idTagInfo")
        expiry = None
        if info is None:
            if full:
                return False  # required in a full list (S 7.1)
            info = {}
        elif "expiryDate" in info:
            expiry = parse(info["expiryDate"])
            if expiry is None:
                return False
        rows[i] = (rows[i]["idTag"], info.get("status"), expiry, info.get("parentIdTag"))
    return True

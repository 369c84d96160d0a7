"""How does the CSMS change the local authorisation list? (S 5.15, 6.41, 7.1, 7.47, E 3.52)"""

from ocppj.datetime import parse
from station import topics

_TURN = 5  # writes to the flash in one go, so that the control loop is not kept waiting


def run(cp, payload, now):
    """Accepted, Failed (list unchanged), VersionMismatch or NotSupported (switched off).

    The work is done in later turns: first the entries are read and packed, a few at a time, then
    they are written. Nothing is written before all of them have made sense.
    """
    get = cp.config.get
    if not get("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    rows = payload.get("localAuthorizationList") or ()
    number = payload["listVersion"]
    full = payload["updateType"] == "Full"
    # 0 and -1 mean something else in GetLocalListVersion.conf (E 3.52).
    if number <= 0 or len(rows) > get("SendLocalListMaxLength"):
        return {"status": "Failed"}
    authlist = cp.lazy("ocppj.authlist")
    rows = iter(rows)
    packed = []
    work = None

    def more():
        nonlocal work
        for _ in range(_TURN):
            if work:
                status = next(work)
                if status:
                    return {"status": status}, lambda status=status: _agreed(cp, status)
                continue
            row = next(rows, None)
            if row is None:
                most = get("LocalAuthListMaxLength")
                work = authlist.changes(cp.store, number, full, packed, most)
            else:
                entry = _understood(authlist, row, full)
                if entry is None:
                    return {"status": "Failed"}
                packed.append(entry)

    return more


def _agreed(cp, status):
    if status == "Accepted" and cp.status.conflict:
        cp.status.conflict = None  # what the CSMS knows of our list is new
        cp.event(topics.STATUS, 0)


def _understood(authlist, row, full):
    """An AuthorizationData (7.2) as authlist.pack() makes it; None if it has no sense."""
    info = row.get("idTagInfo")
    expiry = None
    if info is None:
        if full:
            return None  # required in a full list (S 7.1)
        info = {}
    elif "expiryDate" in info:
        expiry = parse(info["expiryDate"])
        if expiry is None:
            return None
    return authlist.pack(row["idTag"], info.get("status"), expiry, info.get("parentIdTag"))

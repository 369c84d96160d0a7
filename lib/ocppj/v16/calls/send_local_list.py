"""How does the CSMS change the local authorisation list? (S 5.15, 6.41, 7.1, 7.47, E 3.52)"""

from ocppj.datetime import parse

_TURN = 5  # writes to the flash in one go, so that the control loop is not kept waiting


def run(cp, payload, now):
    """Accepted, Failed (list unchanged), VersionMismatch or NotSupported (switched off)."""
    get = cp.config.get
    if not get("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    entries = payload.get("localAuthorizationList") or ()
    number = payload["listVersion"]
    full = payload["updateType"] == "Full"
    rows = None
    # 0 and -1 mean something else in GetLocalListVersion.conf (E 3.52).
    if number > 0 and len(entries) <= get("SendLocalListMaxLength"):
        rows = _rows(entries, full)
    if rows is None:
        return {"status": "Failed"}
    most = get("LocalAuthListMaxLength")
    work = cp.lazy("ocppj.authlist").changes(cp.store, number, full, rows, most)

    def more():
        for _ in range(_TURN):
            status = next(work)
            if status:
                return {"status": status}, lambda status=status: _agreed(cp, status)

    return more() or more


def _agreed(cp, status):
    if status == "Accepted" and cp.status.conflict:
        cp.status.conflict = None  # what the CSMS knows of our list is new
        cp._status(0)


def _rows(entries, full):
    """(token, status, expiry, parent) of each; None if one of them makes no sense."""
    rows = []
    for entry in entries:
        info = entry.get("idTagInfo")
        if info is None:
            if full:
                return None  # required in a full list (S 7.1)
            rows.append((entry["idTag"], None, None, None))
            continue
        expiry = info.get("expiryDate")
        if expiry is not None:
            expiry = parse(expiry)
            if expiry is None:
                return None
        rows.append((entry["idTag"], info["status"], expiry, info.get("parentIdTag")))
    return rows

"""How does the CSMS change a setting? (S 5.3)"""


def run(cp, payload, now):
    """Accepted, RebootRequired, NotSupported (no such key) or Rejected (not this value)."""
    config = cp.config
    row = config.row(payload["key"])
    if row is None or "o" not in row[6]:
        return {"status": "NotSupported"}
    if row[0] in ("SecurityProfile", "AuthorizationKey"):
        why = cp.lazy("ocppj.v16.secured").refused(cp, row[0], payload["value"])
        if why:
            cp.log.warn("%s", why)
            return {"status": "Rejected"}
    try:
        done = config.set(row[0], payload["value"], "csms")
    except OSError as e:
        raise e  # the flash refused: an InternalError, told as such
    except Exception as e:  # core.config.ConfigError, which lib/ does not know
        cp.log.warn("%s", str(e))
        return {"status": "Rejected"}
    return {"status": "RebootRequired" if done == "reboot" else "Accepted"}

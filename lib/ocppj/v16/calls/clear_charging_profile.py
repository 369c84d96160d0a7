"""How does the CSMS take charging profiles back? (S 5.5, 6.13, E 3.25, 3.26)"""

import lazy

composite = lazy.get("ocppj.composite")


def run(cp, payload, now):
    """Accepted; Unknown if none matched. The id alone decides if given, else all fields (AND)."""
    number = payload.get("id")
    cid = payload.get("connectorId")
    level = payload.get("stackLevel")
    purpose = payload.get("chargingProfilePurpose")
    if purpose is not None:
        purpose = cp.lazy("ocppj.v16.profile").purpose(purpose)

    def wanted(head):
        if number is not None:
            return head[composite.ID] == number
        return (
            cid in (None, head[composite.CID])
            and level in (None, head[composite.LEVEL])
            and purpose in (None, head[composite.PURPOSE])
        )

    count = cp.lazy("ocppj.profiles").clear(cp, wanted)
    if count:
        cp.limit()
    return {"status": "Accepted" if count else "Unknown"}

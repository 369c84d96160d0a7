"""What is one charge by one token, from the card to the last watt-hour?

States: "auth" (waits for a verdict), "ready" (authorised, waits for plug and vehicle), "active"
(the transaction runs), "stopping" (the output is being taken away), "ended". Whoever is refused
is told why. Nothing here knows OCPP's message shapes; reasons use the field's common words
(OCPP 1.6 section 7.36).
"""

ACCEPTED = "Accepted"


class Session:
    """One charge. Wall times are Unix seconds or None while unknown, energies Wh.

    source: "tag", "remote", "console", "free", or "stop" (a card that wants to end another's
    charge; such a session is never attached to a connector).
    """

    def __init__(self, cid, id_tag, source, state="auth"):
        self.cid = cid
        self.id_tag = id_tag
        self.source = source
        self.state = state
        self.parent = None
        self.reservation_id = None
        self.transaction_id = None
        self.record = None  # number of its journal record, set by whoever keeps it
        self.meter_start_wh = self.meter_stop_wh = 0
        self.started = self.stopped = 0  # uptime, seconds
        self.started_wall = self.stopped_wall = None
        self.stop_reason = None
        self.stop_tag = None
        self.suspended = False  # the back office does not want energy to flow
        self.energy_cap_wh = 0  # of a suspended one that may still take a little; 0: none
        self.profile = False  # a charging profile came with its remote start
        self.waited_ms = 0

    def same(self, id_tag):
        """True if `id_tag` is this session's token; tokens ignore case (S 3.9)."""
        return self.id_tag.upper() == id_tag.upper()

    def kin(self, parent):
        """True if a token with this parent may end the session (S 4.1)."""
        return bool(parent and self.parent and parent.upper() == self.parent.upper())

    def energy_wh(self, register_wh):
        """Energy of this charge so far, given the connector's register."""
        if self.state == "ended":
            return self.meter_stop_wh - self.meter_start_wh
        return register_wh - self.meter_start_wh


def restored(fields):
    """The Session of a running transaction that was recorded before the power went.

    fields: dict with cid, id_tag, meter_start_wh, started_wall, parent, transaction_id.
    """
    session = Session(fields["cid"], fields["id_tag"], "restored", "active")
    for key in ("parent", "transaction_id", "meter_start_wh", "started_wall"):
        setattr(session, key, fields.get(key))
    return session

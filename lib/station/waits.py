"""Why does a gun of the ring that has a session give no energy now? One sentence for people.

Asked by `ring` on the console; nothing depends on it. Every waiting state has its reason
(tests_host/test_dc_waits.py).
"""

from planner import bank, parts, sequence

DENIED = (
    "",
    "its home slot is blocked",
    "its floor is above its demand",
    "the grid's limit does not leave it its floor",
    "it cannot be served even alone: ties, pins or modules of its slots",
    "there is no place for it beside the guns of better rank",
)


def why(hall, g):
    """What gun `g` waits for, "" where it gives energy or nobody has been let to charge."""
    d, seq = hall.d, hall.d.seq
    connector = hall.paths[g].connector
    if connector.faults.mask:
        return "a fault: %s" % (connector.vendor_error or connector.error_code)
    session = connector.session
    if session is None or session.state not in ("ready", "active"):
        return ""
    link = hall.links[g]
    if link.lost():
        return "its PLC does not answer"
    if link.agreed != 1:
        return "its PLC speaks another version of the contract"
    if not connector.plugged:
        return "no vehicle is plugged"
    if d.denied[g]:
        return DENIED[d.denied[g]]
    if seq.dry[g]:
        return "%s: nothing may flow until the slot has been given back" % _silent(d, seq, g)
    if seq.guns.proven(g):
        return "" if d.granted_da[g] else _no_power(d, seq, g, connector)
    if seq.cut[g] or seq.guns.cmd[g]:
        return "its contactor is on its way"
    if not seq.want[g]:
        return "the vehicle does not want energy now, or may not have it (%s)" % (
            connector.limits.source
        )
    if seq.owner[seq.home[g]] != g:
        return "its slot is not its own yet: the plan is being made"
    return _bus(d, seq, g)


def _silent(d, seq, g):
    """The module that does not say what it gives, of those that gun `g` may be joined to."""
    for m in range(len(d.on)):
        s = d.ring.slot_of[m]
        if d.amps_da[m] < 0 and seq.holder[seq.part[s]] == g:
            return "module %d of slot %d is silent" % (m + 1, s + 1)
    return "a module was silent"


def _no_power(d, seq, g, connector):
    """Its contactor is closed and nothing is granted."""
    if seq.want[g] != sequence.READY:
        return "the vehicle does not want energy now, or may not have it (%s)" % (
            connector.limits.source
        )
    if not d.ask_da[g]:
        return "no current is asked for (%s)" % connector.limits.source
    if not d.power_w[g]:
        return "the limit of the grid leaves nothing"
    return "no module of its slots gives current yet"


def _bus(d, seq, g):
    """On the way to a closed contactor."""
    h = seq.home[g]
    p = seq.part[h]
    other = seq.holder[p]
    if other == parts.SEVERAL:
        return "its bus is joined to those of other guns"
    if other != parts.NONE and other != g:
        if seq.dry[other]:
            return "its slot is lent to gun %d, which goes down to 0 A: %s" % (
                other + 1,
                _silent(d, seq, other),
            )
        return "its slot is lent to gun %d, which gives it back" % (other + 1)
    if seq.guns.fb[g] == bank.UNKNOWN or seq.mns.fb[h] == bank.UNKNOWN:
        return "the report of a contactor is missing"
    if seq.ties.may(h) or seq.ties.may(h - 1 if h else seq.slots - 1):
        if not seq.pure(p, g):
            return "the ties beside its slot are not known to be open"
    if not seq.sources(p):
        if not seq.able[h]:
            return "no module of its slot is well"
        volts = seq.volts_dv[h]
        if volts > seq.safe_dv:
            return "its slot bleeds, it is at %d V" % (volts // 10)
        return "the contactor to its modules is not closed yet"
    if seq.want[g] == sequence.CLAIM:
        return "the vehicle does not ask for energy yet"
    return "pre-charge: the bus is at %d V, the vehicle at %d V" % (
        seq.voltage(p) // 10,
        seq.ev_dv[g] // 10,
    )

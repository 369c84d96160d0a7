"""What does a charge point do with a message that rpc has understood?

Loaded for each message and forgotten after it. `cp`: the ChargePoint.
"""

from ocppj import rpc
from ocppj.v16 import answers


def event(cp, event, now):
    """`event`: what Rpc.receive or Rpc.oversize gave."""
    kind, message_id, action, payload, detail = event
    if kind == rpc.IGNORED and message_id and payload is not None:
        doubt = cp.doubt
        if doubt and doubt[0] == message_id:  # only just too late
            cp.doubt = None
            kind = rpc.RESULT
            action = doubt[1]
        else:
            cp.late(message_id, payload)
    cp.alive(now)
    if kind == rpc.IGNORED:
        cp.log.warn("ignored: %s", detail)
        if message_id is None:
            cp.alarm("InvalidMessages", "ignored")
    elif kind == rpc.CALL or kind == rpc.REFUSED:
        if cp.registration == "Rejected":
            cp.log.warn("rejected by the CSMS: %s not answered", action)  # S 4.2
        elif kind == rpc.CALL:
            _serve(cp, message_id, action, payload, now)
        else:
            if action in ("TriggerMessage", "ExtendedTriggerMessage"):
                detail = cp.lazy("ocppj.v16.triggered").refused(detail)
            if ',"Not' not in detail:  # not for one that is only unknown here
                cp.alarm("InvalidMessages", "refused")
            cp.replies.append(detail)
    else:
        if kind != rpc.RESULT:
            cp.log.warn("%s: %s %s", action, detail[0], detail[1])
        if kind == rpc.ERROR or not answers.answered(cp, message_id, action, payload, now):
            answers.failed(cp, message_id, action, now, detail and detail[0])


def _serve(cp, message_id, action, payload, now):
    """Handle a call; what follows from it happens after its answer is queued."""
    name = bytearray()
    for c in action.encode():  # a str for each letter would cost more than all the rest
        if c < 97:
            name.append(95)
            c |= 32
        name.append(c)
    name = "ocppj.v16.calls." + str(name, "utf8")[1:]
    while cp.work:  # what was asked first is done first
        cp.turn()
    cp.answer(message_id, action, lambda: cp.lazy(name).run(cp, payload, now))

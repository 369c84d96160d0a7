"""How do OCPP messages travel: which frame is theirs, which answer belongs to which CALL, what is
answered to a broken one?

The RPC layer of OCPP-J (chapter 4), the same for every version of OCPP. Sans-I/O: texts and times
in, events and texts out.

    CALL        [2, id, action, {..}]          CALLRESULT  [3, id, {..}]          CALLERROR  [4,
    id, code, description, {..}]

What is done with a text that breaks the rules (4.1.3, 4.2.3; 1.6 leaves most of it open):
- no JSON array, no known type, or no string as id: ignored. There is nobody to answer; -1 as id
  came with OCPP 2.0.1.
- a CALL whose id can be read, but that is no JSON further on, has not 4 elements, an id of more
  than 36 characters, an action that is no string:
  CALLERROR FormationViolation. The id of a CALL that is still being handled: CALLERROR
  GenericError.
- an unknown action: CALLERROR NotImplemented; one that `supports` denies: NotSupported; a payload
  that breaks its schema: the code of schema.py.
- a CALLRESULT or CALLERROR is never answered. If it belongs to our CALL but is broken, the CALL is
  over and the event says INVALID.
"""

import json

from micropython import const

from .schema import ANY, Reader

# Events: (kind, id, action, payload, detail), see Rpc.receive.
IGNORED = const(0)
REFUSED = const(1)
CALL = const(2)
RESULT = const(3)
ERROR = const(4)
INVALID = const(5)

_ID_LENGTH = const(36)
_WHOLE = const(512)  # bytes: no longer message has to find memory in one piece
# CALLs of the other side that wait for our answer; it should send one at a time, but may give up
# on one
_SERVING = const(4)


class Rpc:
    """One side of a connection. `blob`: compiled schemas of the version. `timeout`: seconds an
    answer may take.

    `prefix`: at most 24 characters that this station identity never had before in a boot (a
    persisted boot counter, random hex digits): ids are prefix-1, prefix-2, .. and so unique for
    all time (J errata 3.1). `supports(action)`: whether this station handles a CALL of that
    action.

    `pending` is None or (id, action) of our CALL that waits for its answer; only one may (4.1.1).
    Times are whole seconds of uptime.
    """

    def __init__(self, blob: bytes, prefix: str, timeout: int = 30, supports=None):
        self.blob = blob
        self.prefix = prefix
        self.timeout = timeout
        self.supports = supports
        self.count = 0
        self.pending = None
        self.deadline = 0
        self.serving = []

    def next_id(self) -> str:
        """A new message id."""
        self.count += 1
        return "%s-%d" % (self.prefix, self.count)

    def call(self, action: str, payload, now: int, message_id: str = None):
        """The text of a CALL, which is pending from now on. `payload`: dict, or JSON text as it
        is, or a list of bytes that are one. A long text is given as a list of bytes.

        `message_id`: only for a repeated message, which may keep its id (J errata 3.1).
        RuntimeError while another CALL is pending.
        """
        if self.pending:
            raise RuntimeError("a CALL is pending")
        message_id = message_id or self.next_id()
        text = _frame('[2,%s,"%s",' % (json.dumps(message_id), action), payload)
        self.pending = (message_id, action)  # not before: there may be no memory for the text
        self.deadline = now + self.timeout
        return text

    def result(self, message_id: str, payload):
        """The text of the CALLRESULT to a CALL, or None if nobody waits for it any more (answered,
        or the connection was lost)."""
        text = _frame("[3,%s," % json.dumps(message_id), payload)
        return text if self._served(message_id) else None

    def error(self, message_id: str, code: str, description: str = "", details=None):
        """The text of the CALLERROR to a CALL, or None as `result`. `code`: as J 4.2.3 spells
        it."""
        text = _error(message_id, code, description, details)
        return text if self._served(message_id) else None

    def timed_out(self, now: int):
        """(id, action) of our CALL if its time is over, once; else None. Its answer will be late,
        and thus IGNORED."""
        if self.pending and now >= self.deadline:
            return self._settle()
        return None

    def reset(self):
        """The connection is lost. Returns the pending (id, action) or None; CALLs of the other
        side are forgotten."""
        self.serving = []
        return self._settle()

    def receive(self, text, now: int) -> tuple:
        """What a text means: (kind, id, action, payload, detail).

        CALL     to be answered by `result` or `error`; the payload is valid
        RESULT   the valid answer to our CALL
        ERROR    the CALLERROR to our CALL; payload: its details; detail: (code, description)
        INVALID  the answer to our CALL breaks its schema or frame; payload: as it was read or
        None; detail: (code, reason) REFUSED  a broken CALL; detail: the text of the CALLERROR to
        send IGNORED  nothing to do but log; detail: why. A CALLRESULT that is late or belongs to
        nothing has its id, and its payload as it came
        """
        message = []
        reader = Reader(self.blob, text)
        try:
            violation = self._read(reader, message)
        except (ValueError, IndexError) as error:
            violation = ("FormationViolation", "not JSON: %s at %d" % (error, reader.pos))
        except MemoryError:
            violation = ("InternalError", "out of memory")
        return self._judge(message, violation)

    def oversize(self, head: bytes, length: int, now: int) -> tuple:
        """As `receive`, for a message of which the WebSocket kept only the first bytes: they are
        enough for the id."""
        message = []
        try:
            self._read(Reader(self.blob, head), message)
        except (ValueError, IndexError):
            pass
        reason = "message of %d bytes is too long" % length
        return self._judge(message[:3], ("GenericError", reason))

    def _read(self, reader: Reader, message: list):
        """Append the elements to `message` as they come, so that they survive an error. Returns a
        violation of payload or frame, or None.

        The payload is read as its schema says, once type and action are known: position 3 of a
        CALL, 2 of a CALLRESULT.
        """
        violation = None
        reader.skip(91)
        char = 44
        while char == 44:
            ref = ANY
            count = len(message)
            if count == 3 and message[0] == CALL:
                ref, violation = self._called(reader, message)
            elif count == 2 and message[0] == RESULT and self._awaits(message[1]):
                ref = reader.find(self.pending[1], True)
            if ref:
                payload, violation = reader.check(ref)
            else:
                payload = reader.read(ANY, 1)
            message.append(payload)
            char = reader.peek()
            reader.pos += 1
        if char != 93:
            raise ValueError("no end of array")
        reader.end()
        return violation

    def _called(self, reader: Reader, message: list) -> tuple:
        """(reference of the payload or ANY, violation) for the action of a CALL."""
        action = message[2]
        if not isinstance(action, str):
            return ANY, ("FormationViolation", "the action is no string")
        ref = reader.find(action, False)
        if not ref:
            return ANY, ("NotImplemented", "%s is unknown" % action[:40])
        if self.supports and not self.supports(action):
            return ANY, ("NotSupported", "%s is not supported" % action)
        return ref, None

    def _judge(self, message: list, violation) -> tuple:
        """The event of a message that was read up to the violation, if there is one."""
        kind = message[0] if message else None
        if type(kind) is not int or not CALL <= kind <= ERROR:  # True is no 1
            reason = violation[1] if violation and not message else "no type of message"
            return IGNORED, None, None, None, reason
        message_id = message[1] if len(message) > 1 else None
        if not isinstance(message_id, str):
            return IGNORED, None, None, None, "no id"
        if kind == CALL:
            return self._judge_call(message_id, message, violation)
        payload = message[2] if kind == RESULT and len(message) > 2 else None
        if not self._awaits(message_id):
            return IGNORED, message_id, None, payload, "late answer, or to no CALL of ours"
        action = self._settle()[1]
        if kind == ERROR and len(message) > 2:
            code, description, details = (message[2:] + ["", None])[:3]
            return ERROR, message_id, action, details, (str(code), str(description))
        if not violation and len(message) != 3:
            violation = ("FormationViolation", "%d elements" % len(message))
        return INVALID if violation else RESULT, message_id, action, payload, violation

    def _judge_call(self, message_id: str, message: list, violation) -> tuple:
        action = message[2] if len(message) > 2 else None
        if len(message_id) > _ID_LENGTH:
            violation = ("FormationViolation", "id of more than 36 characters")
        elif not violation and len(message) != 4:
            violation = ("FormationViolation", "%d elements" % len(message))
        elif message_id in self.serving:
            violation = ("GenericError", "a CALL of this id is being handled")
        if violation:
            return REFUSED, message_id, action, None, _error(message_id, *violation)
        if len(self.serving) == _SERVING:
            self.serving.pop(0)
        self.serving.append(message_id)
        return CALL, message_id, action, message[3], None

    def _awaits(self, message_id) -> bool:
        return self.pending and self.pending[0] == message_id

    def _served(self, message_id: str) -> bool:
        if message_id not in self.serving:
            return False
        self.serving.remove(message_id)
        return True

    def _settle(self):
        pending = self.pending
        self.pending = None
        return pending


def _frame(head: str, payload):
    """The text of a frame; what is long stays in its pieces, a list of bytes."""
    if isinstance(payload, list):
        payload = [head.encode()] + payload + [b"]"]
        if sum([len(piece) for piece in payload]) > _WHOLE:
            return payload
        return str(b"".join(payload), "utf8")
    return "%s%s]" % (head, _text(payload))


def _text(payload) -> str:
    """JSON text of a payload, which may be one already."""
    return payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))


def _error(message_id: str, code: str, description: str, details=None) -> str:
    """The text of a CALLERROR."""
    description = json.dumps(description[:255])
    return '[4,%s,"%s",%s,%s]' % (json.dumps(message_id), code, description, _text(details or {}))

"""What does a text on the wire mean in OCPP-J: CALL, CALLRESULT, CALLERROR, or nothing valid?"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

CALL, RESULT, ERROR = 2, 3, 4
MESSAGE_ID_MAX = 36  # J 4.1.4


class Frame(NamedTuple):
    """One message. `action` is set in a CALL; `code` and `description` in a CALLERROR;
    `payload` holds the details of a CALLERROR."""

    kind: int
    message_id: str
    action: str | None
    payload: Any
    code: str | None = None
    description: str | None = None


class Malformed(Exception):
    """The text is no OCPP-J message. `message_id` is known if a CALLERROR can be sent."""

    def __init__(self, problem: str, message_id: str | None = None):
        super().__init__(problem)
        self.message_id = message_id


def _no_constant(name: str):
    raise ValueError(f"{name} is not JSON")


def parse(text: str | bytes) -> Frame:
    """Text to Frame; raises Malformed. A null payload counts as {} (J 4.2.1, leniently)."""
    if isinstance(text, bytes):
        raise Malformed("a binary websocket message; OCPP-J uses text")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(data, list) or not data:
        raise Malformed("not a JSON array")
    kind = data[0]
    if type(kind) is not int or kind not in (CALL, RESULT, ERROR):
        raise Malformed(f"unknown message type {kind!r}")
    if len(data) < 2 or not isinstance(data[1], str) or not data[1]:
        raise Malformed("the message id is not a text")
    message_id = data[1]
    if kind == CALL:
        return _call(data, message_id)
    if kind == RESULT:
        if len(data) != 3:
            raise Malformed(f"a CALLRESULT has 3 elements, this one has {len(data)}")
        return Frame(RESULT, message_id, None, {} if data[2] is None else data[2])
    if len(data) != 5 or not isinstance(data[2], str) or not isinstance(data[3], str):
        raise Malformed("a CALLERROR has 5 elements: type, id, code, description, details")
    return Frame(ERROR, message_id, None, data[4], data[2], data[3])


def _call(data: list, message_id: str) -> Frame:
    if len(message_id) > MESSAGE_ID_MAX:
        raise Malformed(f"the message id is longer than {MESSAGE_ID_MAX}", message_id)
    if len(data) != 4:
        raise Malformed(f"a CALL has 4 elements, this one has {len(data)}", message_id)
    if not isinstance(data[2], str):
        raise Malformed("the action is not a text", message_id)
    return Frame(CALL, message_id, data[2], {} if data[3] is None else data[3])


def dump(data: Any) -> str:
    """JSON without blanks, as it goes on the wire."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def call(message_id: str, action: str, payload: Any) -> str:
    """The text of a CALL."""
    return dump([CALL, message_id, action, payload])


def result(message_id: str, payload: dict) -> str:
    """The text of a CALLRESULT."""
    return dump([RESULT, message_id, payload])


def error(message_id: str, code: str, description: str = "", details: dict | None = None) -> str:
    """The text of a CALLERROR: 5 elements, the description at most 255 long (J 4.2.3)."""
    return dump([ERROR, message_id, code, description[:255], details or {}])

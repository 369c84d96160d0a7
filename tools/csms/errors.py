"""What can go wrong in a conversation with a station, and what is it called?"""

from __future__ import annotations


class CallError(Exception):
    """A CALL that is answered with CALLERROR: raised by a handler or by the validation.

    `code` is one of the codes of OCPP-J 4.2.3, misspelt ones included (JE 5.1, 5.2).
    """

    def __init__(self, code: str, description: str = "", details: dict | None = None):
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = details or {}


class CallFailed(CallError):
    """The station answered our CALL with a CALLERROR."""


class CallTimeout(Exception):
    """The station did not answer our CALL in time, or its connection ended before it did."""


class NotConnected(Exception):
    """The station has no open connection now."""


class BadAnswer(Exception):
    """The station's CALLRESULT does not fit the schema of the action; `answer` is what it sent."""

    def __init__(self, answer, problem: str):
        super().__init__(problem)
        self.answer = answer


NOT_IMPLEMENTED = "NotImplemented"
NOT_SUPPORTED = "NotSupported"
INTERNAL = "InternalError"
FORMATION = "FormationViolation"
PROPERTY = "PropertyConstraintViolation"
OCCURENCE = "OccurenceConstraintViolation"
TYPE = "TypeConstraintViolation"

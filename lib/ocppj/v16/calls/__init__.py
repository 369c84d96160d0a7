"""What does the CSMS ask for? A file a call, imported when it comes and dropped afterwards.

Each has run(cp, payload, now) -> the payload of the answer (valid by its schema), or
[error code, description] for a CALLERROR, or (payload, then): then() runs once the answer is
queued, so that it goes out before everything that follows from it.
"""

"""Which settings does the CSMS get to see? (S 5.8)"""

import json


def run(cp, payload, now):
    """All keys for a missing or empty list; write-only ones are never shown.

    The answer is written as text into memory of its own size, found before the rows leave their
    garbage behind: a dict of some fifty keys would cost six times as much, a list of texts three.
    """
    config = cp.config
    wanted = payload.get("key")
    if wanted and len(wanted) > config.get("GetConfigurationMaxKeys"):
        return ["OccurenceConstraintViolation", "more than GetConfigurationMaxKeys keys"]
    unknown = [key for key in wanted or () if not _shown(config.row(key))]
    end = b"]"
    if unknown:
        end += b',"unknownKey":' + json.dumps(unknown).encode()
    end += b"}"
    size = len(end)
    for part in _parts(config, wanted):
        size += len(part)
    text = bytearray(size)
    at = 0
    for part in _parts(config, wanted):
        text[at : at + len(part)] = part
        at += len(part)
    text[at:] = end
    return text


def _shown(row):
    return row is not None and "o" in row[6] and row[5] != "W"


def _parts(config, wanted):
    """Generator of the answer's pieces."""
    yield b'{"configurationKey":['
    comma = b""
    for key in wanted or config.keys("o"):
        row = config.row(key)
        if _shown(row):
            yield comma
            comma = b","
            text = json.dumps(config.text(row[0]))
            readonly = "true" if row[5] == "R" else "false"
            yield ('{"key":"%s","readonly":%s,"value":%s}' % (row[0], readonly, text)).encode()

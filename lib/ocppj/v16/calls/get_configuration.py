"""Which settings does the CSMS get to see? (S 5.8)"""

import json

_PIECE = 240  # bytes: fewer objects than a text for each key


def run(cp, payload, now):
    """All keys for a missing or empty list; write-only ones are never shown.

    The answer is a list of small texts: a dict of some fifty keys would cost six times as much,
    and 5 KB in one piece are not always there.
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
    parts = [b""]
    for part in _parts(config, wanted):
        if len(parts[-1]) + len(part) < _PIECE:
            part = parts.pop() + part
        parts.append(part)
    parts.append(end)
    return parts


def _shown(row):
    return row is not None and "o" in row[6] and row[5] != "W"


def _parts(config, wanted):
    """Generator of the answer's pieces."""
    comma = '{"configurationKey":['
    for key in wanted or config.keys("o"):
        row = config.row(key)
        if _shown(row):
            text = json.dumps(config.text(row[0]))
            readonly = "true" if row[5] == "R" else "false"
            text = '%s{"key":"%s","readonly":%s,"value":%s}' % (comma, row[0], readonly, text)
            yield text.encode()
            comma = ","
    if comma != ",":
        yield comma.encode()

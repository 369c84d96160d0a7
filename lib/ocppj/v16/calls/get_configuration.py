"""Which settings does the CSMS get to see? (S 5.8)"""

import json


def run(cp, payload, now):
    """All keys for a missing or empty list; write-only ones are never shown.

    The answer is built as text: a dict of some fifty keys would cost three times its memory.
    """
    config = cp.config
    wanted = payload.get("key")
    if wanted and len(wanted) > config.get("GetConfigurationMaxKeys"):
        return ["OccurenceConstraintViolation", "more than GetConfigurationMaxKeys keys"]
    known = []
    unknown = []
    for key in wanted or config.keys("o"):
        row = config.row(key)
        if row is None or "o" not in row[6] or row[5] == "W":
            unknown.append(key)
        else:
            known.append(
                '{"key":"%s","readonly":%s,"value":%s}'
                % (row[0], "true" if row[5] == "R" else "false", json.dumps(config.text(row[0])))
            )
    text = '{"configurationKey":[' + ",".join(known) + "]"
    if wanted and unknown:
        text += ',"unknownKey":' + json.dumps(unknown)
    return text + "}"

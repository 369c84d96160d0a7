"""What does a meter reading look like in an OCPP 1.6 message? (S 4.7, 7.26 MeterValue)"""

from ocppj import sampler
from ocppj.datetime import iso

# Units of 7.45; "Celcius" is the spelling that the schemas know (JE 2.1).
_UNITS = "EWh PW VV IA OA WW SPercent TCelcius "
# 7.35 ReadingContext by the letters that the journal keeps.
_CONTEXTS = "PSample.Periodic CSample.Clock BTransaction.Begin ETransaction.End TTrigger "

PERIODIC = "P"
CLOCK = "C"
TRIGGER = "T"


def _word(table, letter):
    at = (" " + table).find(" " + letter) + 1
    return table[at : table.find(" ", at)]


def context(letter):
    """The ReadingContext of a letter of the journal."""
    return _word(_CONTEXTS, letter)


def element(parts, reading, at, context):
    """Append one MeterValue (7.26) of a reading (sampler.read) at Unix seconds `at` to `parts`.

    JSON in pieces of bytes and not as dicts: the message is built once, and where it will lie.
    """
    context = _word(_CONTEXTS, context)
    if parts:
        parts.append(b",")
    parts.append(b'{"timestamp":"%s","sampledValue":[' % iso(at).encode())
    comma = ""
    for letter, value in sampler.values(reading):
        row = (comma, value, context, sampler.row(letter)[1], _word(_UNITS, letter))
        text = '%s{"value":"%s","context":"%s","measurand":"%s","unit":"%s"}' % row
        parts.append(text.encode())
        comma = ","
    parts.append(b"]}")


def request(cid, transaction_id, parts):
    """Payload of MeterValues.req; transaction_id None outside of a transaction (E 3.16)."""
    end = "]}" if transaction_id is None else '],"transactionId":%d}' % transaction_id
    parts.insert(0, b'{"connectorId":%d,"meterValue":[' % cid)
    parts.append(end.encode())
    return parts


def wanted(config, *keys) -> str:
    """Letters of the measurands that the named configuration keys ask for, each once."""
    out = ""
    for key in keys:
        for letter in sampler.letters(config.get(key)) or "":
            if letter not in out:
                out += letter
    return out

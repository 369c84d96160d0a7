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


def element(reading, at, context):
    """One MeterValue (7.26) of a reading (sampler.read) at Unix seconds `at`."""
    context = _word(_CONTEXTS, context)
    rows = []
    for letter, value in sampler.values(reading):
        rows.append(
            {
                "value": value,
                "context": context,
                "measurand": sampler.row(letter)[1],
                "unit": _word(_UNITS, letter),
            }
        )
    return {"timestamp": iso(at), "sampledValue": rows}


def request(cid, transaction_id, elements):
    """Payload of MeterValues.req; transaction_id None outside of a transaction (E 3.16)."""
    payload = {"connectorId": cid, "meterValue": elements}
    if transaction_id is not None:
        payload["transactionId"] = transaction_id
    return payload


def wanted(config, *keys) -> str:
    """Letters of the measurands that the named configuration keys ask for, each once."""
    out = ""
    for key in keys:
        for letter in sampler.letters(config.get(key)) or "":
            if letter not in out:
                out += letter
    return out

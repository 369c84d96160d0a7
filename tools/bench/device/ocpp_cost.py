"""How long does it take to check a message against its schema? Runs on MicroPython, prints JSON.

Also the bytes that a check allocates.
"""

import gc
import json
import time

from ocppj import schema
from ocppj.v16.schemas import BLOB

BATCHES = 5
SAMPLED = '{"value":"%d","context":"Sample.Periodic","measurand":"%s","unit":"%s"}'
METER = '{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z",'
METER += '"sampledValue":[%s]}]}' % ",".join(
    [
        SAMPLED % (123456, "Energy.Active.Import.Register", "Wh"),
        SAMPLED % (2250, "Power.Active.Import", "W"),
        SAMPLED % (55, "SoC", "Percent"),
    ]
)
BOOT = (
    '{"chargePointVendor":"Galvani","chargePointModel":"GALVANI_WROOM",'
    '"chargePointSerialNumber":"0000000001","firmwareVersion":"0.1.0"}'
)
ANSWER = '{"status":"Accepted","currentTime":"2026-01-01T00:00:00.000Z","interval":300}'

CASES = {
    "meter_values": ("MeterValues", False, METER),
    "boot": ("BootNotification", False, BOOT),
    "boot_answer": ("BootNotification", True, ANSWER),
}


def cost(action, is_response, payload):
    """[microseconds, bytes allocated, length of the payload]"""
    best = 1 << 29
    for _ in range(BATCHES):
        gc.collect()
        began = time.ticks_us()
        for _ in range(50):
            found = schema.validate(BLOB, action, is_response, payload)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    if found:
        raise ValueError(found)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    schema.validate(BLOB, action, is_response, payload)
    used = gc.mem_alloc() - before
    gc.enable()
    return best / 50, used, len(payload)


print(json.dumps({name: cost(*CASES[name]) for name in CASES}))

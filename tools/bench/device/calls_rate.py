"""How many calls of the central system does a station handle in a second? Prints JSON.

    calls_rate.py ROUNDS

A whole station in virtual time (life.py), no socket: texts go in and come out. One round is each
of CALLS once, fully checked and answered; what a call makes the station send is answered too.
Settings are stored: ChangeConfiguration writes a new value each time.
"""

import gc
import json
import sys
import time

from life import Life

CALLS = (
    ("RemoteStartTransaction", '{"connectorId":1,"idTag":"A1B2C3D4"}'),
    ("ChangeConfiguration", '{"key":"MeterValueSampleInterval","value":"%d"}'),
    ("GetConfiguration", '{"key":["MeterValueSampleInterval"]}'),
    ("TriggerMessage", '{"requestedMessage":"Heartbeat"}'),
)
BATCH = 50


def one(cp, text, now):
    """The answer to a call; everything that follows from it has been said and answered too."""
    cp.receive(text, now)
    answer = text = cp.poll(now)
    while text:
        if text[1] == "2":
            message_id = text[4 : text.index('"', 4)]
            cp.receive('[3,"%s",{"currentTime":"2027-01-15T08:00:30Z"}]' % message_id, now)
        text = cp.poll(now)
    return answer


def main():
    """Measure and print."""
    life = Life()
    cp = life.cp
    connector = life.station.connectors[0]
    now = life.clock.uptime_s()
    spent = [0, 0, 0, 0]
    best = [1 << 29, 1 << 29, 1 << 29, 1 << 29]
    rounds = int(sys.argv[1])
    for batch in range(rounds // BATCH):
        gc.collect()
        for i in range(4):
            spent[i] = 0
        for n in range(BATCH):
            for i in range(4):
                action, payload = CALLS[i]
                if i == 1:
                    payload = payload % (10 + n)
                text = '[2,"%d-%d-%d","%s",%s]' % (batch, n, i, action, payload)
                began = time.ticks_us()
                answer = one(cp, text, now)
                spent[i] += time.ticks_diff(time.ticks_us(), began)
                if answer[1] != "3" or answer.find("Rejected") >= 0:
                    raise ValueError(answer)
            connector.drop()
            life.station.pump()
            while cp.poll(now):
                cp.rpc.reset()
        for i in range(4):
            best[i] = min(best[i], spent[i])
    print(json.dumps({CALLS[i][0]: best[i] / BATCH for i in range(4)}))


main()

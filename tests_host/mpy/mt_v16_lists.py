# heapsize: 500k
"""What the calls of lists, reservations and files leave on the heap: nothing."""

import gc
import json
import sys

from mt_v16 import World

WALL_TEXT = "2027-01-15T09:00:00Z"


def world():
    w = World({})
    station = w.station
    station.reservations = []
    station.paused = False
    station.operative = True
    station.plugged = False

    def keep(rows):
        station.reservations = rows

    station.keep = keep
    w.cp.connected(0)
    w.run(3)
    return w


def ask(w, action, payload):
    w.cp.receive(json.dumps([2, "x", action, payload]), w.clock.now)
    w.run(1)
    while w.cp.work:
        w.run(1)
    answer = [m for m in w.sent if m[0] != 2][-1]
    w.sent.clear()
    return answer[2]


def send_list(w, first, number, full):
    rows = []
    for n in range(first, first + 50):
        info = {"status": "Accepted", "expiryDate": WALL_TEXT, "parentIdTag": "P%019d" % n}
        rows.append({"idTag": "%020d" % n, "idTagInfo": info})
    kind = "Full" if full else "Differential"
    payload = {"listVersion": number, "updateType": kind, "localAuthorizationList": rows}
    return ask(w, "SendLocalList", payload)


def held(w):
    w.run(10)  # what is idle is dropped
    w.log.lines.clear()
    w.sent.clear()
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def everything(w, number):
    assert send_list(w, 0, number, True) == {"status": "Accepted"}
    assert send_list(w, 50, number + 1, False) == {"status": "Accepted"}
    assert ask(w, "GetLocalListVersion", {}) == {"listVersion": number + 1}
    reserve = {"connectorId": 1, "expiryDate": WALL_TEXT, "idTag": "R", "reservationId": 1}
    assert ask(w, "ReserveNow", reserve) == {"status": "Accepted"}
    assert ask(w, "CancelReservation", {"reservationId": 1}) == {"status": "Accepted"}
    assert "fileName" in ask(w, "GetDiagnostics", {"location": "http://h/", "retries": 0})
    w.cp.jobs[0].result = (True, "", False)
    w.run(3)
    update = {"location": "http://h/f", "retrieveDate": "2027-01-15T08:00:00Z", "retries": 0}
    assert ask(w, "UpdateFirmware", update) == {}
    w.cp.jobs[0].result = (False, "no", False)
    w.run(3)
    assert not w.cp.jobs and not w.cp.notices
    for message in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
        trigger = ask(w, "TriggerMessage", {"requestedMessage": message})
        assert trigger == {"status": "Accepted"}


def test_the_heap_returns_to_what_it_was():
    """U 21."""
    w = world()
    for n in range(3):  # names are interned once; the flash of this World lies in RAM
        everything(w, 10 * n + 100)
    before = held(w)
    for n in range(5):
        everything(w, 10 * n + 200)
    after = held(w)
    assert after - before < 100, after - before
    for name in sys.modules:
        assert name[:16] != "ocppj.v16.calls.", name
        assert name not in ("ocppj.authlist", "ocppj.transfer"), name


def test_the_longest_list_of_one_message_takes_a_bounded_heap():
    w = world()
    send_list(w, 0, 1, True)
    rows = []
    for n in range(50):
        info = {"status": "Accepted", "expiryDate": WALL_TEXT, "parentIdTag": "P%019d" % n}
        rows.append({"idTag": "%020d" % n, "idTagInfo": info})
    payload = {"listVersion": 2, "updateType": "Full", "localAuthorizationList": rows}
    text = json.dumps([2, "x", "SendLocalList", payload])
    rows = payload = info = None
    assert len(text) < 8192
    gc.collect()
    before = gc.mem_alloc()
    event = w.cp.rpc.receive(text, 5)
    gc.collect()
    used = gc.mem_alloc() - before
    assert event[0] == 2
    word = 8 if sys.maxsize > 1 << 40 else 4
    assert used < 3600 * word, used

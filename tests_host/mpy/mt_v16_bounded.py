# heapsize: 500k
# timeout: 600
"""What a CSMS sends that is too long, too deep or plainly wrong leaves heap and behaviour alone.

100 KB in one call, ten thousand junk frames, deep JSON, wrong types in every field: every call
gets one answer, afterwards no byte more lives than before, and the station charges as ever.
"""

import gc
import json
import sys

from mt_v16 import World

from ws.frames import OVERSIZE, Reader

CALLS = (
    ("CancelReservation", {"reservationId": 9}),
    ("ChangeAvailability", {"connectorId": 9, "type": "Operative"}),
    ("ChangeConfiguration", {"key": "nobody", "value": "1"}),
    ("ClearCache", {}),
    ("ClearChargingProfile", {"id": 3, "connectorId": 1, "stackLevel": 2}),
    ("DataTransfer", {"vendorId": "x", "messageId": "y", "data": "z"}),
    ("GetCompositeSchedule", {"connectorId": 9, "duration": 60, "chargingRateUnit": "W"}),
    ("GetConfiguration", {"key": ["HeartbeatInterval", "x"]}),
    ("GetLocalListVersion", {}),
    ("RemoteStopTransaction", {"transactionId": 9}),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}),
    ("UnlockConnector", {"connectorId": 9}),
    ("SendLocalList", {"listVersion": 0, "updateType": "Full", "localAuthorizationList": []}),
    ("SetChargingProfile", {"connectorId": 9, "csChargingProfiles": {}}),
)
WRONG = (
    "null", "true", "-1", "1.5", "1e400", "99999999999999999999", '""', '"' + "x" * 600 + '"',
    "[]", "{}", "[[[[]]]]", '{"a":{"b":[1]}}', "[1,2,3]", '["x","x"]', '"\\ud800"', "nul", "'x'",
)  # fmt: skip
DEEP = ("[", '{"a":', '[{"a":', '{"chargingSchedule":[')
JUNK = (
    "", " ", "[", "]", "{}", "null", "[]", "[2]", '[2,"a"]', '[2,"a","Reset"]', "[3]",
    '[3,"x",{}]', '[4,"x","GenericError","",{}]', '[5,"x"]', '[2,7,"Reset",{}]', "[true,1,2]",
    '[2,"a","Reset",{"type":"Soft"', '[2,"a","Nothing",{}]', '[2,"' + "i" * 40 + '","Reset",{}]',
    '[3,"000102030405-1",{"status":"Accepted"}]', '[4,"000102030405-1"]', '"', "\0", '[2,"a",1,2]',
    '[2,"a","ClearCache",{},1]', '[2,"a","ClearCache",{"x":1}]', '[2,"a","ClearCache",[]]',
    '[-1,"a"]', "[2e0]", "[2 \"a\"]", '[2,"a","Reset",{"type":"soft"}]', "[[[[[[[[[[[[[[[[[[[[",
)  # fmt: skip


def station():
    w = World({})
    w.cp.connected(0)
    w.run(5)
    w.station.reservations = []
    w.station.connector = lambda cid: w.station if 0 <= cid < 2 else None
    w.station.set_availability = lambda *args: "Rejected"
    w.station.remote_stop = lambda *args: False
    w.station.unlock = lambda *args: "NotSupported"
    w.log.warn = w.log.error = lambda text, *args: None  # these would be kept
    return w


def live(w):
    """Bytes that live once nothing has been asked for a while."""
    w.sent.clear()
    w.run(15)
    w.sent.clear()
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def say(w, text):
    """The answers to a text."""
    w.cp.receive(text, w.clock.now)
    out = []
    turns = 4
    while turns or w.cp.work:  # some calls take several
        turns = max(turns - 1, 0)
        answer = w.cp.poll(w.clock.now)
        if answer:
            out.append(b"".join(answer).decode() if isinstance(answer, list) else answer)
            if out[-1][1] == "2":
                w.take(json.loads(out.pop()))
    return out


def unharmed(w, play):
    """`play` twice: what a first time leaves (names, tables that have grown) is not counted."""
    play(w)
    before = live(w)
    play(w)
    after = live(w)
    assert after <= before + 64, (before, after)
    assert say(w, '[2,"end","ClearCache",{}]') == ['[3,"end",{"status":"Accepted"}]']
    session = w.start()
    w.run(30)
    assert session.transaction_id == 77
    assert w.actions().count("StartTransaction") == 1


# Played twice: ten thousand in all, on the chip's word size.
FRAMES = 5000 if sys.maxsize < 1 << 31 else 1000


def test_ten_thousand_junk_frames():
    def play(w):
        for n in range(FRAMES):
            text = JUNK[n % len(JUNK)]
            answers = say(w, text)
            assert len(answers) <= 1
            if answers:
                assert answers[0][:3] == "[4,", (text, answers)

    unharmed(station(), play)


def test_deep_json_is_refused_at_any_depth():
    def play(w):
        for unit in DEEP:
            for depth in (12, 16, 100, 580):  # to the longest message
                payload = '{"vendorId":"x","data":' + unit * depth
                answers = say(w, '[2,"d","DataTransfer",%s' % payload)
                assert len(answers) == 1 and answers[0][:7] == '[4,"d",', answers
                say(w, unit * depth)

    unharmed(station(), play)


def test_wrong_types_in_every_field():
    count = [0, 0]

    def play(w):
        for action, payload in CALLS:
            for key in payload:
                for wrong in WRONG:
                    text = json.dumps(dict(payload, **{key: "@"})).replace('"@"', wrong)
                    answers = say(w, '[2,"w","%s",%s]' % (action, text))
                    assert len(answers) == 1, (action, text)
                    assert answers[0][:6] in ('[3,"w"', '[4,"w"'), answers
                    count[answers[0][1] == "4"] += 1
            for wrong in WRONG:
                answers = say(w, '[2,"w","%s",%s]' % (action, wrong))
                assert len(answers) == 1 and answers[0][:6] in ('[3,"w"', '[4,"w"')

    unharmed(station(), play)
    assert count[1] > 3 * count[0] > 0


def test_a_call_of_100_kb_gets_a_callerror_and_is_never_held():
    size = 100 * 1024

    def play(w):
        reader = Reader(12288, True)
        head = b'[2,"big","SendLocalList",{"x":"'
        frame = b"\x81\x7f" + size.to_bytes(8, "big") + head + b"y" * 300
        rest = size - len(head) - 300
        gc.collect()
        gc.collect()
        start = gc.mem_alloc()
        kind = None
        while frame or rest:
            chunk = frame or b"y" * min(rest, 200)
            if not frame:
                rest -= len(chunk)
            room = reader.room()
            n = min(len(room), len(chunk))
            room[:n] = chunk[:n]
            frame = chunk[n:]
            reader.received(n)
            kind = reader.poll() or kind
            if rest % 20000 < 200:
                gc.collect()
                assert gc.mem_alloc() < start + 4096
        assert kind == OVERSIZE and reader.length == size
        w.cp.oversize(reader.data, reader.length, w.clock.now)
        answer = w.cp.poll(w.clock.now)
        assert answer[:10] == '[4,"big","' and "too long" in answer

    unharmed(station(), play)

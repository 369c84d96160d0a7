"""What a power cut in a charge leads to: its stop and reason, registers, resuming (S 4.10).

test_v16_power_points.py cuts at every point of many stories.
"""

from v16_bench import Bench, Error, PowerCut, Store

SETTINGS = {"MeterValueSampleInterval": 20, "AllowOfflineTxForUnknownId": True}


class Memory:
    """What a CSMS holds of a station over its reboots: it dedupes by message id (JE 3.7)."""

    def __init__(self):
        self.starts = {}
        self.stops = {}
        self.meters = {}
        self.sums = []

    def learn(self, bench):
        for at, action, payload, message_id in bench.csms.calls:
            if at < 0:
                continue
            book = {
                "StartTransaction": self.starts,
                "StopTransaction": self.stops,
                "MeterValues": self.meters,
            }.get(action)
            if book is not None:
                old = book.setdefault(message_id, payload)
                if action != "MeterValues":
                    same = dict(old, transactionId=0) == dict(payload, transactionId=0)
                    assert same, "a repeated message was changed"

    def answer(self, bench):
        """The same id for the same StartTransaction, whenever it comes."""
        ids = list(self.starts)

        def start(payload):
            message_id = bench.csms.calls[-1][3]
            if message_id not in ids:
                ids.append(message_id)
            return {
                "transactionId": 100 + ids.index(message_id),
                "idTagInfo": {"status": "Accepted"},
            }

        bench.csms.start = start


def check(memory, bench):
    """Every transaction that the CSMS knows is whole."""
    starts = list(memory.starts.values())
    stops = list(memory.stops.values())
    assert len(stops) == len(starts), (memory.starts, memory.stops)
    known = {100 + n for n in range(len(starts))} | {-1}
    for start, stop in zip(starts, stops) if len(starts) == 1 else ():
        assert stop["meterStop"] >= start["meterStart"]
        assert stop["timestamp"] >= start["timestamp"]
    for payload in list(memory.meters.values()) + stops:
        assert payload["transactionId"] in known
    assert len({tuple(sorted((k, str(v)) for k, v in s.items())) for s in stops}) == len(stops)
    left = [n for n in bench.store.files if n[0] in "smd" and len(n) == 8]
    assert not left, left


def test_a_cut_anywhere_in_time_stops_with_power_loss_and_loses_one_interval_at_most():
    """S 4.10/3, U 6."""
    for seconds in range(1, 200, 7):
        b = Bench(Store(), **SETTINGS).online()
        b.charge().run(seconds)
        register = b.station.connector(1).meter.energy_wh
        start_wall = b.clock.wall()
        b = b.reboot().online(5)
        stop = b.sent("StopTransaction")[-1]
        assert stop["reason"] == "PowerLoss" and "idTag" not in stop
        assert register - 60 <= stop["meterStop"] <= register
        assert stop["transactionId"] == 1 and stop["timestamp"] <= _iso(start_wall)
        assert len(b.sent("StopTransaction")) == 1


def test_the_persisted_register_is_better_than_the_snapshot():
    """S 7.31/1."""
    b = Bench(Store(), **SETTINGS).online()
    b.charge().run(50)
    b = b.reboot()
    b.station.connector(1).meter.energy_wh = 1049
    b.online(5)
    assert b.sent("StopTransaction")[-1]["meterStop"] == 1049


def test_what_was_told_is_never_taken_back():
    """S 7.31/1."""
    b = Bench(Store(), **SETTINGS).online()
    b.charge().run(50)  # told: the register after 40 s, though no snapshot was due
    b = b.reboot().online(5)
    assert b.sent("StopTransaction")[-1]["meterStop"] == 1040
    assert b.station.connector(1).meter.energy_wh == 1040
    assert b.station.registers == {1: 1040}  # or the next power cut would take it back


def test_a_watchdog_is_not_a_power_loss():
    """S 4.10/3."""
    b = Bench(Store(), **SETTINGS).online()
    b.charge().run(50)
    b = b.reboot().start("Reboot")
    b.online(5)
    assert b.sent("StopTransaction")[-1]["reason"] == "Reboot"


def test_resume_goes_on_with_the_same_id_and_raster():
    """S 4.10/4, U 6."""
    b = Bench(Store(), ResumeTransactionAfterPowerLoss=True, **SETTINGS).online()
    b.charge().run(90)
    b = b.reboot().online(50)
    session = b.station.connector(1).session
    assert session.transaction_id == 1 and session.meter_start_wh == 1000
    b.stop().run(3)
    stop = b.sent("StopTransaction")[-1]
    assert stop["transactionId"] == 1 and stop["reason"] == "Local"
    assert len(b.sent("StartTransaction")) == 1


def test_resume_refused_by_the_station_stops_with_power_loss():
    """S 4.10/4, U 10."""
    b = Bench(Store(), ResumeTransactionAfterPowerLoss=True, **SETTINGS).online()
    b.charge().run(90)
    b = b.reboot()
    b.station.refusal = "no vehicle"
    b.online(5)
    assert b.sent("StopTransaction")[-1]["reason"] == "PowerLoss"


def test_many_cuts_in_a_row():
    """S 3.7/2."""
    b = Bench(Store(), **SETTINGS).start()
    b.run(5)
    b.charge().run(50)
    memory = Memory()
    for n in range(12):
        b = b.reboot()
        memory.answer(b)
        b.store.left = n % 4
        try:
            b.online(20)
        except PowerCut:
            pass
        memory.learn(b)
    b = b.reboot()
    memory.answer(b)
    b.online(100)
    memory.learn(b)
    check(memory, b)
    assert len(memory.starts) == 1


def test_attempts_are_counted_over_a_power_cut():
    """S 3.7.1/1."""
    b = Bench(Store(), TransactionMessageRetryInterval=60, **SETTINGS).online()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(70)
    assert len(b.sent("StartTransaction")) == 2
    b = b.reboot()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.online(600)
    assert len(b.sent("StartTransaction")) == 3


def _iso(epoch):
    from ocppj.datetime import iso

    return iso(epoch)

# heapsize: 300k
"""Twenty profiles of fifty periods on the chip's build: they live in flash, not on the heap."""

import gc
import json
import os

from core.journal import FileStore
from ocppj import allowance, composite, profiles
from ocppj.v16 import keys as ocpp_keys
from ocppj.v16 import profile as v16_profile
from ocppj.v16.calls import clear_charging_profile, get_composite_schedule, set_charging_profile
from station import keys as station_keys
from station.connector import CLAIMS
from station.limits import Limits

WALL = 1800000000
DAY = "2027-01-15T%02d:%02d:00Z"


def setup():
    """An empty flash."""
    if "flash" in os.listdir():
        for name in os.listdir("flash"):
            os.remove("flash/" + name)


class Connector:
    id = 1
    session = None

    def __init__(self):
        self.limits = Limits(CLAIMS)
        for name in CLAIMS:
            self.limits.clear(name)
        self.limits.claim("board", 1000, 9000)


class Station:
    def __init__(self):
        self.connectors = [Connector()]

    def connector(self, cid):
        return self.connectors[cid - 1] if 0 < cid < 2 else self if cid == 0 else None


class Clock:
    up = 5

    def uptime_s(self):
        return self.up

    def wall(self):
        return WALL + self.up


class Config:
    def get(self, key):
        for table in (station_keys.KEYS, ocpp_keys.KEYS):
            at = table.find(b"\n" + key.encode() + b" ")
            if at >= 0:
                text = table[at:].decode().split(" ", 3)
                return (
                    text[2] == "true"
                    if text[1] == "bool"
                    else (int(text[2]) if text[1] == "int" else text[2])
                )


class Log:
    def warn(self, *words):
        print(*words)

    error = warn


class ChargePoint:
    slots = 0
    limit_at = None
    limit_up = 0
    journal_full = False

    def __init__(self):
        self.station = Station()
        self.clock = Clock()
        self.config = Config()
        self.log = Log()
        self.store = FileStore("flash")
        self.applied = 0

    def lazy(self, name):
        return __import__(name, None, None, ("run",))

    def limit(self):
        self.applied += 1
        allowance.apply(self)

    def da(self, name="profile"):
        """0.1 A of a claim."""
        for claim, current_da, _ in self.station.connectors[0].limits.claims():
            if claim == name:
                return current_da


def text(number, level, purpose="TxDefaultProfile", count=50):
    """SetChargingProfile of `count` periods, a minute each, as JSON."""
    rows = [
        '{"startPeriod":%d,"limit":%d.%d}' % (n * 60, 6 + (n + number) % 26, number % 10)
        for n in range(count)
    ]
    return (
        '{"connectorId":0,"csChargingProfiles":{"chargingProfileId":%d,"stackLevel":%d,'
        '"chargingProfilePurpose":"%s","chargingProfileKind":"Recurring",'
        '"recurrencyKind":"Daily","chargingSchedule":{"startSchedule":"%s","duration":3000,'
        '"chargingRateUnit":"A","chargingSchedulePeriod":[%s]}}}'
    ) % (number, level, purpose, DAY % (7 + level // 10, level % 10 * 3), ",".join(rows))


def install(cp, count=20):
    for n in range(count):
        purpose = "TxDefaultProfile" if n < 18 else "ChargePointMaxProfile"
        message = json.loads(text(n, n if n < 18 else n - 10, purpose))
        assert set_charging_profile.run(cp, message, 0) == {"status": "Accepted"}
        message = None


def live():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()


def test_twenty_profiles_of_fifty_periods_hold_no_heap():
    cp = ChargePoint()
    install(cp, 1)
    clear_charging_profile.run(cp, {}, 0)
    before = live()
    install(cp)
    used = live() - before
    assert used < 512
    assert cp.limit_at is not None
    assert len(cp.store.names()) == 20
    assert cp.da() == 160 and cp.da("grid") == 69


def test_no_block_above_4_kb_and_little_at_once():
    """The heap is cut into pieces of 4 KB: everything but the message finds room in them."""
    cp = ChargePoint()
    install(cp)
    gc.collect()
    pieces = [None] * 400
    rest = [None] * 2000
    fill(pieces, 4000)
    fill(rest, 32)
    for i in range(0, len(pieces), 2):
        pieces[i] = None
    gc.collect()
    no_piece(5000)
    allowance.apply(cp)
    rows = []
    walk, unit = allowance.walk(cp, 1, WALL + 5, WALL + 5 + 6 * 3600, None)

    def put(start, limit):
        rows.append(start)
        return True

    while walk.more(25, put) is False:
        pass
    assert unit == composite.A and len(rows) > 40


def fill(pieces, size):
    """Allocate as many pieces as there is room for."""
    try:
        for i in range(len(pieces)):
            pieces[i] = bytearray(size)
    except MemoryError:
        return
    raise AssertionError("the heap is larger than this test knows")


def no_piece(size):
    """Make sure that nowhere `size` bytes are free in one piece."""
    try:
        bytearray(size)
    except MemoryError:
        return
    raise AssertionError("a piece of %d bytes is free" % size)


def test_what_evaluation_takes_at_once():
    """Garbage of one evaluation: far below the heap of a charging station."""
    cp = ChargePoint()
    install(cp)
    allowance.apply(cp)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    allowance.apply(cp)
    used = gc.mem_alloc() - before
    gc.enable()
    assert used < 60_000  # each of twenty records is read once, a few twice


def test_tenths_survive_the_floats_of_the_chip():
    cp = ChargePoint()
    schedule = (
        '{"connectorId":0,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
        '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":'
        '[{"startPeriod":0,"limit":%d.%d}]}}}'
    )
    for n in list(range(0, 700)) + [9999, 100001, 999999, 1234567, 6000007]:
        message = json.loads(schedule % (n // 10, n % 10))
        assert set_charging_profile.run(cp, message, 0) == {"status": "Accepted"}
        assert cp.da() == n
        ask = {"connectorId": 1, "duration": 60}
        answer = b"".join(get_composite_schedule.run(cp, ask, 0))
        assert b'"limit":%d.%d}' % (n // 10, n % 10) in answer


def test_whole_numbers_beyond_the_floats_are_exact():
    assert v16_profile.tenths(16777217) == 167772170
    assert v16_profile.tenths(0.1) == 1


def test_breakpoints_on_this_port():
    """Times beyond 2^30, periods, days: the same seconds as on CPython."""
    cp = ChargePoint()
    message = json.loads(text(3, 5, "TxDefaultProfile"))
    message["csChargingProfiles"]["chargingSchedule"]["startSchedule"] = "2027-01-14T08:00:00Z"
    set_charging_profile.run(cp, message, 0)
    seen = []
    for second in range(0, 240):
        cp.clock.up = second
        if cp.limit_at is not None and cp.clock.wall() >= cp.limit_at:
            cp.limit()
        seen.append(cp.da())
    assert seen == [93] * 60 + [103] * 60 + [113] * 60 + [123] * 60
    assert cp.applied == 4
    cp.clock.up = 3000
    cp.limit()
    assert cp.da() is None
    assert cp.limit_at == WALL + 86400


def test_profiles_are_found_again_after_a_boot():
    cp = ChargePoint()
    install(cp, 3)
    again = ChargePoint()
    profiles.boot(again)
    assert again.slots == 7
    allowance.apply(again)
    assert again.da() == cp.da()

"""Do meter, thermistors, lamps and buzzer do what a board's data says, failures included?"""

import math
import sys

import fake_chip
import mt

sys.modules["machine"] = fake_chip

from drivers import buzzer, meter_modbus, ntc, status_led
from gateway import modbus
from station import topics
from station.limits import Limits as RealLimits


class Limits:
    claims = None

    def claim(self, name, current_da=None, ttl_ms=-1):
        self.claims = (name, current_da, ttl_ms)


class Connector:
    def __init__(self):
        self.external = None
        self.status = "Available"
        self.limits = Limits()


class App:
    """What parts look at: a station of one connector, a charge point, a bus."""

    class Ratings:
        RATINGS = {"cable_max_da": 1000}

    class Cp:
        linked = False
        registration = "Unknown"

    def __init__(self):
        self.one = Connector()
        self.station = self.bus = self
        self.board = App.Ratings
        self.cp = App.Cp()
        self.listeners = {}

    def connector(self, cid):
        return self.one

    def on(self, topic, fn):
        self.listeners[topic] = fn


def setup():
    fake_chip.fresh()


def poll(part, app, ms):
    for _ in range(ms // 20):
        part.poll(app, 20)


# -- the meter


class Sdm:
    """A meter on the line: registers by address, the bytes of two words each."""

    def __init__(self, line, function=4):
        line.answer = self.answer
        self.function = function
        self.words = {0x48: b"\x44\x9a\x52\x2b", 0: b"\x44\x2f\x00\x00", 6: b"\x42\xc8\x66\x66"}
        self.spoil = 0
        self.silent = False
        self.asked = []

    def answer(self, data):
        self.asked.append(data)
        assert modbus.crc16(data, 8) == 0
        if self.silent:
            return None
        register = data[2] << 8 | data[3]
        values = self.words[register]
        body = bytes((data[0], self.function, len(values))) + values
        check = modbus.crc16(body, len(body))
        return body + bytes((check & 255 ^ self.spoil, check >> 8))


def metered(**more):
    params = {"uart": 1, "tx": 17, "rx": 16}
    params.update(more)
    return meter_modbus.open(params, None), App(), fake_chip.uarts[1]


def test_an_eastron_meter_becomes_the_connector_s():
    meter, app, line = metered()
    Sdm(line)
    assert (line.baudrate, meter.age_ms) == (9600, 86_400_000)
    poll(meter, app, 1000)
    assert app.one.external is meter
    # 1234.5677 kWh, 700 V, 100.2 A
    assert (meter.energy_wh, meter.voltage_dv, meter.current_da) == (1234568, 7000, 1002)
    assert meter.age_ms < 500
    poll(meter, app, 3000)
    assert meter.age_ms < 500


def test_a_silent_or_broken_meter_ages():
    for trouble in ("silent", "spoil"):
        meter, app, line = metered()
        other = Sdm(line)
        poll(meter, app, 1000)
        setattr(other, trouble, True)
        poll(meter, app, 10000)
        assert meter.age_ms > 9000
        assert meter.energy_wh == 1234568
        assert (meter.silent > 3) == (trouble == "silent")
        assert (meter.broken > 3) == (trouble == "spoil")
        setattr(other, trouble, False)
        poll(meter, app, 3000)
        assert meter.age_ms < 500


def test_a_meter_that_answers_half_is_lost():
    meter, app, line = metered()
    other = Sdm(line)
    poll(meter, app, 1000)
    other.words[6] = b"\x7f\xc0\x00\x00"  # not a number
    poll(meter, app, 10000)
    assert meter.age_ms > 9000
    other.words[6] = b"\x00\x00\x00\x00"
    other.words[0x48] = b"\xc4\x9a\x52\x2b"  # negative energy
    poll(meter, app, 10000)
    assert meter.age_ms > 9000
    assert meter.energy_wh == 1234568


def test_registers_of_any_meter():
    meter, app, line = metered(
        unit=7,
        registers={
            "energy": (3, 100, "<u32", 10, 1),  # 0.01 kWh, low word first
            "voltage": (3, 102, "u16", 1, 10),  # 0.01 V
            "current": (3, 103, "s16", 1, 1),  # 0.1 A
        },
    )
    other = Sdm(line, 3)
    other.words = {100: b"\x2d\xc7\x01\x31", 102: b"\xea\x6b", 103: b"\xff\x9c"}
    poll(meter, app, 1000)
    assert other.asked[0] == modbus.request(7, 3, 100, 2)
    assert other.asked[1] == modbus.request(7, 3, 102, 1)
    assert (meter.energy_wh, meter.voltage_dv, meter.current_da) == (200001990, 6001, -100)


def test_a_missing_register_shows_at_boot():
    error = mt.raises(
        ValueError, meter_modbus.open, {"uart": 1, "tx": 1, "rx": 2, "registers": {}}, None
    )
    assert "energy" in str(error)


def test_the_transceiver_sends_only_while_we_send():
    meter, app, line = metered(de=4)
    pin = fake_chip.pins[4]
    levels = []
    line.answer = lambda data: levels.append(pin.level)
    line.flush = lambda: levels.append(pin.level)
    poll(meter, app, 20)
    assert levels == [1, 1]
    assert pin.level == 0


# -- thermistors

NTC = {"pins": (36,), "beta": 3950, "derate_c": 70, "max_c": 90}


def millivolts(celsius, beta=3950):
    r = 10000 * math.exp(beta * (1 / (celsius + 273.15) - 1 / 298.15))
    return 3300 * r / (r + 10000)


def test_temperatures_by_beta():
    for celsius in (-20, 0, 25, 60, 85, 110):
        dc = ntc.celsius_dc(int(millivolts(celsius) * 1000), NTC)
        assert abs(dc - celsius * 10) <= 2


def test_temperatures_by_steinhart_and_hart():
    params = {"steinhart": (1.009249e-3, 2.378405e-4, 2.019202e-7), "pull_ohm": 10000}
    assert abs(ntc.celsius_dc(1_650_000, params) - 250) <= 5


def test_open_shorted_and_out_of_range_are_unknown():
    for uv in (0, 142_000, 159_999, 3_050_001, 3_100_000, 3_300_000):
        assert ntc.celsius_dc(uv, NTC) == ntc.UNKNOWN
    # at the very ends of what the converter can tell
    assert ntc.celsius_dc(160_000, {"beta": 3950, "r0_ohm": 2000}) != ntc.UNKNOWN
    assert ntc.celsius_dc(3_050_000, {"beta": 3950, "r0_ohm": 100000}) != ntc.UNKNOWN
    assert ntc.celsius_dc(int(millivolts(140) * 1000), NTC) == ntc.UNKNOWN


def test_the_cable_carries_less_when_it_is_hot_and_nothing_when_unknown():
    part = ntc.open(NTC, None)
    app = App()
    for celsius, low, high in ((25, 1000, 1000), (69, 1000, 1000), (80, 480, 520), (91, 0, 0)):
        fake_chip.analog[36] = millivolts(celsius)
        poll(part, app, 1000)
        name, da, ttl_ms = app.one.limits.claims
        assert name == "cable"
        assert low <= da <= high
        assert ttl_ms == 5000
    for dead in (0, 3300):
        fake_chip.analog[36] = dead
        poll(part, app, 1000)
        assert app.one.limits.claims[1] == 0
        assert part.temp_dc == ntc.UNKNOWN


def test_the_station_s_own_limits_take_the_claim_and_let_it_go_stale():
    limits = RealLimits(("board", "cable"))
    limits.claim("board", 1000)
    app = App()
    app.one.limits = limits
    part = ntc.open(NTC, None)
    fake_chip.analog[36] = millivolts(80)
    poll(part, app, 1000)
    limits.resolve(100, 7000)
    assert limits.source == "cable"
    assert 480 <= limits.limit_da <= 520
    limits.resolve(4800, 7000)
    assert limits.limit_da > 0
    limits.resolve(101, 7000)
    assert limits.limit_da == 0


def test_the_hottest_of_several_counts_and_one_unknown_makes_all_unknown():
    params = dict(NTC)
    params["pins"] = (36, 39)
    part = ntc.open(params, None)
    app = App()
    fake_chip.analog.update({36: millivolts(30), 39: millivolts(80)})
    poll(part, app, 1000)
    assert abs(part.temp_dc - 800) < 5
    fake_chip.analog[36] = 3300
    poll(part, app, 1000)
    assert part.temp_dc == ntc.UNKNOWN


def test_board_data_that_cannot_be_shows_at_boot():
    for change in ({"max_c": 70}, {"pins": (25,)}, {"beta": None}):
        params = dict(NTC)
        params.update(change)
        mt.raises((ValueError, TypeError), ntc.open, params, None)


# -- lamps


def lamp(app, part, name, pin):
    """A second of the lamp, an eighth a character."""
    line = ""
    for _ in range(8):
        part.poll(app, 125)
        line += "#" if fake_chip.pins[pin].level else "."
    return line


def test_lamps_say_what_happens():
    app = App()
    part = status_led.open({"charge": 4, "network": 15, "fault": 13}, None)
    part.poll(app, 125 * 7)
    part.step = 7
    for status, charge, fault in (
        ("Available", "........", "........"),
        ("Preparing", "####....", "........"),
        ("Charging", "########", "........"),
        ("SuspendedEV", "#.#.....", "........"),
        ("Finishing", "#.......", "........"),
        ("Faulted", "........", "#.#.#.#."),
        ("Unavailable", "........", "#......."),
    ):
        app.one.status = status
        assert lamp(app, part, "charge", 4) == charge
        assert lamp(app, part, "fault", 13) == fault
    for linked, registration, network in (
        (False, "Accepted", "........"),
        (True, "Pending", "####...."),
        (True, "Accepted", "########"),
    ):
        app.cp.linked = linked
        app.cp.registration = registration
        assert lamp(app, part, "network", 15) == network
    app.cp = None
    assert lamp(app, part, "network", 15) == "........"


def test_lamps_may_be_missing_or_active_low():
    app = App()
    part = status_led.open({"charge": ~4}, None)
    assert fake_chip.pins[4].level == 1
    app.one.status = "Charging"
    part.poll(app, 125)
    assert fake_chip.pins[4].level == 0


# -- the buzzer


class Io:
    reads = 0


def test_tones_for_cards_charges_and_faults():
    app = App()
    io = Io()
    part = buzzer.open({"pin": 14, "pwm": True}, io)
    poll(part, app, 200)
    pwm = fake_chip.PWM.made[-1]
    assert pwm.tones == []
    io.reads += 1
    poll(part, app, 200)
    assert pwm.tones == [(2400, 32768), (2400, 0)]
    del pwm.tones[:]
    app.listeners[topics.TX_STARTED](None)
    poll(part, app, 1000)
    assert [hz for hz, duty in pwm.tones if duty] == [1600, 2400]
    del pwm.tones[:]
    app.listeners[topics.STATUS](1)
    poll(part, app, 1000)
    assert pwm.tones == []
    app.one.status = "Faulted"
    app.listeners[topics.STATUS](1)
    poll(part, app, 2000)
    assert [duty for _, duty in pwm.tones] == [32768, 0] * 3


def test_a_buzzer_with_its_own_oscillator():
    app = App()
    io = Io()
    part = buzzer.open({"pin": ~14}, io)
    pin = fake_chip.pins[14]
    assert pin.level == 1
    io.reads += 1
    poll(part, app, 20)
    assert pin.level == 0
    poll(part, app, 100)
    assert pin.level == 1

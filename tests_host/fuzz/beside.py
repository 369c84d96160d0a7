"""Which readers take what comes from beside the station: buses, meters, cards, people, flash?

As readers.py, which has the table.
"""

import os

from fuzz import stands

_PLC_IDS = tuple(range(0x10, 0x48)) + (0x9000,)


# -- what stands beside the station


def plc(data):
    """Frames of a gun's PLC, identities in segments among them."""
    from canproto import plc as reader
    from canproto import segments

    one = reader.Plc()
    parts = segments.Segments()
    for at in range(0, len(data) - 9, 10):
        can_id = _PLC_IDS[data[at] % len(_PLC_IDS)] << 4 | data[at] & 15
        frame = data[at + 2 : at + 10]
        if data[at + 1] & 3:  # a right checksum gets further
            frame = frame[:7] + bytes((stands.crc8(frame, 7),))
        heard = one.receive(can_id, frame, 8 if data[at + 1] & 4 else data[at + 1] >> 4)
        assert reader.number_of(can_id) == can_id & 15 or not heard or can_id >> 8 == 3
        if heard & reader.SEGMENT:
            whole = parts.receive(can_id, frame)
            assert whole is None or 0 < len(whole) <= 40


def rivot(data):
    """Frames of a battery and of a charger module."""
    from canproto import rivot as reader

    one = reader.Rivot()
    ids = tuple(reader._KIND)
    for at in range(0, len(data) - 9, 10):
        frame = data[at + 2 : at + 10]
        one.receive(ids[data[at] % len(ids)], frame, data[at + 1] if data[at + 1] < 8 else 8)
        assert -1 <= one.bms_vmax_dv <= 2000 and -1 <= one.bms_imax_da <= 6000
        assert one.bms_permit in (0, 1) and -1 <= one.tlm_v_dv <= 2000


def maxwell(data):
    """Answers of a power module."""
    from canproto import maxwell as reader

    for at in range(0, len(data) - 7, 8):
        frame = data[at : at + 8]
        register = reader.register_of(frame, 8)
        if register >= 0:
            assert -1 <= reader.tenths(frame, register) <= 15000
            reader.severe(frame)


def modbus(data):
    """The replies of an energy meter, by the driver."""
    meter = stands.meter(data)
    for _ in range(30):
        meter.poll(stands.App, 100)
    assert 0 <= meter.age_ms <= 86_400_000 and meter.energy_wh >= 0 and meter.voltage_dv >= 0


def slcan(data):
    """Lines of a CAN adapter."""
    driver = stands.slcan(data)
    driver.pump()
    out = [0, 0, memoryview(bytearray(8)), 0, 0]
    for _ in range(300):
        frame = driver.recv(out)
        if frame is None:
            break
        assert 0 <= frame[0] < 1 << 29


def card(data):
    """What a card reader sends."""
    for form in ("rdm6300", "text"):
        shown = []
        stands.reader(data, form, shown).poll(None, 100)
        for uid in shown:
            assert 0 < len(uid) <= 20


# -- what a person or the flash says


def config(data):
    """config.json, however damaged: a station always has its settings."""
    from core.config import Config
    from ocppj.v16 import keys as v16
    from station import keys

    for name in ("config.json", "config.bak"):
        with open(name, "wb") as f:
            f.write(data)
    conf = Config("config.json", (keys.KEYS, v16.KEYS), stands.ignore)
    assert isinstance(conf.get("MeterValueSampleInterval"), int)
    assert isinstance(conf.get("CsmsUrl"), str) and conf.get("HeartbeatInterval") >= 0
    os.remove("config.json")


def console(data):
    """Keys of a terminal, and the commands that come of them."""
    shell = stands.shell()
    shell.feed(data.replace(b"\x01", b"") + b"\x03")
    assert shell.session.open or b"quit" in data


def machine(data):
    """A tool at the console."""
    shell = stands.shell(True)
    shell.feed(data)


def page(data):
    """What is sent to the set-up page: stored is all of it or nothing."""
    status, stored = stands.post(data)
    assert status in (200, 400, 403) and (stored or status != 200)


def record(data):
    """A record of the journal."""
    import record as reader

    found = reader.unpack(data)
    assert found is None or isinstance(found, list)


def date(data):
    """A date of OCPP."""
    from ocppj import datetime

    found = datetime.parse(stands.text(data))
    assert found is None or isinstance(found, int)

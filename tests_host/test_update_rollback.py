"""Do journal and configuration of a newer build survive the way back to the one before it?

A newer build writes a configuration of a later format and records of a kind, a version and with
fields that this build does not know. This one runs again, charges, delivers and changes settings;
then the newer one must find all of its own as it left it. docs/updates.md, "On trial".
"""

import binascii
import json

import pytest

import power_scenarios as stories
import record
from power_disk import Disk, in_place
from power_world import Play, Settings
from v16_station import core_settings, log

NEWER = record.VERSION + 1


def newer(fields):
    """A record of the next version."""
    body = bytes((NEWER,)) + json.dumps(fields).encode()
    return body + binascii.crc32(body).to_bytes(4, "little")


CONFIG = {
    "MeterValueSampleInterval": "5",
    "HeartbeatInterval": "PT5M",  # said in another way than this build can read
    "TariffTable": {"a": [1, 2, 3]},  # a setting that it does not know
}
KEPT = {
    "journal/k0000003": newer(["a kind of record of its own"]),
    "journal/tariff": b"no record at all",
    "journal/s0000005": newer({"cid": 1, "tag": "N1", "wh": 5}),  # a charge, said anew
    "journal/d0000005": newer(["its readings"]),
    "journal/m0000006": newer(["a sample"]),
    "journal/g0000005b": b"its meter's signature",
    "certs/post-quantum.bin": b"key",
}


@pytest.fixture(autouse=True)
def _in_place():
    with in_place():
        yield


def rolled_back():
    """A Play of this build on the flash that the newer one has left."""
    files = {"config.json": json.dumps({"version": 2, "values": CONFIG}).encode(), **KEPT}
    return Play(files)


def config(play):
    return json.loads(play.disk.files["config.json"])


def test_nothing_of_it_is_lost_and_this_build_charges():
    p = rolled_back()
    w = p.boot().online()
    assert w.config.get("MeterValueSampleInterval") == 5
    assert "HeartbeatInterval" not in w.config.values  # the default; the file has the newer one
    assert not w.config.faults
    stories.charge(w)
    stories.leave(w)
    w.pass_time(5)
    (start,), (stop,) = p.books.of("StartTransaction"), p.books.of("StopTransaction")
    assert start[1]["idTag"] == "A1" and stop[1]["idTag"] == "A1"
    assert len(p.books.of("MeterValues")) >= 2
    assert KEPT.items() <= p.disk.files.items()
    assert "journal/a0000005" not in p.disk.files  # nor is it taken for damaged


def test_numbers_of_messages_do_not_meet_those_of_the_newer_build():
    p = rolled_back()
    w = p.boot().online()
    first = w.cp.box.tail
    stories.charge(w)
    stories.leave(w)
    assert first > 6 and w.cp.box.tail > first


def test_a_changed_setting_does_not_cost_the_others():
    p = rolled_back()
    w = p.boot().online()
    answer = w.call("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "7"})
    assert answer == {"status": "Accepted"}
    w = p.reboot().online()
    assert w.config.get("MeterValueSampleInterval") == 7
    assert config(p) == {"version": 2, "values": {**CONFIG, "MeterValueSampleInterval": "7"}}
    assert p.disk.files["config.bak"] == p.disk.files["config.json"]


def test_over_a_power_cut_in_a_charge_too():
    p = rolled_back()
    w = p.boot().online()
    stories.charge(w)
    w = p.reboot().online()
    w.pass_time(5)
    assert [s["reason"] for _, s in p.books.of("StopTransaction")] == ["PowerLoss"]
    assert KEPT.items() <= p.disk.files.items() and config(p)["values"] == CONFIG


def test_fields_that_a_newer_build_puts_behind_those_of_a_charge_stay():
    """The same version with more in it: what this build reads and writes keeps the rest."""
    p = Play()
    w = p.boot(**stories.OFFLINE)
    w.pass_time(16)
    stories.charge(w)
    (name,) = [n for n in p.disk.files if n.startswith("journal/s")]
    fields = record.unpack(p.disk.files[name])
    fields += [0, None, None][len(fields) - 11 :] + ["more"]
    assert len(fields) == 15
    disk = Disk({**p.disk.files, name: record.pack(fields)})
    p = Play(disk.files)
    w = p.boot()
    w.pass_time(2)
    fields = record.unpack(p.disk.files[name])
    assert fields[12] == "PowerLoss" and fields[14] == "more"


def test_the_newer_build_again_finds_its_configuration(monkeypatch):
    """As version 2 of the format reads it: its own, nothing is migrated twice."""
    p = rolled_back()
    w = p.boot().online()
    w.call("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "7"})
    monkeypatch.setattr(core_settings, "VERSION", 2)
    log.hidden.clear()
    c = Settings(lambda topic, key: None)
    assert c.values["MeterValueSampleInterval"] == 7
    assert config(p)["values"] == {**CONFIG, "MeterValueSampleInterval": "7"}
    assert KEPT.items() <= p.disk.files.items()

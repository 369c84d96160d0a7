"""What does the register of a connector's faults hold, for how long, and what does it say?"""

import pytest

from station import faults

STEP_MS = 100


@pytest.fixture
def made():
    return faults.Faults()


def passes(made, ms, found=0):
    for _ in range(ms // STEP_MS):
        made.step(STEP_MS, found)


def test_a_fault_that_ends_the_charge_is_held_for_ten_seconds(made):
    made.step(STEP_MS, faults.MODULE_LOST)
    assert made.mask == faults.MODULE_LOST
    passes(made, faults.HOLD_MS - STEP_MS)
    assert made.mask == faults.MODULE_LOST
    passes(made, STEP_MS)
    assert made.mask == 0


def test_the_hold_begins_anew_when_the_cause_comes_back(made):
    made.step(STEP_MS, faults.MODULE_LOST)
    passes(made, 9000)
    made.step(STEP_MS, faults.MODULE_LOST)
    passes(made, 9900)
    assert made.mask == faults.MODULE_LOST
    passes(made, 100)
    assert made.mask == 0


def test_what_only_suspends_is_let_go_at_once_and_does_not_count_for_what_is_held(made):
    made.step(STEP_MS, faults.HOT)
    assert made.mask == faults.HOT
    made.step(STEP_MS, 0)
    assert made.mask == 0
    # Time that passes while nothing fatal is gone is no part of a later hold.
    for _ in range(150):
        made.step(STEP_MS, faults.HOT)
        made.step(STEP_MS, 0)
    made.step(STEP_MS, faults.MODULE_LOST)
    passes(made, 9900)
    assert made.mask == faults.MODULE_LOST


@pytest.mark.parametrize("bit", [faults.EMERGENCY_STOP, faults.WELDED])
def test_a_latch_waits_for_a_person(made, bit):
    made.assess(bit, True)
    made.step(STEP_MS, bit)
    made.assess(bit, False)
    passes(made, 60_000)
    made.unplugged()
    assert made.mask == bit
    assert made.clear() == 0


def test_a_latch_whose_cause_holds_stays(made):
    made.assess(faults.EMERGENCY_STOP, True)
    made.step(STEP_MS, 0)
    assert made.clear() == faults.EMERGENCY_STOP


def test_the_batterys_own_faults_stay_until_it_is_unplugged(made):
    made.step(STEP_MS, faults.OVER_VOLTAGE)
    passes(made, 60_000)
    assert made.mask == faults.OVER_VOLTAGE
    made.unplugged()
    assert made.mask == 0
    made.step(STEP_MS, faults.OVER_VOLTAGE)
    made.unplugged()
    assert made.mask == faults.OVER_VOLTAGE, "it is still there"


BITS = (
    "EMERGENCY_STOP INPUTS_LOST CAN_LOST OVER_VOLTAGE OVER_CURRENT UNDER_VOLTAGE "
    "NOT_FOLLOWING MODULE_LOST WELDED HIGH_TEMPERATURE TEMPERATURE_UNKNOWN "
    "LOCK_FAILURE BMS_SILENT HOT METER_LOST GUN_ESTOP EARTH UNSAFE PILOT PLC_LOST"
).split()


def test_each_fault_has_a_bit_of_its_own_and_a_row():
    rows = []
    for place, name in enumerate(BITS):
        assert getattr(faults, name) == 1 << place, name
        rows.append(faults.row(1 << place))
    # The stop of one gun is reported as that of the station is.
    assert len({row[0] for row in rows}) == len(BITS) - 1
    assert rows[BITS.index("EARTH")][1] == "GroundFailure"
    assert faults.names((1 << len(BITS)) - 1) == [row[0] for row in rows]
    with pytest.raises(IndexError):
        faults.row(1 << len(BITS))

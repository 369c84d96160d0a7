"""GetCompositeSchedule: what the CSMS is told of the limits to come (S 5.7, 6.21, 6.22)."""

import pytest

from charging_bench import Charging, profile
from v16_bench import Bench

MAX = "ChargePointMaxProfile"
TX = "TxProfile"


def test_from_the_second_of_its_receipt_to_the_end_of_the_duration():
    """S 5.7/1, E 3.28, E 3.29, E 3.57: startSchedule is not in it (E 3.57)."""
    b = Charging()
    b.set(0, profile(start=b.wall, periods=[(0, 16), (100, 8), (200, 4)]))
    b.run(50)
    answer = b.schedule(1, 150)
    assert answer == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": b.iso(),
        "chargingSchedule": {
            "duration": 150,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.0},
                {"startPeriod": 50, "limit": 8.0},
            ],
        },
    }
    assert b.composite(1, 151) == [(0, 16), (50, 8), (150, 4)]


def test_purposes_are_combined_by_their_minimum_and_intervals_split():
    """S 3.13.3/1."""
    b = Charging()
    b.charge()
    b.set(0, profile(1, MAX, start=b.wall, periods=[(0, 20), (150, 6), (250, 32)]))
    b.set(1, profile(2, TX, start=b.wall, periods=[(0, 16), (100, 25), (300, 10)]))
    assert b.composite(1, 400) == [(0, 16), (100, 20), (150, 6), (250, 25), (300, 10)]


def test_equal_neighbours_are_one_period():
    """S 5.7/1."""
    b = Charging()
    b.set(0, profile(1, start=b.wall, periods=[(0, 16), (10, 16), (20, 8), (30, 8), (40, 16)]))
    b.set(0, profile(2, MAX, start=b.wall, periods=[(0, 16), (25, 8)]))
    assert b.composite(1, 100) == [(0, 16), (20, 8)]


def test_a_profile_that_starts_later_is_in_it():
    """S 5.7/1, U 24: https://github.com/EVerest/libocpp/issues/609."""
    b = Charging()
    b.set(0, profile(1, level=0, periods=[(0, 16)]))
    b.set(0, profile(2, level=1, start=b.wall + 60, duration=30, periods=[(0, 8)]))
    b.set(0, profile(3, level=2, periods=[(0, 4)], valid=(b.wall + 70, b.wall + 80)))
    assert b.composite(1, 200) == [(0, 16), (60, 8), (70, 4), (80, 8), (90, 16)]


def test_recurrences_come_as_often_as_they_fall_into_the_duration():
    """S 5.7/1."""
    b = Charging()
    b.set(0, profile(1, start=b.wall - 10, daily=True, periods=[(0, 10), (43200, 20)]))
    assert b.composite(1, 2 * 86400) == [
        (0, 10),
        (43190, 20),
        (86390, 10),
        (129590, 20),
        (172790, 10),
    ]


def test_a_duration_of_nothing():
    """S 5.7/1, U 24: https://github.com/EVerest/libocpp/issues/1169: the limit of now, in one
    period.
    """
    b = Charging()
    b.set(0, profile(periods=[(0, 16), (1, 8)], start=b.wall))
    assert b.schedule(1, 0)["chargingSchedule"]["duration"] == 0
    assert b.composite(1, 0) == [(0, 16)]
    assert b.composite(1, 1) == [(0, 16)]
    assert b.composite(1, 2) == [(0, 16), (1, 8)]


def test_without_profiles_it_is_what_the_station_can_do():
    """E 3.30, U 24: Never an empty list (https://github.com/evcc-io/evcc/pull/14888)."""
    b = Charging(connectors=2)
    assert b.composite(1, 60, "A") == [(0, 100)]
    assert b.composite(0, 60, "A") == [(0, 200)]
    assert b.composite(1, 60) == [(0, 8550)]  # W, at VoltageMax


def test_the_total_of_connector_0():
    """E 3.30: the sum of what the connectors may take, at most ChargePointMaxProfile."""
    b = Charging(connectors=2)
    b.charge("A1", 1)
    b.set(1, profile(1, TX, periods=[(0, 10)]))
    b.set(2, profile(2, periods=[(0, 15)]))
    assert b.composite(0, 60) == [(0, 25)]
    b.set(0, profile(3, MAX, start=b.wall, periods=[(0, 32), (20, 20)]))
    assert b.composite(0, 60) == [(0, 25), (20, 20)]
    b.clear(id=1)  # connector 1 takes what it can, 100 A
    assert b.composite(0, 60) == [(0, 32), (20, 20)]


def test_a_station_profile_alone_is_the_total():
    """E 3.30."""
    b = Charging(connectors=2)
    b.set(0, profile(3, MAX, periods=[(0, 32)]))
    assert b.composite(0, 60) == [(0, 32)]
    assert b.composite(1, 60) == [(0, 32)]
    b.set(0, profile(3, MAX, periods=[(0, 300)]))  # more than the ratings, 2 x 100 A
    assert b.composite(0, 60) == [(0, 300)]
    b.config.set("CompositeLocalLimits", "true")
    assert b.composite(0, 60) == [(0, 200)]


def test_one_unit_is_asked_for():
    """E 3.69: converted at VoltageMax, down."""
    b = Charging()
    b.set(0, profile(periods=[(0, 10)]))
    assert b.composite(1, 60, "W") == [(0, 855)]
    b.set(0, profile(periods=[(0, 1000)], unit="W"))
    assert b.composite(1, 60, "A") == [(0, 11.6)]


def test_mixed_units_are_converted_before_the_minimum():
    """E 3.69."""
    b = Charging()
    b.charge()
    b.set(0, profile(1, MAX, unit="W", start=b.wall, periods=[(0, 1000), (50, 500)]))
    b.set(1, profile(2, TX, start=b.wall, periods=[(0, 10)]))
    assert b.schedule(1, 60)["chargingSchedule"]["chargingRateUnit"] == "W"
    assert b.composite(1, 60) == [(0, 855), (50, 500)]
    assert b.composite(1, 60, "A") == [(0, 10), (50, 5.8)]


def test_amperes_of_the_supply_and_their_phases():
    """E 3.34, E 3.69, S 7.12: ChargingLimitCurrent grid, at SupplyVoltage."""
    b = Charging(ChargingLimitCurrent="grid")
    b.set(0, profile(periods=[(0, 16), (60, 16, 1)], start=b.wall))
    assert b.composite(1, 100, "W") == [(0, 11040), (60, 3680)]
    assert b.composite(1, 100, "A") == [(0, 16), (60, 5.3)]
    assert b.claim("profile") == (None, 11040)
    b.set(0, profile(2, MAX, periods=[(0, 10)], start=b.wall))
    assert b.claim("grid") == (None, 6900)  # power too: nobody's output current
    b.clear(id=2)
    b.config.set("SupplyPhases", "1", "console")
    assert b.claim("profile") == (None, 3680)
    assert b.composite(1, 100, "A") == [(0, 16)]
    rows = b.schedule(1, 100)["chargingSchedule"]["chargingSchedulePeriod"]
    assert rows == [{"startPeriod": 0, "limit": 16.0, "numberPhases": 1}]


def test_what_a_station_can_do_in_amperes_of_its_supply():
    """E 3.30, E 3.69: of the supply, whatever the output can carry."""
    b = Charging(ChargingLimitCurrent="grid", VoltageMax=9500)
    assert b.composite(1, 60, "W") == [(0, 95_000)]  # 100 A at 950 V
    assert b.composite(1, 60, "A") == [(0, 137.6)]  # of each phase of 230 V


def test_phases_mean_nothing_to_an_output_of_dc():
    """E 3.69."""
    b = Charging()
    b.set(0, profile(periods=[(0, 16, 1)]))
    assert b.claim("profile") == (16, None)
    assert b.composite(1, 60) == [(0, 16)]


def test_local_limits_are_taken_into_account_if_wanted():
    """E 3.27."""
    b = Charging()
    b.set(0, profile(periods=[(0, 120), (50, 20)], start=b.wall))
    assert b.composite(1, 60) == [(0, 120), (50, 20)]
    b.config.set("CompositeLocalLimits", "true")
    assert b.composite(1, 60) == [(0, 100), (50, 20)]


def test_a_relative_schedule_counts_as_if_a_charge_began_now():
    """S 7.9."""
    b = Charging()
    b.set(0, profile(periods=[(0, 16), (60, 8)]))
    b.run(300)
    assert b.composite(1, 100) == [(0, 16), (60, 8)]
    b.charge()
    b.run(20)
    assert b.composite(1, 100) == [(0, 16), (40, 8)]


@pytest.mark.parametrize(("cid", "duration"), [(2, 60), (-1, 60), (1, -1)])
def test_what_cannot_be_reported_is_rejected(cid, duration):
    """S 5.7/2, E 3.51: unknown connector; no schedule in the answer."""
    assert Charging().schedule(cid, duration) == {"status": "Rejected"}


def test_without_the_time_there_is_no_schedule():
    """S 5.7/2."""
    b = Bench().start()
    b.csms.boot["status"] = "Pending"
    b.csms.replies["BootNotification"] = lambda payload: {}
    b.online()
    answer = b.call("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    assert answer == {"status": "Rejected"}


def test_an_unknown_unit_is_a_callerror():
    """E 3.24."""
    b = Charging()
    answer = b.call(
        "GetCompositeSchedule", {"connectorId": 1, "duration": 60, "chargingRateUnit": "VA"}
    )
    assert answer[0] == "PropertyConstraintViolation"


def test_a_long_schedule_takes_several_turns_and_other_messages_pass_meanwhile():
    """S 5.7/1, U 20."""
    b = Charging()
    rows = [(n * 60, 5 + n % 40) for n in range(50)]
    b.set(0, profile(1, start=b.wall, daily=True, periods=rows))
    b.asked["long"] = "GetCompositeSchedule"
    b.cp.receive(
        '[2,"long","GetCompositeSchedule",{"connectorId":1,"duration":200000}]', b.clock.now
    )
    assert b.cp.work and b.cp.due(b.clock.now) == 0
    assert b.call("ClearCache") == {"status": "Accepted"}
    b.run(10)
    rows = dict(b.csms.answers)["long"]["chargingSchedule"]["chargingSchedulePeriod"]
    assert len(rows) == 3 * 50
    assert b.cp.work is None


def test_a_schedule_that_no_message_could_hold_is_rejected():
    """S 5.7/2."""
    b = Charging(MessageSizeMax=2048)
    rows = [(n * 60, 5 + n % 40) for n in range(50)]
    b.set(0, profile(1, start=b.wall, daily=True, periods=rows))
    assert b.schedule(1, 3600)["status"] == "Accepted"
    assert b.schedule(1, 10 * 86400) == {"status": "Rejected"}


def test_a_lost_connection_ends_the_work():
    """S 5.7/2."""
    b = Charging()
    rows = [(n * 60, 5 + n % 40) for n in range(50)]
    b.set(0, profile(1, start=b.wall, daily=True, periods=rows))
    b.cp.receive('[2,"x","GetCompositeSchedule",{"connectorId":1,"duration":9999}]', b.clock.now)
    b.offline()
    assert b.cp.work is None
    b.online()
    assert "x" not in dict(b.csms.answers)

"""Do the times of OCPP mean what CPython's datetime says they mean?"""

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rfc3339_validator import validate_rfc3339

from ocppj import datetime as ours

DAY = 86400
RANGE = (0, int(datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()))


def every_kind_of_day():
    """First and last second of every day from 1970 to 2100, and random ones."""
    for day in range(0, RANGE[1], DAY):
        yield day
        yield day + DAY - 1
    rng = random.Random(1)
    for _ in range(5000):
        yield rng.randrange(*RANGE)


def test_every_day_from_1970_to_2100_there_and_back():
    for seconds in every_kind_of_day():
        text = ours.iso(seconds)
        assert text == datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert ours.parse(text) == seconds


def test_the_years_1_to_9999_hold_too():
    rng = random.Random(2)
    first = int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    for seconds in (first, -1, 0, last, *(rng.randrange(first, last) for _ in range(5000))):
        text = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat() + "Z"
        assert ours.iso(seconds) == text
        assert ours.parse(text) == seconds


def test_offsets_and_fractions():
    """S 3.15."""
    rng = random.Random(3)
    for _ in range(5000):
        seconds, micros = rng.randrange(*RANGE), rng.randrange(10**6)
        zone = timezone(timedelta(minutes=rng.randrange(-1439, 1440)))
        moment = datetime.fromtimestamp(seconds, zone) + timedelta(microseconds=micros)
        text = moment.isoformat()
        assert ours.parse(text) == seconds
        assert ours.parse(text, ms=True) == seconds * 1000 + micros // 1000


def test_a_fraction_is_cut_to_milliseconds_and_may_have_any_length():
    """E 3.10."""
    for fraction, ms in (("", 0), (".5", 500), (".05", 50), (".0009", 0), (".999999999999", 999)):
        assert ours.parse("2026-11-20T12:46:00%sZ" % fraction, ms=True) == 1795178760000 + ms
    assert ours.iso(1795178760, 7) == "2026-11-20T12:46:00.007Z"
    assert ours.iso(1795178760, 0) == "2026-11-20T12:46:00.000Z"


def test_the_example_of_the_specification():
    """S 3.15."""
    assert ours.parse("2013-02-01T20:53:32.486Z", ms=True) == 1359752012486


@pytest.mark.parametrize(
    "text",
    """2023-02-29T00:00:00Z 1900-02-29T00:00:00Z 2024-04-31T00:00:00Z 2024-00-01T00:00:00Z
    2024-13-01T00:00:00Z 2024-01-00T00:00:00Z 2024-01-32T00:00:00Z 0000-01-01T00:00:00Z
    2024-01-01T24:00:00Z 2024-01-01T00:60:00Z 2024-01-01T00:00:60Z 2016-12-31T23:59:60Z
    2024-01-01T00:00:00 2024-01-01T00:00:00.Z 2024-01-01T00:00:00.1 2024-01-01T00:00Z
    2024-01-01T00:00:00+01 2024-01-01T00:00:00+0100 2024-01-01T00:00:00+24:00 2024-01-01
    2024-01-01T00:00:00+00:60 2024-01-01T00:00:00+1:00 2024-01-01T00:00:00ZZ 24-01-01T00:00:00Z
    2024-1-01T00:00:00Z +024-01-01T00:00:00Z 2024-01-01X00:00:00Z 2024/01/01T00:00:00Z
    2024-01-01T00:00:00,5Z 2024-01-01T00:00:00.-5Z ２024-01-01T00:00:00Z 2024-01-01T00:00:0²Z
    2024-01-01T00:00:00.²Z 2024-01-01T00:00:00+²1:00 2024-01-01T-1:00:00Z now 0 Z T""".split(),
)
def test_what_is_no_date_time_is_none(text):
    assert not validate_rfc3339(text.upper())
    assert ours.parse(text) is None


def test_empty_and_padded_texts_are_none():
    good = "2024-01-01T00:00:00Z"
    assert ours.parse(good) == 1704067200
    for text in ("", " ", " " + good, good + " ", good + "\n", good.replace("T", " "), good * 2):
        assert ours.parse(text) is None


def test_random_damage_is_judged_as_by_the_validator_of_jsonschema():
    rng = random.Random(4)
    for _ in range(20_000):
        text = rng.choice(("2024-02-29T23:59:59.123Z", "2000-12-31T10:20:30-11:30"))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(text))
            text = (
                text[:at] + rng.choice("0123456789-:.TtZz+ ") * rng.randrange(3) + text[at + 1 :]
            )
        assert (ours.parse(text) is not None) == validate_rfc3339(text.upper()), text


def test_the_day_of_the_week():
    assert ours.weekday(0) == 3  # 1 January 1970 was a Thursday
    assert ours.weekday(-1) == 2
    for day in range(0, RANGE[1], DAY * 5 + 1):
        assert ours.weekday(day) == datetime.fromtimestamp(day, UTC).weekday()

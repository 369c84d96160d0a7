"""Charging profiles against an oracle that looks at every second (S 3.13, E 3.43-3.45, 3.79)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import profile_oracle as oracle
from charging_bench import Charging, profile
from ocppj import allowance, composite, profiles
from ocppj.v16 import profile as v16_profile
from v16_bench import WALL

VOLTS = oracle.Fraction(855, 10)
LOCAL = {"A": 1000, "W": 85500}
X = WALL + 2  # the second after the registration
SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def schedules(draw, spread):
    """A random profile whose changes lie near X."""
    gaps = draw(st.lists(st.integers(1, spread), max_size=4))
    starts = [0]
    for gap in gaps:
        starts.append(starts[-1] + gap)
    limit = st.integers(0, 400).map(lambda n: n / 10)
    periods = [(start, draw(limit)) for start in starts]
    kind = draw(st.sampled_from(("relative", "absolute", "daily", "weekly")))
    start = None
    if kind != "relative":
        days = {"daily": 1, "weekly": 7}.get(kind, 0) * 86400
        start = X + draw(st.integers(-spread, spread)) - days * draw(st.integers(0, 2))
    moment = st.none() | st.integers(-spread, spread).map(lambda n: X + n)
    valid = draw(st.tuples(moment, moment))
    if None not in valid and valid[0] >= valid[1]:
        valid = (None, valid[1])
    lasting = st.integers(1, 2 * spread)
    if kind in ("daily", "weekly"):
        lasting |= st.integers(86300, 90000) | st.just(700_000)
    return profile(
        draw(st.integers(1, 9)),
        draw(st.sampled_from(("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"))),
        draw(st.integers(0, 1)),
        periods,
        unit=draw(st.sampled_from("AW")),
        start=start,
        duration=draw(st.none() | lasting),
        daily=kind == "daily",
        weekly=kind == "weekly",
        valid=valid,
    )


def installed(b, drawn):
    """Install what is legal at connectors 0 to 2; the same for the oracle."""
    kept = []
    for cid, body in drawn:
        purpose = body["chargingProfilePurpose"]
        connector = b.station.connector(cid) if cid else None
        tx = profiles.charge(connector)[0]
        if purpose == "ChargePointMaxProfile" and cid or purpose == "TxProfile" and tx < 0:
            continue
        data = v16_profile.build(b.cp, cid, body, tx)
        assert isinstance(data, bytearray)
        assert profiles.put(b.cp, data, 30)
        new = oracle.Installed(cid, body, tx if tx >= 0 else None, b.wall)
        kept = oracle.install(kept, new)
    b.cp.limit()
    return kept


def charges(b, cids):
    """(cid, transaction, when it began) of connectors, for the oracle."""
    out = []
    for cid in cids:
        tx, zero = profiles.charge(b.station.connector(cid))
        out.append((cid, tx, None) if zero is None else (cid, tx, b.clock.wall_at(zero)))
    return out


@SLOW
@given(
    st.lists(st.tuples(st.integers(0, 2), schedules(900)), max_size=8),
    st.integers(0, 2),
    st.integers(0, 1800),
    st.sampled_from("AW"),
    st.integers(0, 1000),
)
def test_the_composite_schedule_is_that_of_every_second(drawn, cid, duration, unit, begun):
    """S 3.13.3/1."""
    b = Charging(connectors=2)
    b.clock.now += begun
    b.charge("A1", 1)
    b.clock.zero -= begun  # the charge began `begun` seconds before X
    kept = installed(b, drawn)
    cids = (1, 2) if cid == 0 else (cid,)
    local = LOCAL[unit]
    expected = oracle.composite(kept, charges(b, cids), b.wall, duration, unit, VOLTS, local)
    assert [(at, round(limit * 10)) for at, limit in b.composite(cid, duration, unit)] == expected


@SLOW
@given(
    st.lists(st.tuples(st.integers(0, 2), schedules(60)), max_size=6),
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_the_claims_follow_every_second(drawn, start, length):
    """S 3.13.3/1: Event-driven: nothing is computed between breakpoints, and yet every second is
    right.
    """
    b = Charging(connectors=2)
    b.charge("B2", 2)
    kept = installed(b, drawn)
    evaluations = []
    limit = b.cp.limit
    b.cp.limit = lambda session=None: (evaluations.append(session), limit(session))
    for second in range(130):
        if second == start:
            b.charge("A1", 1)
        if second == start + length:
            b.stop(1)
        for cid, tx, began in charges(b, (1, 2)):
            found = oracle.own(kept, cid, tx, b.wall, b.wall if began is None else began)
            amps, watts = b.claim("profile", cid)
            if found is None:
                assert (amps, watts) == (None, None)
            elif found[1] == "A":
                assert (round(amps * 10), watts) == (oracle.math.floor(found[0] * 10), None)
            else:
                assert (amps, watts) == (None, oracle.math.floor(found[0]))
        shared(b, oracle.top(kept, b.wall))
        b.run(1)
    assert len(evaluations) <= 2 + 20 * len(kept)


def shared(b, found):
    """ChargePointMaxProfile bounds what the charging connectors draw together (S 3.13.3)."""
    claims = [b.claim("grid", cid) for cid in (1, 2)]
    if found is None:
        assert claims == [(None, None)] * 2
        return
    index, most = (0, found[0]) if found[1] == "A" else (1, int(found[0]))
    assert all(claim[1 - index] is None for claim in claims)
    amounts = [oracle.Fraction(str(claim[index])) for claim in claims]
    busy = [c.id for c in b.station.connectors if c.session is not None]
    assert sum(amounts[cid - 1] for cid in busy) <= most
    if len(busy) == 1:  # who is alone gets it all, up to what it may
        mine = b.claim("profile", busy[0])[index]
        able = oracle.Fraction(LOCAL[found[1]], 10)
        if mine is not None:
            able = min(able, oracle.Fraction(str(mine)))
        assert amounts[busy[0] - 1] == min(most, able // 1 if index else able)


def packed(kind=composite.ABSOLUTE, start=1000, duration=composite.NEVER, valid=None, rows=None):
    rows = rows or [(0, 100, 3), (60, 200, 3), (300, 50, 1)]
    valid = valid or (0, composite.NEVER)
    return profiles.pack(1, kind, composite.A, 1, 0, 7, start, -1, valid, duration, rows)


def said(p, t, zero=None):
    """(tenths or None or 'invalid', until)."""
    place, until = composite.segment(p, t, zero)
    if place <= 0:
        return ("invalid" if place < 0 else None), until
    return composite.struct.unpack_from("<I", p, place + 4)[0], until


def test_a_period_lasts_to_the_second_before_the_next():
    """S 5.16.4/1."""
    p = packed()
    assert said(p, 999) == (None, 1000)
    assert said(p, 1000) == (100, 1060)
    assert said(p, 1059) == (100, 1060)
    assert said(p, 1060) == (200, 1300)
    assert said(p, 1299) == (200, 1300)
    assert said(p, 1300) == (50, composite.NEVER)


def test_validity_begins_with_its_first_second_and_ends_before_its_last():
    """S 3.13.2/1."""
    p = packed(valid=(1010, 1070))
    assert said(p, 1009) == ("invalid", 1010)
    assert said(p, 1010) == (100, 1060)
    assert said(p, 1069) == (200, 1070)
    assert said(p, 1070) == ("invalid", composite.NEVER)
    # Its validity ends before its schedule begins, or between two recurrences.
    assert said(packed(valid=(0, 900)), 800) == (None, 900)
    p = packed(composite.DAILY, duration=100, valid=(0, 2000))
    assert said(p, 1100) == (None, 2000)


def test_periods_beyond_the_duration_are_not_run_and_the_last_extends_to_it():
    """S 5.16.4/1."""
    assert said(packed(duration=61), 1060) == (200, 1061)
    assert said(packed(duration=61), 1061) == (None, composite.NEVER)
    assert said(packed(duration=60), 1060) == (None, composite.NEVER)
    assert said(packed(duration=400), 1399) == (50, 1400)
    assert said(packed(duration=400), 1400) == (None, composite.NEVER)


def test_a_recurrence_repeats_at_the_time_of_its_start():
    """E 3.79: every 24 hours or 7 days from startSchedule."""
    for kind, length in ((composite.DAILY, 86400), (composite.WEEKLY, 604800)):
        p = packed(kind, duration=400)
        for n in (0, 1, 5):
            zero = 1000 + n * length
            assert said(p, zero) == (100, zero + 60)
            assert said(p, zero + 399) == (50, zero + 400)
            assert said(p, zero + 400) == (None, zero + length)
            assert said(p, zero + length - 1) == (None, zero + length)
        assert said(p, 999) == (None, 1000)  # not before its start


def test_what_is_longer_than_the_recurrence_is_not_run():
    """E 3.44."""
    p = packed(
        composite.DAILY, duration=200_000, rows=[(0, 100, 3), (86399, 200, 3), (90000, 5, 3)]
    )
    assert said(p, 1000 + 86398) == (100, 1000 + 86399)
    assert said(p, 1000 + 86399) == (200, 1000 + 86400)
    assert said(p, 1000 + 86400) == (100, 1000 + 2 * 86400 - 1)


def test_a_relative_schedule_begins_with_the_charge():
    """S 7.9."""
    p = packed(composite.RELATIVE, 0)
    assert said(p, 5060, 5000) == (200, 5300)
    assert said(p, 4999, 5000) == (None, 5000)
    # No charge: as if one began now, whenever that is.
    assert said(p, 5060) == (100, composite.NEVER)
    assert said(packed(composite.RELATIVE, 0, valid=(0, 9000)), 5060) == (100, 9000)


def test_what_needs_no_time_of_day():
    assert composite.timeless(packed(composite.RELATIVE, 0))
    assert not composite.timeless(packed(composite.RELATIVE, 0, valid=(5, composite.NEVER)))
    assert not composite.timeless(packed(composite.RELATIVE, 0, valid=(0, 9000)))
    assert not composite.timeless(packed(composite.ABSOLUTE))
    assert not composite.timeless(packed(composite.DAILY))
    assert said_lowest(packed()) == 50


def said_lowest(p):
    return composite.struct.unpack_from("<I", p, composite.lowest(p)[0] + 4)[0]


def test_units():
    """E 3.34, E 3.69: and of more phases than there are the limit is taken as given (E 3.34)."""
    convert = composite.convert
    a, w = composite.A, composite.W
    assert convert(160, a, 3, a, 855, 0) == 160
    assert convert(160, a, 1, w, 855, 0) == 13680  # 16 A at 85.5 V, phases mean nothing for DC
    assert convert(13679, w, 3, a, 855, 0) == 159  # down, never up
    assert convert(160, a, 3, w, 2300, 3) == 110400
    assert convert(160, a, 1, w, 2300, 3) == 36800
    assert convert(160, a, 3, w, 2300, 1) == 36800  # not 3 x 16 A on one phase, nor 48 A
    assert convert(110400, w, 3, a, 2300, 3) == 160
    assert convert(160, a, 2, a, 2300, 1) == 160
    assert convert(150, a, 1, a, 2300, 3) == 50


def test_what_all_share():
    """S 3.13.3/2."""
    share = allowance.share
    assert [share(300, [1000, 1000], [0, 1], i) for i in (0, 1)] == [150, 150]
    assert [share(300, [100, 1000], [0, 1], i) for i in (0, 1)] == [100, 200]
    assert [share(300, [1000, 100], [0, 1], i) for i in (0, 1)] == [200, 100]  # in any order
    assert share(300, [1000, 1000], [0], 0) == 300
    assert share(300, [1000, 1000], [0], 1) == 150  # what it would get if it began now
    assert share(301, [1000] * 3, [0, 1, 2], 0) == 100
    assert share(0, [1000, 1000], [0, 1], 1) == 0

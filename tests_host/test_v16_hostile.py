"""A hostile CSMS and line: answers late, lost, twice, out of order, spoilt; lines that break.

Invariants: one CALL at a time (the bench asserts it); every transaction arrives whole, in order,
once per message id; the register never goes back; nothing but Boot before it is accepted.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile_line import Line

STEPS = st.lists(
    st.sampled_from(
        [
            "tag", "stop", "pass", "long", "drop", "join", "deaf", "hear", "error", "fine",
            "late", "twice", "junk", "invalid", "reboot", "pong", "trigger", "list", "file",
            "carried", "limit", "reorder", "cut", "garble", "double", "Pending", "Rejected",
            "Accepted",
        ]
    ),
    min_size=5,
    max_size=40,
)  # fmt: skip


@settings(
    max_examples=70, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(STEPS)
def test_invariants(steps):
    """J 4.1.1/1."""
    check(steps)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_invariants_long(steps):
    """J 4.1.1/1."""
    check(steps)


def check(steps):
    line = Line()
    for step in steps:
        line.play(step)
    for step in ("hear", "drop", "join", "stop", "long", "pong", "drop", "join"):
        line.play(step)
    for _ in range(6):
        line.play("carried")
        line.b.run(200)
    line.collect()
    assert not line.b.cp.notices and not line.b.cp.jobs
    assert "update" not in line.b.store.files
    bodies = {}
    order = []
    for _, action, payload, message_id in line.calls:
        if action in ("StartTransaction", "StopTransaction", "MeterValues"):
            fixed = dict(payload, transactionId=None)
            assert bodies.setdefault(message_id, fixed) == fixed
            if message_id not in order:
                order.append(message_id)
    starts = [i for i in order if "meterStart" in bodies[i]]
    stops = [i for i in order if "meterStop" in bodies[i]]
    assert len(starts) == len(stops)
    register = 0
    for message_id in order:
        body = bodies[message_id]
        for key in ("meterStart", "meterStop"):
            if key in body:
                assert body[key] >= register
                register = body[key]
    kinds = [("s" if i in starts else "e") for i in order if i in starts or i in stops]
    assert kinds == ["s", "e"] * len(starts)
    assert not [n for n in line.b.store.files if n[0] in "smda" and len(n) == 8]
    ids = [
        i
        for _, a, _, i in line.calls
        if a not in ("StartTransaction", "StopTransaction", "MeterValues")
    ]
    assert len(ids) == len(set(ids))

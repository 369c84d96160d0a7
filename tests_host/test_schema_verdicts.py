"""Is the compiled schema's verdict that of the official schemas, on CPython and on both ports?"""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

import schema_oracle as oracle
import schema_payloads as payloads
from ocppj import schema
from ocppj.v16.schemas import BLOB

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = [(action, is_response) for action in oracle.ACTIONS for is_response in (False, True)]

# Run on the port: a line a case, [action, is_response, text, expected error code or null].
ON_PORT = """
import json, sys
from ocppj import schema
from ocppj.v16.schemas import BLOB
wrong = count = 0
for line in open(sys.argv[1]):
    action, is_response, text, expected = json.loads(line)
    found = schema.validate(BLOB, action, is_response, text)
    count += 1
    if (found and found[0]) != expected:
        wrong += 1
        print(action, is_response, text, 'expected', expected, 'found', found)
print(count, 'cases', wrong, 'wrong')
"""


def code(action: str, is_response: bool, text) -> str | None:
    """The error code of our own verdict."""
    violation = schema.validate(BLOB, action, is_response, text)
    if violation is not None:
        assert 0 < len(violation[1]) <= 255
    return violation and violation[0]


def compare(seed: int, count: int) -> int:
    """Hold `count` payloads against jsonschema; returns how many were valid."""
    valid = 0
    for action, is_response, text in payloads.cases(seed, count):
        expected = oracle.first_error(action, is_response, text)
        assert code(action, is_response, text) == expected, (action, is_response, text)
        valid += expected is None
    return valid


def test_all_28_messages_of_1_6_and_11_of_the_security_whitepaper_are_known():
    assert len(oracle.ACTIONS) == 39
    assert schema.validate(BLOB, "Heartbeats", False, "{}")[0] == "NotImplemented"
    assert schema.validate(BLOB, "heartbeat", False, "{}")[0] == "NotImplemented"
    assert schema.validate(BLOB, 'ClearCache"DataTransfer', False, "{}")[0] == "NotImplemented"
    assert schema.validate(BLOB, "", False, "{}")[0] == "NotImplemented"


@pytest.mark.parametrize("action,is_response", MESSAGES)
def test_minimal_and_maximal_payloads_pass(action, is_response):
    """JE 2, E 3.58, E 3.59, E 3.60, E 3.61, E 3.62."""
    root = oracle.official(action, is_response)
    for share, full in ((0, False), (1, False), (1, True)):
        rng = random.Random(7)
        text = payloads.dump(payloads.make(root, root, rng, share, full), rng)
        assert oracle.first_error(action, is_response, text) is None
        assert schema.validate(BLOB, action, is_response, text) is None


@pytest.mark.parametrize("action,is_response", MESSAGES)
def test_each_required_key_is_missed(action, is_response):
    """JE 2."""
    root = oracle.official(action, is_response)
    whole = payloads.make(root, root, random.Random(1), 1)
    for key in root.get("properties", {}):
        text = payloads.dump({k: v for k, v in whole.items() if k != key}, random.Random(0))
        required = key in root.get("required", ())
        expected = "OccurenceConstraintViolation" if required else None
        assert code(action, is_response, text) == expected, key


def test_5000_mutated_payloads_get_the_verdict_and_the_first_error_of_jsonschema():
    """J 4.2.3/2."""
    assert 1000 < compare(16, 5000) < 3000  # both verdicts are well represented


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_100000_mutated_payloads(seed):
    """J 4.2.3/2."""
    compare(1000 + seed, 10_000)


@pytest.mark.parametrize("bits", (32, 64))
def test_the_ports_give_the_same_verdicts(bits, request, tmp_path):
    port = request.getfixturevalue(f"micropython{bits}")
    vectors, script = tmp_path / "vectors", tmp_path / "on_port.py"
    with vectors.open("w") as file:
        for action, is_response, text in payloads.cases(32, 4000):
            expected = oracle.first_error(action, is_response, text)
            print(json.dumps([action, is_response, text, expected], ensure_ascii=False), file=file)
    script.write_text(ON_PORT)
    command = [port, "-X", "heapsize=400k", script, vectors]
    environment = {**os.environ, "MICROPYPATH": str(ROOT / "lib")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert (done.stdout[-2000:], done.stderr) == ("4000 cases 0 wrong\n", "")

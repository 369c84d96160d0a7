"""Does the MicroPython test runner tell a pass from a failure, a crash and a hang?"""

import ast

import pytest

from mpy_runner import host

FILE = """
# heapsize: 200k
# timeout: 2
import asyncio, os, sys, mt
log = []

def setup():
    log.append("setup")

def teardown():
    log.append("teardown")

def test_passes():
    print("seen")
    assert 1 + 1 == 2
    assert log == ["setup"]

def test_values():
    x = {"a": 1}
    assert x["a"] == 2

def test_message():
    assert [1,
        2] == [3], "own words"

async def test_async():
    await asyncio.sleep_ms(1)
    assert await three() == 4

async def three():
    return 3

def test_is_killed():
    os.system("kill -9 $PPID")

def test_hangs():
    sys.stdout.write("no newline")
    while True:
        pass

def test_memory():
    bytearray(10_000_000)

def test_skips():
    mt.skip("no such device")

def test_exits():
    sys.exit(0)

def test_base_exception():
    raise BaseException("reset")

def test_raises():
    assert "invalid" in str(mt.raises(ValueError, int, "x"))

def test_does_not_raise():
    mt.raises(ValueError, int, "1")

def test_scratch():
    assert os.listdir() == []
    assert log.count("setup") == log.count("teardown") + 1

def helper_of_tests():
    pass
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("mt") / "mt_sample.py"
    path.write_text(FILE)
    return host.TestFile(path)


@pytest.fixture(scope="module", params=[64, 32])
def verdicts(request, file):
    binary = request.getfixturevalue(f"micropython{request.param}")
    return file.run(binary, list(file.tests()))


def test_every_test_function_is_found_with_its_line(file):
    tests = file.tests()
    assert list(tests)[0] == "test_passes" and list(tests)[-1] == "test_scratch"
    assert FILE.splitlines()[tests["test_hangs"] - 1] == "def test_hangs():"
    assert "helper_of_tests" not in tests


def test_comment_lines_set_the_options(file):
    assert (file.heapsize, file.timeout_s, file.mark) == ("200k", 2, None)


def test_every_test_has_a_verdict(file, verdicts):
    outcomes = {name: verdict.outcome for name, verdict in verdicts.items()}
    passed = {"test_passes", "test_raises", "test_scratch"}
    assert outcomes == {name: "fail" for name in file.tests()} | {"test_skips": "skip"} | {
        name: "pass" for name in passed
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_values", "AssertionError: 1 == 2"),
        ("test_message", "AssertionError: own words"),
        ("test_async", "AssertionError: 3 == 4"),
        ("test_is_killed", "died of signal 9"),
        ("test_hangs", "no end within 2 s"),
        ("test_memory", "MemoryError"),
        ("test_skips", "no such device"),
        ("test_exits", "SystemExit: 0"),
        ("test_base_exception", "BaseException: reset"),
        ("test_does_not_raise", "no ValueError raised; the result is 1"),
    ],
)
def test_a_verdict_says_why(verdicts, name, text):
    assert text in verdicts[name].text


def test_a_traceback_names_the_line_of_the_test_file(verdicts):
    line = FILE.splitlines().index('    assert x["a"] == 2') + 1
    assert f'mt_sample.py", line {line}, in test_values' in verdicts["test_values"].text
    assert "mpy_runner" not in verdicts["test_values"].text


def test_what_a_test_prints_is_kept(verdicts):
    assert verdicts["test_passes"].output == "seen\n"


@pytest.mark.parametrize("code", ["import no_such_module", "def test_x(:"])
def test_a_file_that_cannot_be_loaded_fails_all_its_tests(tmp_path, micropython64, code):
    path = tmp_path / "mt_broken.py"
    path.write_text("def test_a(): pass\ndef test_b(): pass\n")
    file = host.TestFile(path)
    file.source = code
    verdicts = file.run(micropython64, ["test_a", "test_b"])
    assert [verdict.outcome for verdict in verdicts.values()] == ["fail", "fail"]


def test_a_port_that_cannot_start_fails_the_tests(file, tmp_path):
    fake = tmp_path / "micropython"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    verdicts = file.run(fake, ["test_passes"])
    assert "exited with 3" in verdicts["test_passes"].text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert a == b", '_check_(a, "==", b)'),
        ("assert a not in b", '_check_(a, "not in", b)'),
        ("assert a is  not None", '_check_(a, "is not", None)'),
        ("assert 'é' + a == b", "_check_('é' + a, \"==\", b)"),
        ("assert a == [\n  b]", '_check_(a, "==", [\n  b])'),
        ("assert a ==\\\n  b", "assert a ==\\\n  b"),
        ("assert (a) == b", "assert (a) == b"),
        ("assert (a ==\n b)", "assert (a ==\n b)"),
        ("assert a < b < c", "assert a < b < c"),
        ("assert a == b, c", "assert a == b, c"),
        ("assert a", "assert a"),
    ],
)
def test_asserts_are_explained_and_lines_kept(before, after):
    source = f"x = 1\n{before}\n"
    assert host.explain_asserts(source, ast.parse(source)) == f"x = 1\n{after}\n"

"""How does pytest run the tests that live on MicroPython, and where are the ports?

Each `def test_*` (or `async def`) of a tests_host/mpy/mt_*.py file becomes two items, [64] and
[32], run by the Unix port of that word size. tests_host/README.md says how to write them.
"""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mpy_runner import host
from tools import micropython

_VERDICTS = pytest.StashKey[dict]()

# What a shell starts in the background ignores Ctrl-C, and so would every child that a test ends.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test fails for how busy the machine is, or once in a hundred runs: the default suite draws the
# same examples every time, `make test-long` draws new ones.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("suite", derandomize=True, **_PATIENT)
settings.register_profile("long", **_PATIENT)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def micropython64() -> Path:
    """The 64-bit Unix port."""
    return _port(64)


@pytest.fixture(scope="session")
def micropython32() -> Path:
    """The 32-bit Unix port with single-precision floats."""
    return _port(32)


def _port(bits: int) -> Path:
    try:
        return micropython.path(bits)
    except micropython.BuildError as error:
        pytest.fail(str(error), pytrace=False)


def pytest_pycollect_makemodule(module_path, parent):
    """Takes the mt_*.py files, which CPython cannot import."""
    if module_path.name.startswith("mt_"):
        return MpyFile.from_parent(parent, path=module_path)
    return None


class MpyFile(pytest.File):
    """A mt_*.py file."""

    def collect(self):
        """Every test twice: on the 64-bit and on the 32-bit port."""
        self.test_file = host.TestFile(self.path)
        for name, line in self.test_file.tests().items():
            for bits in (64, 32):
                item = MpyItem.from_parent(self, name=f"{name}[{bits}]")
                item.function_name, item.bits, item.line = name, bits, line
                item.add_marker(pytest.mark.xdist_group(f"{self.path.stem}-{bits}"))
                if self.test_file.mark:
                    item.add_marker(self.test_file.mark)
                yield item


class MpyFailure(Exception):
    """Carries what MicroPython said."""


class MpyItem(pytest.Item):
    """One test function on one port."""

    def runtest(self):
        """Takes this test's verdict; the first of a file and port runs them all in one process."""
        verdicts = self.config.stash.setdefault(_VERDICTS, {})
        key = (self.path, self.bits)
        if self.function_name not in verdicts.get(key, {}):
            wanted = [
                item.function_name
                for item in self.session.items
                if isinstance(item, MpyItem) and (item.path, item.bits) == key
            ]
            verdicts[key] = self.parent.test_file.run(_port(self.bits), wanted)
        verdict = verdicts[key][self.function_name]
        if verdict.output:
            self.add_report_section("call", "stdout", verdict.output)
        if verdict.outcome == "skip":
            pytest.skip(verdict.text)
        if verdict.outcome != "pass":
            raise MpyFailure(verdict.text)

    def repr_failure(self, excinfo):
        """The MicroPython traceback instead of ours."""
        if isinstance(excinfo.value, MpyFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        """Where the test stands."""
        return self.path, self.line - 1, self.name

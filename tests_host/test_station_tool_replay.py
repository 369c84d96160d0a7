"""Does a candump log play into the simulated charger? (part A 4; design section 7)"""

import pytest

from patience import eventually
from test_station_tool_cli import Tool, ask

# A battery of 84.0 V and 60.0 A that permits charging and says SoC 61.0 %.
LOG = "".join(f"(1700000000.{n}00000) can0 1806E5F4#0348025800026200\n" for n in range(10))


def test_a_recorded_battery_is_heard(tmp_path):
    log = tmp_path / "drive.log"
    log.write_text("# a comment\n" + LOG)
    with Tool("--replay", log) as tool:
        port = tool.first_line()["control"]

        def soc():
            return ask(port, "status --json")["result"]["connectors"][0]["soc"]

        eventually(lambda: soc() == 61, soc)


@pytest.mark.parametrize("content", [None, "no frame in here\n"])
def test_a_log_that_cannot_be_played_is_named(tmp_path, content):
    log = tmp_path / "bad.log"
    if content:
        log.write_text(content)
    with Tool("--replay", log) as tool:
        first = tool.first_line()
        assert first["ready"] is False and str(log) in first["error"]
        assert tool.end()[0] == 2


def test_a_log_needs_a_bus_of_our_own(tmp_path):
    with Tool("--replay", "x", "--no-plant", "--can", "slcan://127.0.0.1:1") as tool:
        assert "--replay" in tool.first_line()["error"]

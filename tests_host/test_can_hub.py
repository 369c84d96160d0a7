"""Is the hub a bus: for the firmware's driver, for python-can, for the plant, all at once?"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import can
import pytest

from can_bench import Bench, receive
from tools.sim.canframe import Frame, parse_candump, parse_slcan

HERE = Path(__file__).parent
LOG = """\
(1700000000.000000) can0 1806E5F4#0348025800000000
(1700000000.050000) can0 00433F01#4298EB853FE8F5C3
not a line
(1700000000.060000) can0 123##3112233
(1700000000.100000) can0 7FF#R
(1700000000.100000) can0 123#R3
(1700000000.120000) can0 00473F01#0000000000000302
"""


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


# --- python-can at the other end ---


def test_python_can_sends_to_the_plant(bench):
    bus = bench.python_can()
    bus.send(can.Message(arbitration_id=0x1806E5F4, data=bytes.fromhex("0348025800000000")))
    bus.send(can.Message(arbitration_id=0x123, data=b"\x01", is_extended_id=False))
    bus.send(can.Message(arbitration_id=0x1FFFFFFF, is_remote_frame=True, dlc=8))
    bench.wait(lambda: len(bench.seen) == 3)
    assert bench.seen == [
        Frame(0x1806E5F4, bytes.fromhex("0348025800000000"), True, False, 8),
        Frame(0x123, b"\x01", False, False, 1),
        Frame(0x1FFFFFFF, b"", True, True, 8),
    ]


def test_the_plant_sends_to_python_can(bench):
    bus = bench.python_can()
    assert bench.call(bench.port.send, 0x00433F01, bytes.fromhex("4298EB853FE8F5C3"))
    bench.call(bench.port.send, 0x7FF, b"", False)
    bench.call(bench.port.send, 0x123, b"\0\0\0", False, True)
    messages = [receive(bus) for _ in range(3)]
    assert [(m.arbitration_id, bytes(m.data), m.is_extended_id, m.dlc) for m in messages] == [
        (0x00433F01, bytes.fromhex("4298EB853FE8F5C3"), True, 8),
        (0x7FF, b"", False, 0),
        (0x123, b"", False, 3),
    ]
    assert messages[2].is_remote_frame


def test_every_node_but_the_sender_hears_a_frame_once(bench):
    one, two = bench.python_can(), bench.python_can()
    one.send(can.Message(arbitration_id=0x10, data=b"\x01"))
    assert receive(two).arbitration_id == 0x10
    assert receive(one, 0.1) is None
    assert receive(two, 0.1) is None
    assert [frame.can_id for frame in bench.seen] == [0x10]


def test_python_can_reads_version_and_serial_number(bench):
    bus = bench.python_can()
    assert bus.get_version(2) == (10, 13)
    assert bus.get_serial_number(2) == "HUB1"


def test_a_cut_bus_passes_nothing_and_mends(bench):
    one, two = bench.python_can(), bench.python_can()
    bench.call(bench.hub.cut, True)
    one.send(can.Message(arbitration_id=0x10))
    assert bench.call(bench.port.send, 0x11, b"") is False
    assert receive(two, 0.1) is None
    assert bench.seen == []
    bench.call(bench.hub.cut, False)
    one.send(can.Message(arbitration_id=0x12))
    assert receive(two).arbitration_id == 0x12


# --- the adapter's commands, byte for byte ---


async def dialogue(hub, *commands):
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    answers = []
    for command in commands:
        writer.write(command)
        await asyncio.sleep(0.02)
        answers.append(await reader.read(100))
    writer.close()
    return answers


CASES = [
    (b"\r", b"\r"), (b"t1000\r", b"\x07"), (b"S5\r", b"\r"), (b"F\r", b"\x07"), (b"O\r", b"\r"),
    (b"S5\r", b"\x07"), (b"t1000\r", b"z\r"), (b"T000000010\r", b"Z\r"), (b"F\r", b"F00\r"),
    (b"t12\r", b"\x07"), (b"t8000\r", b"\x07"), (b"x\r", b"\x07"), (b"V\r", b"V1013\r"),
    (b"N\r", b"NHUB1\r"), (b"Z0\r", b"\r"), (b"M00000000\r", b"\r"), (b"C\r", b"\r"),
    (b"L\r", b"\r"), (b"t1000\r", b"\x07"),
]  # fmt: skip


def test_the_lawicel_commands(bench):
    answers = bench.run(dialogue(bench.hub, *[command for command, _ in CASES]))
    assert answers == [answer for _, answer in CASES]


def test_a_cut_bus_shows_in_the_answers(bench):
    bench.call(bench.hub.cut, True)
    answers = bench.run(dialogue(bench.hub, b"O\r", b"t1000\r", b"F\r"))
    assert answers == [b"\r", b"\x07", b"FA4\r"]  # bus error, passive, warning


def test_a_client_that_does_not_read_loses_frames_and_is_told(bench):
    async def flood():
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.hub.port, limit=64)
        writer.write(b"O\r")
        assert await reader.readexactly(1) == b"\r"
        client = next(port for port in bench.hub.ports if getattr(port, "open", False))
        for n in range(400_000):
            bench.port.send(n & 0x7FF, b"12345678")
            if client.lost:
                break
        assert client.lost and client.status == 0x09
        assert b"F09" in client.command(b"F")
        assert client.command(b"F") == b"F00\r"
        writer.close()

    bench.run(flood())


# --- bus time ---


def test_frames_take_their_time_and_the_lowest_id_wins():
    bench = Bench(bit_rate=10_000)

    async def burst():
        for can_id in (0x300, 0x100, 0x200):
            bench.port.send(can_id, b"12345678")
        await asyncio.sleep(0)

    other = []
    bench.hub.attach(other.append)
    begin = time.monotonic()
    bench.run(burst())
    bench.wait(lambda: len(other) == 3)
    seconds = time.monotonic() - begin
    assert [frame.can_id for frame in other] == [0x100, 0x200, 0x300]
    assert seconds >= 3 * 131 / 10_000
    bench.close()


def test_a_base_frame_beats_an_extended_one_of_the_same_11_bits():
    bench = Bench(bit_rate=100_000)
    other = []
    bench.hub.attach(other.append)

    async def burst():
        bench.port.send(0x100 << 18, b"")
        bench.port.send(0x100, b"", False)
        bench.port.send(0x0FF << 18 | 0x3FFFF, b"")

    bench.run(burst())
    bench.wait(lambda: len(other) == 3)
    assert [frame.extended for frame in other] == [True, False, True]
    assert other[0].can_id >> 18 == 0x0FF
    bench.close()


# --- candump logs ---


def test_a_replayed_log_reaches_every_node_with_its_spacing():
    bench = Bench(speed=2)
    begin = time.monotonic()
    assert bench.run(bench.hub.replay(LOG.splitlines())) == 5
    assert time.monotonic() - begin >= 0.06
    assert [(f.can_id, f.data.hex(), f.extended, f.remote) for f in bench.seen] == [
        (0x1806E5F4, "0348025800000000", True, False),
        (0x00433F01, "4298eb853fe8f5c3", True, False),
        (0x7FF, "", False, True),
        (0x123, "", False, True),
        (0x00473F01, "0000000000000302", True, False),
    ]
    bench.close()


@pytest.mark.parametrize("line", LOG.splitlines()[:2] + LOG.splitlines()[4:])
def test_candump_lines_come_out_as_they_went_in(line):
    stamp, frame = parse_candump(line)
    assert frame.candump(stamp) == line


def test_python_can_reads_what_the_hub_dumps(tmp_path):
    frames = [Frame(0x1806E5F4, b"12345678"), Frame(0x7FF, b"", False), Frame(1, b"\xab")]
    path = tmp_path / "hub.log"
    path.write_text("".join(f.candump(1700000000 + n) + "\n" for n, f in enumerate(frames)))
    with can.LogReader(path) as log:
        read = [(m.arbitration_id, bytes(m.data), m.is_extended_id) for m in log]
    assert read == [(f.can_id, f.data, f.extended) for f in frames]


@pytest.mark.parametrize(
    "line", ["", "t", "t12", "t1239", "t8000", "T200000000", "t1231", "t12311", "t1231GG", "R123"]
)
def test_malformed_slcan_lines_are_none(line):
    assert parse_slcan(line.encode()) is None


# --- the command line ---


def test_the_command_line_replays_a_log_and_dumps_the_bus(tmp_path):
    log = tmp_path / "in.log"
    log.write_text(LOG)
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.sim.hub", "--replay", log, "--speed", "10", "--dump"],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr.readline().startswith("slcan://127.0.0.1:")
        bodies = [process.stdout.readline().split()[2] for _ in range(5)]
        classic = [line for line in LOG.splitlines() if line.startswith("(") and "##" not in line]
        assert bodies == [line.split()[2] for line in classic]
        assert process.stderr.readline() == "replayed 5 frames\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

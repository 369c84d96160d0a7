"""Does the firmware's slcan driver, in a MicroPython process, share a bus with everybody else?"""

import os
import select
import subprocess
import time
from pathlib import Path

import can
import pytest

from can_bench import Bench, receive
from patience import PATIENCE_S
from tools.sim.canframe import Frame

HERE = Path(__file__).parent


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def start_node(port, *where):
    """can_node.py on a Unix port."""
    path = f"{HERE.parent / 'firmware'}:{HERE.parent / 'lib'}:.frozen"
    return subprocess.Popen(
        [port, HERE / "mpy/can_node.py", *where],
        env=os.environ | {"MICROPYPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


def end_node(process):
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture(params=["micropython64", "micropython32"])
def node(request, bench):
    """(bench, process): the node is on the bench's bus."""
    port = request.getfixturevalue(request.param)
    process = start_node(port, "127.0.0.1", str(bench.hub.port))
    yield bench, process
    end_node(process)


def test_firmware_python_can_and_plant_share_a_bus(node):
    bench, process = node
    assert process.stdout.readline() == "1\n"
    bus = bench.python_can()
    for can_id, data, extended in (
        (0x1806E5F4, b"\x01\x02\x03\x04\x05\x06\x07\x08", True),
        (0x122, b"\xab\xcd", False),
        (0x10, b"", True),
    ):
        bus.send(can.Message(arbitration_id=can_id, data=data, is_extended_id=extended))
        echo = receive(bus)
        assert (echo.arbitration_id, bytes(echo.data)) == (can_id ^ 1, data[::-1])
        assert echo.is_extended_id == extended
    bench.wait(lambda: len(bench.seen) == 6)  # the plant has heard both
    bus.send(can.Message(arbitration_id=0x1FFFFFFF))
    assert process.wait(PATIENCE_S) == 0


def test_a_thousand_frames_back_to_back_all_come_back_in_order(node):
    bench, process = node
    assert process.stdout.readline() == "1\n"
    for start in range(0, 1000, 25):  # a quarter second of a full 250 kbit/s bus
        for n in range(start, start + 25):
            bench.call(bench.port.send, n << 1, n.to_bytes(8, "big"))
        bench.wait(lambda end=start + 25: len(bench.seen) >= end)
    assert [(f.can_id, f.data) for f in bench.seen] == [
        (n << 1 | 1, n.to_bytes(8, "big")[::-1]) for n in range(1000)
    ]


def test_the_firmware_sees_a_cut_bus_a_lost_hub_and_both_come_back(node):
    bench, process = node
    assert process.stdout.readline() == "1\n"
    bench.call(bench.hub.cut, True)
    assert process.stdout.readline() == "3\n"  # error passive
    bench.call(bench.hub.cut, False)
    assert process.stdout.readline() == "1\n"
    bench.call(bench.hub.drop_clients)
    assert process.stdout.readline() == "4\n"  # bus-off
    assert process.stdout.readline() == "1\n"
    bench.call(bench.port.send, 0x20, b"\x07")
    bench.wait(lambda: bench.seen)
    assert bench.seen == [Frame(0x21, b"\x07", True, False, 1)]


@pytest.mark.parametrize("bits", ["micropython64", "micropython32"])
def test_the_firmware_drives_a_serial_adapter(request, bits):
    """A pseudo terminal whose other end answers as an adapter: the hub's own commands do."""
    master, slave = os.openpty()
    process = start_node(request.getfixturevalue(bits), os.ttyname(slave))
    try:
        heard = read_until(master, b"O\r")
        assert heard.startswith(b"\rC\rS5\rO\r")
        assert process.stdout.readline() == "1\n"
        os.write(master, b"\r\r\r\rT1806E5F4")
        time.sleep(0.05)  # a line may come in two reads
        os.write(master, b"20102\rz\r")
        assert b"T1806E5F520201\r" in read_until(master, b"T1806E5F520201\r")
        os.write(master, b"F20\r")
        assert process.stdout.readline() == "3\n"
        os.write(master, b"T1FFFFFFF0\r")
        assert process.wait(PATIENCE_S) == 0
    finally:
        end_node(process)
        os.close(master)
        os.close(slave)


def read_until(fd, text, seconds=PATIENCE_S):
    heard = b""
    end = time.monotonic() + seconds
    while text not in heard:
        assert time.monotonic() < end, heard
        if select.select([fd], [], [], 0.1)[0]:
            heard += os.read(fd, 1000)
    return heard

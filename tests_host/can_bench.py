"""What do the CAN tests put on a bench? A hub in a thread, python-can nodes, a plant's port."""

import asyncio
import threading
import time

import can

from patience import PATIENCE_S, eventually
from tools.sim.canframe import Frame
from tools.sim.hub import Hub


class Bench:
    """A hub in a thread of its own, and what an attached port has seen."""

    def __init__(self, **options):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.hub = Hub(**options)
        self.run(self.hub.start())
        self.seen: list[Frame] = []
        self.port = self.hub.attach(self.seen.append)
        self.buses = []

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_S)

    def call(self, function, *args):
        async def inside():
            return function(*args)

        return self.run(inside())

    def python_can(self):
        bus = can.Bus(
            interface="slcan",
            channel=f"socket://127.0.0.1:{self.hub.port}",
            bitrate=250000,
            sleep_after_open=0,
        )
        self.buses.append(bus)
        clients = len(self.buses)
        self.wait(lambda: sum(getattr(p, "open", False) for p in set(self.hub.ports)) >= clients)
        return bus

    @staticmethod
    def wait(condition):
        eventually(condition)

    def close(self):
        for bus in self.buses:
            bus.shutdown()
        self.run(self.hub.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)


def receive(bus, seconds=PATIENCE_S):
    """python-can returns None also for an acknowledge it has read: ask again until the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = bus.recv(0.05)
        if message is not None:
            return message
    return None

"""How does a station live for days with TLS? Runs on MicroPython: life.py with a real line.

    tls_life.py URL PROFILE DAYS    each day is virtual, each of its connections a real one

Three times a day the line is lost and made anew by net/dial: certificates, handshake, WebSocket, a
message there and back. Prints [live bytes, largest free block] of every midnight as JSON.
"""

import asyncio
import gc
import json
import sys
import time

import life

import lazy


class Log:
    """What fails is said where the test sees it."""

    def warn(self, text, *args):
        """To standard error."""
        print("warn", text % args, file=sys.stderr)

    error = warn


class App:
    """What net/dial asks."""

    cp = None  # the charge point of the life
    settings = {}

    class clock:
        """mbedtls goes by the clock of the machine."""

        wall = staticmethod(lambda: int(time.time()))

    class config:
        """The settings of a connection."""

        get = staticmethod(lambda key: App.settings[key])


class Life(life.Life):
    """Its line is a real one; what it says of its own is answered as in life.py."""

    ws = None
    count = 0

    def online(self, on):
        """The line goes, or comes again."""
        if self.ws:
            asyncio.run(self._leave())
        if on:
            App.cp = self.cp
            asyncio.run(self._come())
        super().online(on)

    async def _leave(self):
        self.ws.drop("")
        self.ws = None
        await asyncio.sleep_ms(5)  # its watchdog ends

    async def _come(self):
        self.ws = await lazy.load("net.dial").dial(App, Log())
        lazy.drop("net.dial")
        await self.ws.send_str("day %d" % self.count)
        message = await self.ws.receive()
        assert message.data == "heard day %d" % self.count, message.data
        message.data = None
        self.count += 1


def largest():
    """Bytes of the largest free block."""
    low, high = 0, gc.mem_free()
    while high - low > 256:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
    return low


def main(url, profile, days):
    """Live."""
    App.settings = {
        "Identity": "CP-0001",
        "AuthorizationKey": "00" * 16,
        "MessageSizeMax": 12288,
        "WebSocketPingInterval": 60,
        "SecurityProfile": profile,
        "CsmsUrl": url,
    }
    one = Life()
    for _ in range(days):
        for _ in range(3):
            one.online(False)
            one.run(90)
            one.online(True)
            one.charge(120)
            one.run(86400 // 3 - 90 - 150)
        gc.collect()
        gc.collect()
        print(json.dumps([gc.mem_alloc(), largest()]))
    one.online(False)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

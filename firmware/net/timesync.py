"""What time is it on the network? SNTP (RFC 4330) over UDP, without stopping anything.

An answer counts only if it repeats the random number that was sent as our time stamp, comes from
a server that says it is in step itself, and is not before the last time that this station knew.
Imported for the moment of a question.
"""

import asyncio
import os
import socket
from errno import EAGAIN

from net import resolve

_WAIT_MS = 3000
_LOOK_MS = 20
_ERA_S = 1 << 32
_TO_UNIX_S = 2208988800  # from 1900 to 1970


async def run(link, servers) -> bool:
    """Ask each server until one answers, and set the clock. False: nobody did."""
    clock = link.app.clock
    for name in servers:
        link.app.supervisor.beat("link")
        try:
            address, port = await resolve.lookup(name, 123)
            epoch_s = await ask(address, port, clock.floor)
        except OSError as e:
            epoch_s = None
            link.log.warn("time server %s: %s", name, str(e))
        if epoch_s and clock.set_wall(epoch_s, "sntp"):
            link.log.info("time by %s", name)
            return True
    return False


async def ask(address, port, floor):
    """Unix seconds by the server at an address, rounded; None when there is no good answer."""
    cookie = os.urandom(8)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.connect(socket.getaddrinfo(address, port)[0][-1])
        sock.send(b"\x23" + bytes(39) + cookie)  # version 4, client
        for waited in range(0, _WAIT_MS, _LOOK_MS):
            await asyncio.sleep_ms(_LOOK_MS)
            try:
                data = sock.recv(68)
            except OSError as e:
                if e.errno != EAGAIN:
                    return None  # nobody listens there
                continue
            epoch_s = told(data, cookie, waited, floor)
            if epoch_s:
                return epoch_s
    finally:
        sock.close()
    return None


def told(data, cookie, waited_ms, floor):
    """Unix seconds of an answer, half the way it took added; None if it is none to trust."""
    if len(data) < 48 or data[24:32] != cookie:
        return None
    if data[0] & 7 != 4 or data[0] >> 6 == 3 or not 0 < data[1] < 16:
        return None  # no server, not in step itself, or a kiss of death
    seconds = int.from_bytes(data[40:44], "big")
    if seconds == 0:
        return None
    # Tenths: 2^32 and the fraction do not fit a float of the chip.
    seconds += (data[44] * 1000 // 256 + waited_ms // 2 + 500) // 1000 - _TO_UNIX_S
    while seconds < floor - 86400:  # the count wraps in 2036
        seconds += _ERA_S
    return seconds

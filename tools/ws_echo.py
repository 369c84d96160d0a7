"""Which WebSocket test suite can measure the client? Any that talks to this echo client.

    micropython -X heapsize=512m tools/ws_echo.py "ws://127.0.0.1:9001/runCase?case=1&agent=galvani"

Connects to the URL, echoes every message of up to 16 MiB, and ends with exit code 0 when the
server closes the connection, in whatever way; with 1 if no connection could be made. Run by
MicroPython (the client is firmware, it does not run on CPython), from any directory.
"""

import sys

_HERE = sys.path[0] or "."  # MicroPython puts the folder of the script there
sys.path[0:1] = [_HERE + "/../firmware", _HERE + "/../lib"]

import asyncio  # noqa: E402

from net.websocket import WSError, ws_connect  # noqa: E402
from ws.frames import BINARY, TEXT  # noqa: E402


async def echo(url):
    """Echo until the server closes."""
    ws = await ws_connect(url, max_message=16 * 1024 * 1024, ping_interval_s=0)
    try:
        async for msg in ws:
            if msg.type == TEXT:
                await ws.send_str(msg.data)
            elif msg.type == BINARY:
                await ws.send_bytes(msg.data)
    except WSError as e:
        print("closed while sending:", e, file=sys.stderr)
    await ws.close()


def main(argv):
    """Run the echo client; return the exit code."""
    if len(argv) != 2:
        print("usage: micropython -X heapsize=512m ws_echo.py URL", file=sys.stderr)
        return 1
    try:
        asyncio.run(echo(argv[1]))
    except (WSError, ValueError) as e:
        print("no connection:", e, file=sys.stderr)
        return 1
    return 0


sys.exit(main(sys.argv))

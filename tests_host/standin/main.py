"""A tiny station for tests of the bench: console, inputs and outputs, time, a TCP connection.

It is not the firmware: it shows what the bench does to any program on the Unix port.
"""

import asyncio
import json
import os
import socket
import time

import board

from drivers import io_tcp

COUNT = "starts"


class App:
    pass


class Beats:
    def beat(self, name):
        pass


def starts():
    try:
        with open(COUNT) as f:
            count = int(f.read())
    except OSError:
        count = 0
    with open(COUNT, "w") as f:
        f.write(str(count + 1))
    return count + 1


async def command(words):
    io = App.io
    name = words[0]
    if name == "status":
        return json.dumps(
            {
                "id": "standin",
                "starts": App.starts,
                "plug": io.plug(1),
                "estop": io.estop(),
                "lock": io.lock(1),
                "alive": io.alive,
                "ticks": time.ticks_diff(time.ticks_ms(), App.begin),
                "wall": time.time(),
            }
        )
    if name == "tag":
        return str(io.next_tag())
    if name == "contactor":
        io.contactor(1, words[1] == "on")
    elif name == "lock":
        io.lock_set(1, words[1] == "on")
    elif name == "sleep":
        await asyncio.sleep_ms(int(words[1]))
    elif name == "hang":
        while True:
            pass
    elif name == "reset":
        raise SystemExit(3)
    elif name == "bite":
        try:
            os.mkdir("journal")
        except OSError:
            pass
        os.system("echo bite > journal/dog; kill -9 $PPID")
    elif name == "config":
        try:
            with open("config.json") as f:
                return f.read()
        except OSError:
            return ""  # nothing was set
    elif name == "dial":
        return await dial(words[1], int(words[2]))
    elif name == "say":
        App.stream.write(words[1].encode() + b"\n")
        await App.stream.drain()
    elif name == "hear":
        return (await App.stream.readline()).decode().strip()
    elif name == "hangup":
        await App.stream.wait_closed()
    else:
        return "unknown: " + " ".join(words)
    return ""


async def dial(host, port):
    try:
        address = socket.getaddrinfo(host, port)[0][-1]
        App.stream, _ = await asyncio.open_connection(host, port)
    except OSError as e:
        return "error %d" % e.errno
    return "connected %d" % (address != socket.getaddrinfo("127.0.0.1", board.CONSOLE_PORT)[0][-1])


async def client(reader, writer):
    await reader.readexactly(1)
    while True:
        line = await reader.readline()
        if not line:
            return
        writer.write((await command(line.decode().split())).encode() + b"\n\x04")
        await writer.drain()


async def main():
    App.supervisor = Beats()
    App.io = io_tcp.open({"host": board.IO[0], "port": int(board.IO[1])}, 1)
    App.begin = time.ticks_ms()
    asyncio.create_task(App.io.run(App))
    await asyncio.start_server(client, "127.0.0.1", board.CONSOLE_PORT)
    await asyncio.Event().wait()


def run():
    App.starts = starts()
    asyncio.run(main())

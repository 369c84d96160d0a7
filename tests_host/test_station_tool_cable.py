"""What passes the bench's network cable, and what does not? (design section 7, power and net)"""

import asyncio
import contextlib

import pytest

from bench_world import Client, bench, scenario, until
from patience import PATIENCE_S


@contextlib.asynccontextmanager
async def csms():
    """A server outside: (port, list of (reader, writer) as they come)."""
    arrived = []
    server = await asyncio.start_server(lambda r, w: arrived.append((r, w)), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], arrived


@scenario
async def test_connections_of_the_station_pass_the_cable_both_ways(tmp_path):
    async with csms() as (port, arrived), bench(tmp_path) as (_, client, _ready):
        assert (await client.output("dial localhost %d" % port)).startswith("connected")
        await client.ask("say hello")
        await until(lambda: asyncio.sleep(0, arrived))
        reader, writer = arrived[0]
        assert await reader.readline() == b"hello\n"
        writer.write(b"world\n")
        assert await client.output("hear") == "world"
        await client.ask("hangup")
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""


@scenario
async def test_a_pulled_cable_loses_packets_without_fin_and_the_socket_stays_dead(tmp_path):
    async with csms() as (port, arrived), bench(tmp_path) as (_, client, _ready):
        await client.output("dial localhost %d" % port)
        await until(lambda: asyncio.sleep(0, arrived))
        reader, writer = arrived[0]
        assert await client.ask("net off") == {"ok": True}
        assert (await client.ask("state"))["net"] is False
        await client.ask("say lost")
        await client.ask("net on")
        await client.ask("say lost-too")
        await client.ask("hangup")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.5)
        assert (await client.output("dial localhost %d" % port)).startswith("connected")
        await client.ask("say back")
        await until(lambda: asyncio.sleep(0, len(arrived) == 2))
        assert await arrived[1][0].readline() == b"back\n"
        writer.close()


@scenario
async def test_a_connect_without_a_cable_hangs(tmp_path):
    async with csms() as (port, arrived), bench(tmp_path) as (_, client, ready):
        await client.ask("net off")
        other = await Client().dial(ready["control"])
        dialling = asyncio.create_task(other.ask("dial localhost %d" % port))
        await asyncio.wait({dialling}, timeout=1)
        assert not dialling.done() and not arrived
        dialling.cancel()


@scenario
async def test_a_power_cut_says_nothing_to_the_network(tmp_path):
    async with csms() as (port, arrived), bench(tmp_path) as (_, client, ready):
        await client.output("dial localhost %d" % port)
        await until(lambda: asyncio.sleep(0, arrived))
        await client.ask("power off")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(arrived[0][0].read(1), 0.5)


@scenario
async def test_an_unknown_name_and_a_closed_port_are_errors_at_once(tmp_path):
    async with csms() as (port, _):
        pass
    async with bench(tmp_path) as (_, client, _ready):
        assert await client.output("dial no-such-host.invalid 80") == "error -2"
        await client.output("dial localhost %d" % port)
        assert await client.output("hear") == ""

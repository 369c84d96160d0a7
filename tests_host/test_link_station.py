"""Does a whole station with a (faked) radio go the way WiFi, time, central system?"""

import asyncio
import json
import time

from websockets.asyncio.server import serve

from patience import PATIENCE_S
from test_core_console import Station
from test_pages import prelude

SETTINGS = {"WiFiSsid": "home", "WiFiPassword": "secret123", "NtpServers": "127.0.0.1"}


def central(met):
    """A central system that notes when somebody comes, and accepts him."""

    async def talk(ws):
        met.append(time.monotonic())
        async for text in ws:
            message = json.loads(text)
            if message[0] == 2 and message[2] == "BootNotification":
                now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                payload = {"status": "Accepted", "interval": 300, "currentTime": now}
                await ws.send(json.dumps([3, message[1], payload]))

    return serve(talk, "127.0.0.1", 0, subprotocols=["ocpp1.6"], open_timeout=PATIENCE_S)


async def until(condition, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end
        await asyncio.sleep(0.2)


async def scenario(port, cwd):
    met = []
    late = prelude() + "\nair.networks['home'].dhcp_ms = 3000\n"
    async with central(met) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        began = time.monotonic()
        with Station(port, cwd, late, CsmsUrl=url, **SETTINGS) as station:

            def status():
                return json.loads(station.ask("status --json"))

            def accepted():
                return status()["csms"]["registration"] == "Accepted"

            await until(accepted)
            assert met[0] - began > 4  # association and DHCP, no attempt before
            log = await asyncio.to_thread(station.ask, "logs 100")
            assert log.index("address 192.168.1.20") < log.index("connected to the CSMS")
            assert "no connection" not in log
            shown = await asyncio.to_thread(station.ask, "status")
            assert "network wifi home: 192.168.1.20, signal -57 dBm" in shown
            tasks = await asyncio.to_thread(station.ask, "tasks")
            assert "link runs" in tasks


def test_the_central_system_is_called_when_there_is_a_network(
    micropython64, tmp_path, monkeypatch
):
    monkeypatch.delenv("GALVANI_HTTP", raising=False)
    asyncio.run(scenario(micropython64, tmp_path))


def test_a_fixed_address_that_is_none_is_refused_on_the_console(
    micropython64, tmp_path, monkeypatch
):
    monkeypatch.delenv("GALVANI_HTTP", raising=False)
    with Station(micropython64, tmp_path, prelude(), **SETTINGS) as station:
        answer = station.ask("config set NetAddress 10.0.0.5")
        assert "error" in answer and "expected" in answer
        good = "10.0.0.5,255.255.255.0,10.0.0.1,10.0.0.1"
        assert "counts after" in station.ask(f"config set NetAddress {good}")

"""Can somebody with a phone set the station up, and look at it? (parts provision, statuspage)

The whole firmware on the Unix port with a faked radio (tests_host/mpy/fakes/fake_network.py); the
browser is httpx.
"""

import contextlib
import json
import re
from pathlib import Path

import httpx
import pytest

from patience import PATIENCE_S, eventually
from test_core_console import Station
from tools.sim.bench import reserved_port

ROOT = Path(__file__).parent.parent
# A radio whose time is the real one, and an access point that is noted in the file `ap`.
RADIO = """
import sys, time
sys.path[:0] = %r
import fake_network as f
class vtime:
    def elapsed_ms():
        return time.ticks_ms()
f.vtime = vtime
air = f.install()
air.networks["home"] = f.Network("secret123", -57)
def changed():
    ap = f.WLAN.one.get(1)
    with open("ap", "w") as out:
        out.write("%%s %%s" %% (ap.on, ap.settings) if ap else "none")
air.changed = changed
import board
board.NET = ("wifi", {})
"""
# Pauses of the set-up page are a fiftieth as long once there is a file `hurry`.
HURRY = """
import asyncio, os, tasks.provision as p
class Hurry:
    create_task = asyncio.create_task
    def sleep(seconds):
        return asyncio.sleep_ms(seconds * (20 if "hurry" in os.listdir() else 1000))
p.asyncio = Hurry
"""


@pytest.fixture(params=["micropython64", "micropython32"])
def port(request):
    return request.getfixturevalue(request.param)


def prelude(radio=True):
    import microdot

    fakes = [str(ROOT / "tests_host/mpy"), str(ROOT / "tests_host/mpy/fakes")]
    own = f"import sys; sys.path.append({str(Path(microdot.__file__).parent)!r})\n"
    return own + (RADIO % fakes + HURRY if radio else "")


class Site:
    """A station with web pages at `url`."""

    def __init__(self, port, cwd, monkeypatch, radio=True, **config):
        self.reserved = reserved_port()
        http = self.reserved.getsockname()[1]
        monkeypatch.setenv("GALVANI_HTTP", str(http))
        self.url = f"http://127.0.0.1:{http}"
        self.station = Station(port, cwd, prelude(radio), **config)
        self.cwd = cwd

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.station.__exit__()
        self.reserved.close()

    def open(self):
        """Wait for the page; its text."""

        def page():
            assert self.station.process.poll() is None, self.station.out()
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(self.url, timeout=PATIENCE_S).text

        return eventually(page)

    def send(self, **fields):
        token = re.search(r'name="token" value="(\w+)"', self.open())[1]
        return httpx.post(self.url, data={"token": token, **fields}, timeout=PATIENCE_S)

    def hurry(self):
        (self.cwd / "hurry").touch()

    def ap(self):
        return (self.cwd / "ap").read_text()


GOOD = {
    "WiFiSsid": "home",
    "WiFiPassword": "secret123",
    "CsmsUrl": "ws://csms.example:8080/ocpp",
    "Identity": "CP-7",
    "AuthorizationKey": "00112233445566778899aabbccddeeff",
}


def test_an_unconfigured_station_is_set_up_from_its_page(port, tmp_path, monkeypatch):
    with Site(port, tmp_path, monkeypatch) as site:
        page = site.open()
        assert 'name="viewport"' in page and 'name="WiFiSsid"' in page
        assert not re.search(r"(src|href)=|url\(|@import|<script", page)
        assert "True" in site.ap() and "Galvani-galvani-1" in site.ap()
        site.hurry()
        answer = site.send(**GOOD)
        assert answer.status_code == 200 and "Saved" in answer.text
        assert site.station.process.wait(PATIENCE_S) == 3
        assert "False" in site.ap()
    values = json.loads((tmp_path / "config.json").read_text())["values"]
    assert {k: values[k] for k in GOOD} == GOOD
    with Site(port, tmp_path, monkeypatch, **values) as site:

        def link():
            return json.loads(site.station.ask("status --json"))["health"]["link"]

        eventually(lambda: link()["rssi"], link)
        link = link()
        assert (link["ssid"], link["address"], link["rssi"]) == ("home", "192.168.1.20", -57)
        assert "CP-7" in site.open()  # the status page: the set-up page stays away
        assert "secret123" not in site.station.ask("logs 200")


NO_KEY = {"AuthorizationKey": "", "nokey": "on"}

WRONG = {
    "WiFiPassword": ("short", "8..63 characters"),
    "CsmsUrl": ("http://x", "ws://host"),
    "Identity": ("", "1..48 characters"),
    "AuthorizationKey": ("xyz", "32..40 hexadecimal digits"),
    "WiFiSsid": ("", "something: it is needed"),
}


def test_every_wrong_field_is_marked_with_what_was_expected(micropython64, tmp_path, monkeypatch):
    with Site(micropython64, tmp_path, monkeypatch) as site:
        for key, (value, expected) in WRONG.items():
            answer = site.send(**{**GOOD, key: value})
            assert answer.status_code == 400, key
            marked = re.findall(
                r'class="e">(\w[\w ]*)<small>.*?<b>Expected: (.*?)</b>', answer.text
            )
            assert len(marked) == 1 and expected in marked[0][1], (key, marked)
            assert "secret123" not in answer.text and GOOD["AuthorizationKey"] not in answer.text
        sneaky = site.send(**{**GOOD, "Identity": 'a"><script>x</script>', "CsmsUrl": "no"})
        assert "<script" not in sneaky.text and "&lt;script&gt;" in sneaky.text
        assert json.loads((tmp_path / "config.json").read_text())["values"] == {}


def test_a_form_from_elsewhere_is_refused_and_a_huge_one(micropython64, tmp_path, monkeypatch):
    with Site(micropython64, tmp_path, monkeypatch) as site:
        site.open()

        def answer(method, path="", **body):
            return httpx.request(method, site.url + path, timeout=PATIENCE_S, **body).status_code

        assert answer("POST", data=GOOD) == 403
        assert answer("POST", data={**GOOD, "token": "0"}) == 403
        assert answer("POST", content=b"x" * 5000) == 413
        assert answer("GET", "/config.json") == 404
        assert json.loads((tmp_path / "config.json").read_text())["values"] == {}


def test_secrets_that_are_set_stay_when_left_empty(micropython64, tmp_path, monkeypatch):
    kept = {**GOOD, "CsmsUrl": ""}
    with Site(micropython64, tmp_path, monkeypatch, **kept) as site:
        page = site.open()
        assert "leave empty to keep it" in page and "secret123" not in page
        site.hurry()
        site.send(**{**GOOD, "WiFiPassword": "", "AuthorizationKey": ""})
        site.station.process.wait(PATIENCE_S)
    values = json.loads((tmp_path / "config.json").read_text())["values"]
    assert values == GOOD


def test_another_network_does_not_get_the_old_password(micropython64, tmp_path, monkeypatch):
    with Site(micropython64, tmp_path, monkeypatch, **{**GOOD, "CsmsUrl": ""}) as site:
        site.hurry()
        site.send(**{**GOOD, "WiFiSsid": "guests", "WiFiPassword": "", **NO_KEY})
        site.station.process.wait(PATIENCE_S)
    values = json.loads((tmp_path / "config.json").read_text())["values"]
    assert values["WiFiSsid"] == "guests"
    assert "WiFiPassword" not in values
    assert "AuthorizationKey" not in values  # "no key" was ticked


def test_the_page_goes_by_itself_and_status_takes_its_place(micropython64, tmp_path, monkeypatch):
    with Site(micropython64, tmp_path, monkeypatch, ProvisionTime="1") as site:
        assert "Set up this charger" in site.open()
        site.hurry()
        eventually(lambda: "not connected" in site.open())
        assert "False" in site.ap()


def test_without_a_radio_the_cable_s_page_asks_for_the_central_system_only(
    micropython64, tmp_path, monkeypatch
):
    with Site(micropython64, tmp_path, monkeypatch, radio=False) as site:
        page = site.open()
        assert "WiFi" not in page and "CsmsUrl" in page


def test_the_status_page_is_read_only_and_escapes(micropython64, tmp_path, monkeypatch):
    config = {**GOOD, "Identity": "<b>x&y"}
    with Site(micropython64, tmp_path, monkeypatch, radio=False, **config) as site:
        page = site.open()
        assert "&lt;b&gt;x&amp;y" in page and "<b>x" not in page
        status = httpx.get(site.url + "/status.json", timeout=PATIENCE_S).json()
        assert status["id"] == "<b>x&y" and status["connectors"][0]["id"] == 1
        assert "secret123" not in json.dumps(status)
        for method in ("POST", "PUT", "DELETE"):
            assert httpx.request(method, site.url, data={"a": "b"}).status_code == 405
        assert httpx.head(site.url).status_code == 200
        assert httpx.get(site.url + "/../config.json", timeout=PATIENCE_S).status_code == 404
        site.station.ask("config set StatusPage false")

        def closed():
            try:
                return not httpx.get(site.url, timeout=PATIENCE_S)
            except httpx.TransportError:
                return True

        eventually(closed)


def test_the_long_press_opens_it_again(micropython64, tmp_path, monkeypatch):
    press = "\nfrom drivers import io_none\nshots = [-1]\n"
    press += "io_none.NoIO.next_button = lambda self: shots.pop() if shots else None\n"
    monkeypatch.setitem(globals(), "RADIO", RADIO + press.replace("%", "%%"))
    with Site(micropython64, tmp_path, monkeypatch, **GOOD) as site:
        eventually(lambda: "Set up this charger" in site.open())
        assert "leave empty to keep it" in site.open()


def test_a_port_that_is_taken_costs_the_page_and_not_the_station(
    micropython64, tmp_path, monkeypatch
):
    with Site(micropython64, tmp_path, monkeypatch, radio=False, **GOOD) as first:
        first.open()
        other = tmp_path / "other"
        other.mkdir()
        with Station(micropython64, other, prelude(False), **GOOD) as second:
            eventually(lambda: "status page, port" in second.ask("logs 50"))
            assert json.loads(second.ask("status --json"))["health"]["restarts"] == {}

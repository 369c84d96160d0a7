"""Is the network found, kept, told about, and given up in the right measure?"""
# heapsize: 600k

import fake_network
import mt
import vtime
from console_world import fresh_log
from fake_network import Network
from link_world import App, Store, lives

import lazy
from core import logview
from core.clock import Clock
from net.link import Link


def setup():
    global air
    vtime.start = vtime._now = 0
    fresh_log()
    air = fake_network.install()


def teardown():
    fake_network.remove()
    lazy.drop("net.wifi")
    lazy.drop("net.lan")


def attempts(*ssids):
    return [(c[1], c[2][0]) for c in air.calls if c[0] == "connect"]


def shown():
    return "\n".join(logview.lines())


def test_a_network_with_a_password_is_joined():  # WPA2 and WPA3: the driver negotiates
    air.networks["home"] = Network("secret123", -57)
    link = lives(App(), 10)
    assert link.facts() == {
        "kind": "wifi",
        "address": "192.168.1.20",
        "ssid": "home",
        "rssi": -57,
        "why": None,
    }
    assert link.servers() == ["192.168.1.1"]
    assert (air.hostname, air.country) == ("galvani", "DE")
    assert ("config", 0, ("reconnects", 0)) in air.calls
    assert "address 192.168.1.20" in shown() and "secret123" not in shown()


def test_an_open_network_is_joined_without_a_key():
    air.networks["home"] = Network(None)
    link = lives(App(WiFiPassword=""), 10)
    assert link.address == "192.168.1.20"
    assert air.calls[-1][0] == "connect" and air.calls[-1][2] == ("home", None)


def test_the_networks_are_tried_in_order_and_failures_named():
    air.networks["two"] = Network("other")
    air.networks["three"] = Network("third-key")
    link = lives(
        App(
            WiFiSsid2="two", WiFiPassword2="wrongkey", WiFiSsid3="three", WiFiPassword3="third-key"
        ),
        30,
    )
    assert [ssid for _, ssid in attempts()] == ["home", "two", "three"]
    assert link.ssid == "three" and link.address
    assert "network home: not found" in shown()
    assert "network two: wrong password" in shown()


def test_pauses_double_up_to_five_minutes():
    lives(App(LinkTimeout=3600), 1500)
    times = [at for at, _ in attempts()]
    # The first attempt fails after 3 s; from then on the old reason may be the old attempt's.
    gaps = [b - a for a, b in zip(times, times[1:])]
    wanted = [5 + 3] + [pause + 10 for pause in (10, 20, 40, 80, 160, 300, 300, 300)]
    assert [gap - want for gap, want in zip(gaps, wanted) if gap - want not in (0, 1)] == [], gaps


def test_the_reason_of_the_last_failure_does_not_end_the_next_attempt():
    home = Network("secret123", dhcp_ms=3000)  # 4.5 s in all: the port says "not found" till then
    link = lives(App(), 20, script=((5, lambda: air.networks.update(home=home)),))
    assert link.address == "192.168.1.20"
    assert len(attempts()) == 2


def test_an_address_that_comes_after_the_attempt_was_given_up_is_taken():
    air.networks["home"] = home = Network("secret123", dhcp_ms=None)
    link = lives(App(), 24, script=((21, lambda: setattr(home, "dhcp_ms", 0)),))
    assert link.address == "192.168.1.20"
    assert len(attempts()) == 1


def test_a_reason_below_200_ends_an_attempt_too():  # 15: WPA2's way to say "wrong password"
    air.networks["home"] = network = Network("another")
    network.refusal = 15
    link = lives(App(), 6)
    assert "network home: handshake timed out" in shown()
    assert link.address is None


def test_an_association_that_never_ends_is_given_up_after_20_s():
    air.networks["home"] = Network("secret123")
    air.networks["home"].silent = True
    link = lives(App(), 24)
    assert link.why == "no address within 20 s"
    assert link.address is None


def test_an_address_that_comes_late_counts_and_one_that_never_comes_does_not():
    air.networks["home"] = Network("secret123", dhcp_ms=15000)
    assert lives(App(), 19).address == "192.168.1.20"
    setup()
    air.networks["home"] = Network("secret123", dhcp_ms=None)
    assert lives(App(), 60).address is None


def test_a_lost_network_is_noticed_in_seconds_and_joined_again_without_a_pause():
    air.networks["home"] = home = Network("secret123")
    seen = []
    app = App()

    def gone():
        del air.networks["home"]

    def back():
        seen.append((app.link.address, app.link.why))
        air.networks["home"] = home

    link = lives(app, 80, script=((30, gone), (34, back)))
    assert seen == [(None, "joining home")]
    assert link.address == "192.168.1.20"
    times = [at for at, _ in attempts()]
    assert times[1] - 30 <= 4
    assert "network home: lost" in shown()


def test_a_fixed_address_is_used():
    air.networks["home"] = Network("secret123", dhcp_ms=None)
    link = lives(App(NetAddress="10.1.2.3,255.255.255.0,10.1.2.1,10.1.2.9"), 10)
    assert (link.address, link.server) == ("10.1.2.3", "10.1.2.9")


def test_what_a_fixed_address_must_look_like():
    from net.fixed import wrong

    for good in (
        "",
        "10.1.2.3,255.255.255.0,10.1.2.1,10.1.2.9",
        "0.0.0.0,1.1.1.1,255.255.255.255,1.2.3.4",
    ):
        assert wrong(good) is None
    for bad in (
        "10.1.2.3",
        "10.1.2.3,255.255.255.0,10.1.2.1",
        "10.1.2.256,1.1.1.1,1.1.1.1,1.1.1.1",
        "a.b.c.d,1.1.1.1,1.1.1.1,1.1.1.1",
        "1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
    ):
        assert "name server" in wrong(bad)


def test_without_a_configured_network_nothing_is_tried_and_nothing_restarted():
    app = App(WiFiSsid="")
    link = lives(app, 7200)
    assert attempts() == [] and app.resets == []
    assert link.why == "no network is configured"


def test_the_interface_is_made_anew_then_the_machine_restarted():
    app = App()
    lives(app, 7200)
    off = [c[1] for c in air.calls if c[0] == "active" and not c[2][0]]
    assert len(off) >= 6
    assert off[2] - off[0] >= 120
    assert app.resets[0][1:] == ("Soft", "NoNetwork")
    assert app.resets[0][0] >= 6 * 120
    assert app.store.files["link"] == b"%d" % len(app.resets)


def test_at_most_three_restarts_in_a_row_and_an_address_ends_the_row():
    for count, more in ((2, True), (3, False)):
        setup()
        app = App()
        app.store.files["link"] = b"%d" % count
        lives(app, 3000)
        assert bool(app.resets) == more
    air.networks["home"] = Network("secret123")
    lives(app, 10)
    assert "link" not in app.store.files
    setup()
    app = App(LinkReboots=0)
    lives(app, 7200)
    assert app.resets == []


def test_a_charge_is_never_restarted_away():
    class Connector:
        session = object()

    app = App()
    app.connectors = [Connector]
    lives(app, 7200)
    assert app.resets == []


def test_methods_that_raise_are_a_failed_attempt_and_not_the_end():
    air.networks["home"] = Network("secret123")
    refusals = (OSError("WiFi Out of Memory"), RuntimeError("Wifi Unknown Error 0xffffffff"))
    methods = ("connect", "active", "config", "disconnect")
    for method, refusal in [(m, r) for m in methods for r in refusals]:
        setup()
        air.networks["home"] = Network("secret123")
        air.broken[method] = refusal

        def heal():
            air.broken.clear()

        link = lives(App(), 120, script=((30, heal),))
        assert link.address == "192.168.1.20", method


def test_no_rssi_is_no_fault():
    air.networks["home"] = Network("secret123")
    link = lives(App(), 10)
    del air.networks["home"]
    assert link.rssi() is None


def test_ethernet_by_its_phy_and_without_one():
    import sys

    class Pin:
        OUT = 3

        def __init__(self, *args, **options):
            self.args = args

    class Machine:
        pass

    Machine.Pin = Pin
    kept = sys.modules.get("machine")
    sys.modules["machine"] = Machine
    try:
        params = {"phy": "LAN8720", "mdc": 23, "mdio": 18, "power": 12, "addr": 0, "clock": 17}

        def plugged():
            air.cable = True

        def pulled():
            air.cable = False

        seen = []
        app = App()

        def look():
            seen.append(app.link.address)

        lives(
            app,
            100,
            "lan",
            params,
            ((10, look), (11, plugged), (40, look), (41, pulled), (50, look)),
        )
        assert seen == [None, "10.0.0.7", None]
        assert air.lan.options["phy_type"] == fake_network.PHY_LAN8720
        assert air.lan.options["ref_clk"].args == (17,)
        link = lives(App(), 30, "lan", {"phy": "DM9051"})
        assert link.why == "this MicroPython is built without DM9051"
    finally:
        lazy.drop("net.lan")
        if kept:
            sys.modules["machine"] = kept
        else:
            sys.modules.pop("machine")


def test_tls_waits_for_the_time_once_and_then_takes_the_floor():
    air.networks["home"] = Network("secret123")
    app = App(NtpServers="127.0.0.1")
    rtc = [100]
    store = Store()
    store.files["clock"] = b"1763640000"

    def rtc_set(epoch):
        rtc[0] = epoch

    app.clock = Clock(vtime.ticks, vtime.diff, lambda: rtc[0], store, None, rtc_set)
    link = Link(app, "wifi", {})
    assert not link.ready(False) and not link.ready(True)
    link.address = "192.168.1.20"
    assert link.ready(False)
    assert not link.ready(True)  # nobody was asked yet
    link.due = 64  # nobody answered
    assert link.ready(True)
    assert rtc[0] == 1763640000 and app.clock.wall() is None
    assert store.files["clock"] == b"1763640000?"
    again = Clock(vtime.ticks, vtime.diff, lambda: rtc[0] + 5, store, None, rtc_set)
    assert again.wall() is None and again.floor == 1763640000  # a guess is not believed later on
    again.set_wall(1763650000, "sntp")
    assert store.files["clock"] == b"1763650000"


def test_a_wrong_kind_of_answer_from_the_port_is_survived():
    air.networks["home"] = Network("secret123")
    assert mt.raises(ValueError, fake_network.WLAN().status, "nonsense")

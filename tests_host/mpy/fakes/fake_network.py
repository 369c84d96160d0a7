"""The module `network` of an ESP32 (1.26), failures included, in virtual time.

    air = fake_network.install(); air.networks["home"] = Network("secret123")

ports/esp32/network_wlan.c as of 1.26: connect() returns at once; while an attempt is under way
another one is an internal error; `reconnects` decides whether the driver tries on by itself;
status() is the reason of the last failure, which nothing but an address wipes out: some reasons
hide that a new attempt is under way. status("rssi") fails while not associated; isconnected() is
true only with an address.
"""

import sys

import vtime

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_BEACON_TIMEOUT = 200
_LEFT = 8  # the reason after disconnect()
_SHOWN = (201, 202, 210, 211, 212)  # told whatever is under way
PHY_LAN8720 = 1
PHY_W5500 = 6
NO_ADDRESS = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


class Network:
    """An access point: password None is an open one."""

    def __init__(self, password=None, rssi=-60, dhcp_ms=800, address="192.168.1.20"):
        self.password = password
        self.rssi = rssi
        self.dhcp_ms = dhcp_ms  # None: its DHCP server never answers
        self.address = address
        self.silent = False  # association never ends
        self.refusal = STAT_WRONG_PASSWORD  # the reason for a wrong password


class Air:
    """What is on the air, and all that happened to the interface."""

    def __init__(self):
        self.networks = {}
        self.calls = []  # (method, virtual s, arguments)
        self.broken = {}  # method: OSError to raise
        self.hostname = self.country = None
        self.cable = False
        self.lan = None
        self.made = 0

    def note(self, method, *arguments):
        self.calls.append((method, vtime.elapsed_ms() // 1000, arguments))
        if method in self.broken:
            raise self.broken[method]

    def changed(self):
        """An interface was switched or set; a test may replace this."""

    def count(self, method):
        return len([c for c in self.calls if c[0] == method])


air = Air()


class WLAN:
    """WLAN(STA_IF), a singleton as on the chip; or WLAN(AP_IF)."""

    PM_NONE = 0
    one = {}

    def __new__(cls, interface=STA_IF):
        if interface not in cls.one:
            self = cls.one[interface] = object.__new__(cls)
            self.interface = interface
            self.on = False
            self.limit = self.tries = 0  # of attempts by the driver itself; 0: no limit
            self.fixed = None
            self.settings = {}
            self.reason = 0
            self._forget()
        return cls.one[interface]

    def __init__(self, interface=STA_IF):
        pass

    def _forget(self):
        self.ssid = self.key = None
        self.began = None
        self.requested = self.associated = self.connected = False

    def active(self, *on):
        if on:
            air.note("active", on[0])
            self.on = bool(on[0])
            if not self.on:
                self._forget()
            air.changed()
        return self.on

    def config(self, *names, **values):
        if not self.on:
            raise OSError("Wifi Not Started")
        for name, value in values.items():
            air.note("config", name, value)
            if name == "reconnects":
                self.limit = 0 if value == -1 else value + 1
            elif name not in ("pm", "essid", "ssid", "password", "security", "authmode", "key"):
                raise ValueError("unknown config param")
            else:
                self.settings[name] = value
        air.changed()

    def connect(self, ssid, key=None):
        air.note("connect", ssid, key)
        if not self.on:
            raise OSError("Wifi Not Started")
        self._look()
        if self.began is not None and not self.connected:
            raise OSError("Wifi Internal State Error")
        self.ssid, self.key = ssid, key
        self.began = vtime.elapsed_ms()
        self.requested = True
        self.tries = 0

    def disconnect(self):
        air.note("disconnect")
        if not self.on:
            raise OSError("Wifi Not Started")
        self._look()
        if self.began is not None:
            self.reason = _LEFT
        self._forget()

    def _look(self):
        """What the driver has found out by now."""
        while self.on and self.began is not None:
            age = vtime.elapsed_ms() - self.began
            network = air.networks.get(self.ssid)
            if network is None and self.associated:
                why = STAT_BEACON_TIMEOUT
            elif network is None:
                why = STAT_NO_AP_FOUND if age > 2500 else 0
            elif network.silent:
                return
            elif network.password != self.key:
                why = network.refusal if age > 3500 else 0
            else:
                self.associated = age > 1500
                if self.associated and (
                    self.fixed or network.dhcp_ms is not None and age > 1500 + network.dhcp_ms
                ):
                    self.connected = True
                    self.reason = 0
                return
            if not why:
                return
            self.reason = why
            self.associated = self.connected = False
            self.tries += 1
            self.began = vtime.elapsed_ms()
            if self.limit and self.tries >= self.limit:
                self.began = None

    def status(self, *what):
        self._look()
        if what:
            if what[0] != "rssi":
                raise ValueError("unknown status param")
            if not self.associated:
                raise OSError("Wifi Not Connected")
            return air.networks[self.ssid].rssi
        if self.connected:
            return STAT_GOT_IP
        if self.reason in _SHOWN:
            return self.reason
        if self.reason == _LEFT:
            return STAT_IDLE
        if self.requested and not (self.limit and self.tries >= self.limit):
            return STAT_CONNECTING
        return self.reason or STAT_IDLE

    def isconnected(self):
        self._look()
        return self.connected

    def ifconfig(self, *new):
        if new:
            air.note("ifconfig", new[0])
            self.fixed = new[0]
            return None
        if self.interface == AP_IF:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
        if not self.isconnected():
            return NO_ADDRESS
        if self.fixed:
            return self.fixed
        return (air.networks[self.ssid].address, "255.255.255.0", "192.168.1.1", "192.168.1.1")


class LAN:
    """LAN(...) of an Ethernet PHY; without a PHY on its pins it raises, as the driver does."""

    def __init__(self, *_, **options):
        air.note("LAN", options)
        self.options = options
        self.on = False
        self.fixed = None
        air.lan = self

    def active(self, *on):
        if on:
            air.note("active", on[0])
            self.on = on[0]
        return self.on

    def isconnected(self):
        return self.on and air.cable

    def status(self, *what):
        if what:
            raise ValueError("unknown status param")
        return 5 if self.isconnected() else 2

    def ifconfig(self, *new):
        if new:
            self.fixed = new[0]
            return None
        if not self.isconnected():
            return NO_ADDRESS
        return self.fixed or ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1")


def hostname(name):
    if len(name) > 32:
        raise ValueError()
    air.hostname = name


def country(code):
    if len(code) != 2:
        raise ValueError()
    air.country = code


def install():
    """Put this module in the place of `network`; a fresh Air."""
    global air
    air = Air()
    WLAN.one.clear()
    sys.modules["network"] = sys.modules[__name__]
    return air


def remove():
    sys.modules.pop("network", None)

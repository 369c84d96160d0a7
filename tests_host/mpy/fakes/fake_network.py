"""The module `network` of an ESP32 (1.26), failures included, in virtual time.

    air = fake_network.install(); air.networks["home"] = Network("secret123")

ports/esp32/network_wlan.c as of 1.26: connect() returns at once; while an attempt is under way
another one is an internal error; `reconnects` decides whether the driver tries on by itself;
status() is a reason of 200 and above once it has given up; status("rssi") fails while not
associated; isconnected() is true only with an address.
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
            self.reconnects = -1
            self.fixed = None
            self.settings = {}
            self._forget()
        return cls.one[interface]

    def __init__(self, interface=STA_IF):
        pass

    def _forget(self):
        self.ssid = self.key = None
        self.began = None
        self.reason = 0

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
                self.reconnects = value
            elif name not in ("pm", "essid", "ssid", "password", "security", "authmode", "key"):
                raise ValueError("unknown config param")
            else:
                self.settings[name] = value
        air.changed()

    def connect(self, ssid, key=None):
        air.note("connect", ssid, key)
        if not self.on:
            raise OSError("Wifi Not Started")
        if self.began is not None and self._state()[0] == STAT_CONNECTING:
            raise OSError("Wifi Internal State Error")
        self.ssid, self.key = ssid, key
        self.began = vtime.elapsed_ms()

    def disconnect(self):
        air.note("disconnect")
        if not self.on:
            raise OSError("Wifi Not Started")
        self._forget()

    def _state(self):
        """(status, has an address) at this moment."""
        if not self.on or self.began is None:
            return STAT_IDLE, False
        age = vtime.elapsed_ms() - self.began
        network = air.networks.get(self.ssid)
        failed = None
        if network is None:
            failed = STAT_NO_AP_FOUND if age > 2500 else None
            if self.reason:
                failed = STAT_BEACON_TIMEOUT
        elif network.silent:
            return STAT_CONNECTING, False
        elif network.password != self.key:
            failed = STAT_WRONG_PASSWORD if age > 3500 else None
        elif age > 1500:
            self.reason = 1  # associated: from here on a lost one is lost by its beacons
            if self.fixed or network.dhcp_ms is not None and age > 1500 + network.dhcp_ms:
                return STAT_GOT_IP, True
        if failed and self.reconnects == 0:
            return failed, False
        return STAT_CONNECTING, False

    def status(self, *what):
        if what:
            if what[0] != "rssi":
                raise ValueError("unknown status param")
            if self._state()[0] != STAT_GOT_IP:
                raise OSError("WiFi Not Connected")
            return air.networks[self.ssid].rssi
        return self._state()[0]

    def isconnected(self):
        return self._state()[1]

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

"""How does the ESP32's radio join a network, and what do its failures mean?

Imported for a moment by net/link.py. The driver's own retries are off (`reconnects`): it would try
the first network for ever. What Espressif's driver refuses with a number MicroPython has no words
for is a RuntimeError, all else an OSError.
"""

import network

import lazy

_STALE_MS = 10000
_REASONS = {
    15: "handshake timed out (wrong password?)",
    200: "signal lost",
    201: "not found",
    202: "wrong password",
    203: "association refused",
    204: "handshake timed out (wrong password?)",
    210: "found, but with another kind of security",
    211: "found, but its security is too weak",
    212: "found, but too weak a signal",
}
_before = 0  # what status() said before this attempt


def make(get, params):
    """The station interface, switched on; OSError when the radio does not start."""
    try:
        network.hostname(get("Hostname"))
        network.country(get("WiFiCountry"))
    except (ValueError, AttributeError):
        pass  # a name or country the port does not take must not cost the network
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)  # boot.py has done it already; off and on would need its memory again
    for name, value in (("reconnects", 0), ("pm", getattr(network.WLAN, "PM_NONE", 0))):
        try:
            wlan.config(**{name: value})  # pm: a sleeping radio answers 100 ms late
        except (ValueError, OSError, RuntimeError):
            pass
    lazy.call("net.fixed", "fix", get, wlan)
    return wlan


def networks(get):
    """The networks in order: (name, password)."""
    found = []
    for n in ("", "2", "3"):
        ssid = get("WiFiSsid" + n)
        if ssid:
            found.append((ssid, get("WiFiPassword" + n)))
    return found


def join(wlan, ssid, key):
    """Begin to associate (WPA2, WPA3, or open without a key); returns at once."""
    global _before
    try:
        wlan.disconnect()  # connect() refuses while the last attempt is under way
    except (OSError, RuntimeError):
        pass
    _before = wlan.status()
    wlan.connect(ssid, key or None)


def failure(wlan, ms):
    """Why the attempt has failed, None while it may still succeed; `ms`: so old is it.

    The port keeps the reason of the last failure until there is an address: the same one again is
    news only after the time that a look at all channels and a handshake take.
    """
    code = wlan.status()
    if not 0 < code < 1000 or code == _before and ms < _STALE_MS:
        return None  # from 1000 on: idle, on its way, there
    return _REASONS.get(code, "failed (%d)" % code)

"""How does the ESP32's radio join a network, and what do its failures mean?

Imported for a moment by net/link.py. The driver's own retries are off (`reconnects`): it would try
the first network for ever.
"""

import network

import lazy

_REASONS = {
    200: "signal lost",
    201: "not found",
    202: "wrong password",
    203: "association refused",
    204: "handshake timed out (wrong password?)",
    210: "found, but with another kind of security",
    211: "found, but its security is too weak",
    212: "found, but too weak a signal",
}


def make(get, params):
    """The station interface, switched on; OSError when the radio does not start."""
    try:
        network.hostname(get("Hostname"))
        network.country(get("WiFiCountry"))
    except (ValueError, AttributeError):
        pass  # a name or country the port does not take must not cost the network
    wlan = network.WLAN(network.STA_IF)
    wlan.active(False)  # whatever a former run or the REPL left
    wlan.active(True)
    for name, value in (("reconnects", 0), ("pm", getattr(network.WLAN, "PM_NONE", 0))):
        try:
            wlan.config(**{name: value})  # pm: a sleeping radio answers 100 ms late
        except (ValueError, OSError):
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
    try:
        wlan.disconnect()  # connect() refuses while the last attempt is under way
    except OSError:
        pass
    wlan.connect(ssid, key or None)


def failure(wlan):
    """Why the attempt has failed, None while it may still succeed."""
    code = wlan.status()
    return _REASONS.get(code, "failed (%d)" % code) if 200 <= code < 300 else None

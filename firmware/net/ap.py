"""How does the station open a network of its own for who sets it up? Imported for a moment."""

import network

_WPA2 = 3


def open(get):
    """The access point "Galvani-IDENTITY", with ProvisionPassword if there is one. OSError."""
    ap = network.WLAN(network.AP_IF)
    ap.active(True)
    name = ("Galvani-" + get("Identity"))[:32]
    password = get("ProvisionPassword")
    if password:
        ap.config(ssid=name, security=_WPA2, key=password)
    else:
        ap.config(ssid=name, security=0)
    return ap


def close(ap):
    """Switch it off."""
    try:
        ap.active(False)
    except (OSError, RuntimeError):
        pass  # the restart that follows ends it

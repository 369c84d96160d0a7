"""Does the station have an address of its own, and is it written rightly? (NetAddress)"""


def fix(get, iface):
    """A fixed address where NetAddress names one (address, mask, gateway, name server)."""
    words = get("NetAddress")
    if words:
        iface.ifconfig(tuple(words.split(",")))


def wrong(value):
    """None if a value of NetAddress is right, else what would be (guard of the configuration)."""
    words = value.split(",") if value else []
    good = len(words) in (0, 4)
    for word in words:
        parts = word.split(".")
        good = good and len(parts) == 4
        for part in parts:
            good = good and part.isdigit() and len(part) < 4 and int(part) < 256
    if good:
        return None
    return "nothing (DHCP), or address,mask,gateway,name server, each like 192.168.1.20"

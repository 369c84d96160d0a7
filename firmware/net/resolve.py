"""Which address has the host of a URL, without stopping every task to find out?

socket.getaddrinfo() blocks the whole processor, seconds long when the server is silent, and
control would miss its steps. So a name is asked for by an own DNS query over UDP (RFC 1035) that
is polled; an address or a name of the machine's own table needs no question. Imported when a
connection is made.
"""

import asyncio
import os
import socket

from ws.handshake import split_url

_TRIES = 3
_WAIT_MS = 2000  # for an answer, each try
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def quoted(text: str) -> str:
    """An identity percent-encoded for the path of a URL (J 3.1.1)."""
    return "".join([chr(c) if chr(c) in _SAFE else "%%%02X" % c for c in text.encode()])


async def address(url: str):
    """(IP address, port) for the host of a ws or wss URL. OSError if nobody knows the name."""
    _, host, port, _ = split_url(url)
    if _is_address(host):
        return host, port
    found = _own(host)
    if found:
        return found, port
    for server in _servers():
        for _ in range(_TRIES):
            found = await _ask(server, host)
            if found:
                return found, port
    raise OSError("no address for " + host)


def _is_address(host):
    return ":" in host or not host.replace(".", "").strip("0123456789")


def _lines(path):
    try:
        with open(path) as f:
            return [line.partition("#")[0].split() for line in f]
    except OSError:
        return []


def _own(host):
    """The machine's own table; the chip has none."""
    for words in _lines("/etc/hosts"):
        if host in words[1:] and _is_address(words[0]) and ":" not in words[0]:
            return words[0]
    return "127.0.0.1" if host == "localhost" else None


def _servers():
    """Name servers: those of the network, or of the machine."""
    found = [w[1] for w in _lines("/etc/resolv.conf") if len(w) > 1 and w[0] == "nameserver"]
    try:
        import network

        for kind in (network.STA_IF,):
            found.append(network.WLAN(kind).ifconfig()[3])
    except (ImportError, OSError):
        pass  # no WiFi here
    return [server for server in found if ":" not in server]


async def _ask(server, host):
    """The first IPv4 address that a name server gives for a host, or None."""
    head = os.urandom(2)
    query = head + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    for label in host.encode().split(b"."):
        query += bytes((len(label),)) + label
    query += b"\x00\x00\x01\x00\x01"
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        # The address is given in numbers: this look-up asks nobody.
        sock.connect(socket.getaddrinfo(server, 53)[0][-1])
        sock.send(query)
        for _ in range(_WAIT_MS // 50):
            await asyncio.sleep_ms(50)
            try:
                data = sock.recv(512)
            except OSError:
                continue  # nothing yet
            if data and data[:2] == head:
                return _first(data)
    except OSError:
        pass  # no way to that server
    finally:
        sock.close()
    return None


def _first(data):
    """The first A record of an answer (RFC 1035, 4.1), or None."""
    try:
        at = 12
        for _ in range(data[5]):
            at = _after_name(data, at) + 4
        for _ in range(data[7]):
            at = _after_name(data, at)
            size = data[at + 8] << 8 | data[at + 9]
            if data[at + 1] == 1 and size == 4:
                return "%d.%d.%d.%d" % tuple(data[at + 10 : at + 14])
            at += 10 + size
    except (IndexError, TypeError):
        pass  # a torn answer
    return None


def _after_name(data, at):
    while data[at]:
        if data[at] >= 192:  # a pointer ends the name
            return at + 2
        at += data[at] + 1
    return at + 1

"""Which address has the host of a URL, without stopping every task to find out?

socket.getaddrinfo() blocks the whole processor, seconds long when the server is silent, and
control would miss its steps. So a name is asked for by an own DNS query over UDP (RFC 1035) that
is polled; an address or a name of the machine's own table needs no question. Answers are kept as
long as they may be, and longer while no name server answers. Imported when a connection is made.
"""

import asyncio
import os
import socket
import sys

import lazy

_TRIES = 3
_WAIT_MS = 2000  # for an answer, each try
_TTL_MAX_S = 86400
_KEEP = 4  # names
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def quoted(text: str) -> str:
    """An identity percent-encoded for the path of a URL (J 3.1.1)."""
    return "".join([chr(c) if chr(c) in _SAFE else "%%%02X" % c for c in text.encode()])


async def address(url: str, known=None, servers=None, now: int = 0):
    """(IP address, port) for the host of a ws or wss URL. OSError if nobody knows the name."""
    _, host, port, _ = lazy.load("ws.handshake").split_url(url)
    return await lookup(host, port, known, servers, now)


async def lookup(host: str, port: int, known=None, servers=None, now: int = 0):
    """(IP address, port) of a host; each call gives the next of its addresses. OSError: unknown.

    known: a dict that the caller keeps, answers are remembered in it: {name: [uptime until which
    they are good, addresses]}. servers: name servers. now: uptime. None: those of the board's
    link, or of the machine (nothing is remembered then).
    """
    if _is_address(host):
        return host, port
    host = host.lower()
    found = _own(host)
    if found:
        return found, port
    if known is None:
        known, servers, now = _surroundings(servers)
    row = known.get(host)
    if not row or now >= row[0]:
        fresh = await _ask_all(servers, host)
        if fresh:
            if row is None and len(known) >= _KEEP:
                known.clear()
            known[host] = row = [now + min(fresh[0], _TTL_MAX_S), fresh[1:]]
    if not row:
        raise OSError("no address for " + host)
    addresses = row[1]
    # The next call begins with the next one: a dead one among them costs one attempt.
    row[1] = addresses[1:] + addresses[:1]
    return addresses[0], port


def _surroundings(servers):
    link = sys.modules.get("net.link")
    if link and link.current:
        link = link.current
        return link.known, link.servers(), link.app.clock.uptime_s()
    return {}, _servers() if servers is None else servers, 0


async def _ask_all(servers, host):
    for _ in range(_TRIES):
        for server in servers:
            found = await _ask(server, host)
            if found:
                return found
    return None


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
    """Name servers of the machine; a board's link names its own."""
    found = [w[1] for w in _lines("/etc/resolv.conf") if len(w) > 1 and w[0] == "nameserver"]
    return [server for server in found if ":" not in server]


async def _ask(server, host, port=53):
    """[seconds they are good, addresses..] by a name server for a host, or None."""
    head = os.urandom(2)
    query = head + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    for label in host.encode().split(b"."):
        if not 0 < len(label) < 64:
            return None
        query += bytes((len(label),)) + label
    query += b"\x00\x00\x01\x00\x01"
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        # The address is given in numbers: this look-up asks nobody.
        sock.connect(socket.getaddrinfo(server, port)[0][-1])
        sock.send(query)
        for _ in range(_WAIT_MS // 50):
            await asyncio.sleep_ms(50)
            try:
                data = sock.recv(512)
            except OSError as e:
                if e.errno != 11:  # nothing yet
                    break
                continue
            # Ours is what repeats number and question; the rest is noise or an attempt.
            if data[:2] == head and data[12 : len(query)].lower() == query[12:].lower():
                return _answer(data)
    except OSError:
        pass  # no way to that server
    finally:
        sock.close()
    return None


def _answer(data):
    """The A records of an answer (RFC 1035, 4.1): [shortest time to live, addresses..], or None.

    An alias (CNAME) needs no following: a name server that looks up for others puts the addresses
    of its end into the same answer.
    """
    found = []
    ttl_s = _TTL_MAX_S
    try:
        if data[2] & 0x80 == 0 or data[3] & 15:
            return None  # a question, or an error
        at = 12
        for _ in range(data[5]):
            at = _after_name(data, at) + 4
        for _ in range(data[7]):
            at = _after_name(data, at)
            size = data[at + 8] << 8 | data[at + 9]
            if data[at + 1] == 1 and data[at + 3] == 1 and size == 4:
                found.append("%d.%d.%d.%d" % tuple(data[at + 10 : at + 14]))
                if data[at + 4] == data[at + 5] == 0:
                    ttl_s = min(ttl_s, data[at + 6] << 8 | data[at + 7])
            at += 10 + size
    except (IndexError, TypeError):
        pass  # a torn answer: what was whole counts
    return [ttl_s] + found if found else None


def _after_name(data, at):
    while data[at]:
        if data[at] >= 192:  # a pointer ends the name
            return at + 2
        at += data[at] + 1
    return at + 1

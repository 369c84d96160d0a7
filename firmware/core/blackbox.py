"""What did the run that died say last?

The last 50 lines of the log, packed as the ring holds them, with the format strings they need and
the figures of the heap, in at most 2000 bytes. Where the chip has memory that survives a reset
(RTC().memory(): watchdog and panic included, a power cut not) it is kept up to date there every
few seconds and costs no flash; a file ("last") is written at planned ends, crashes and, seldom,
while errors come. The next start puts it aside ("prev") and diagnostics show it.

    "G1", crc32 of the rest, length of the JSON head, head, number of formats,
    (number, length, text) each, then the records oldest first (core/log.py)
"""

import gc
import json
from binascii import crc32

from core import log

_MAX = 2000  # the ESP32's RTC memory holds 2048
_LINES = 50


def save(restart, store, to_file):
    """Keep the present state: in the chip's RTC memory where it has one, in the file if asked."""
    data = pack(_head(restart))
    memory = rtc()
    if memory:
        memory(data)
    if to_file:
        try:
            store.write("last", data)
        except OSError as e:
            log.get("SYS").error("last lines: %s", e)


def aside(restart, store):
    """At a start: what the last run left becomes the record "prev"."""
    found = None
    memory = rtc()
    for data in (memory and bytes(memory()), store.read("last")):
        head = data and _open(data)
        if head and (found is None or (head["run"], head["made"]) > found[0]):
            found = ((head["run"], head["made"]), data)
    if memory:
        memory(b"")
    restart.survives = memory is not None
    if found:
        try:
            store.write("prev", found[1])
            store.delete("last")
        except OSError as e:
            log.get("SYS").error("last lines: %s", e)


def head(store):
    """The figures of the run before: a dict, or None when nothing was kept."""
    data = store.read("prev")
    return data and _open(data)


def lines(store):
    """Generator of the last lines of the run before, oldest first."""
    data = store.read("prev")
    head = data and _open(data)
    if not head:
        return
    at = 8 + (data[6] << 8 | data[7])
    formats = {}
    for _ in range(data[at]):
        end = at + 3 + data[at + 2]
        formats[data[at + 1]] = str(data[at + 3 : end], "utf-8")
        at = end - 1
    at += 1
    while at < len(data):
        rec = data[at : at + data[at]]
        yield log.render(rec, formats, head["uptime_s"], head["time"])
        at += data[at]


def pack(head) -> bytes:
    """The packed form; older lines give way when it would become too long."""
    ring = log.ring
    full = len(ring)
    ats = []
    at = log.made - log.used
    while at < log.made:
        ats.append(at)
        if len(ats) > _LINES:
            ats.pop(0)
        at += ring[at % full]
    text = json.dumps(head).encode()
    left = _MAX - 9 - len(text)
    formats = {}
    records = []
    while ats:
        at = ats.pop() % full
        size = ring[at]
        number = ring[(at + 2) % full]
        fmt = b""
        if number < 255 and number not in formats:
            fmt = log.formats[number].encode()[:255]
            left -= 2 + len(fmt)
        left -= size
        if left < 0:
            break
        if fmt:
            formats[number] = fmt
        rec = ring[at : at + size]
        rec.extend(ring[: size - len(rec)])  # the rest, where the ring's end cuts it
        records.append(rec)
    out = bytearray(b"G1\0\0\0\0")
    out.extend(bytes((len(text) >> 8, len(text) & 255)))
    out.extend(text)
    out.append(len(formats))
    for number in formats:
        out.extend(bytes((number, len(formats[number]))))
        out.extend(formats[number])
    for rec in reversed(records):
        out.extend(rec)
    out[2:6] = crc32(memoryview(out)[6:]).to_bytes(4, "big")
    return bytes(out)


def _open(data):
    """The head of a packed record that is whole, else None."""
    if len(data) < 10 or data[:2] != b"G1":
        return None
    if crc32(memoryview(data)[6:]).to_bytes(4, "big") != data[2:6]:
        return None
    return json.loads(str(data[8 : 8 + (data[6] << 8 | data[7])], "utf-8"))


def _head(restart):
    clock = log.clock
    found = {
        "run": restart.count,
        "made": log.made,
        "uptime_s": clock.uptime_s() if clock else 0,
        "time": clock.wall() if clock else None,
        "heap_used": gc.mem_alloc(),
        "heap_free": gc.mem_free(),
    }
    health = restart.health
    if health:
        found["heap_used_max"] = health.heap_used_max
        found["heap_free_min"] = health.heap_free_min
        found["lag_max_ms"] = health.supervisor.lag_max_ms
    return found


def rtc():
    """RTC().memory of the chip, or None where memory does not survive a reset."""
    try:
        import machine

        return machine.RTC().memory
    except (ImportError, AttributeError):
        return None

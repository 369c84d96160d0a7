"""Which tokens has the back office put on the list that we keep, and which version is that list?

The local authorisation list (1.6: S 3.5.2; 2.0.1: D01), version-neutral, on flash only: 32 buckets
by the CRC of the token, so that a look-up reads one record of one or two KB and keeps nothing.

    local   [version, entries, live]: bit n of `live` says which slot of bucket n counts
    lNNa    bucket NN (hex), slot 0; lNNb slot 1. One version byte, entries, CRC-32 of both.
            No record is an empty bucket.

An entry: length and bytes of the token (capital letters, UTF-8), index of its status, expiry (Unix
seconds, 4 bytes, 0: none), length and bytes of the parent. An update writes the slots that do not
count, then `local` in one atomic write, then deletes what counted before: a cut of power at any
write leaves the old list or the new one, whole.
"""

import binascii

from micropython import const

import record

_BUCKETS = const(32)
_SPARE = const(32768)  # bytes of flash that belong to the journal of transactions
_BUCKET_MOST = const(3800)  # bytes: a bucket is one block of the heap when it is read
_STATUS = (
    "Accepted Blocked ConcurrentTx Expired Invalid NoCredit NotAllowedTypeEVSE "
    "NotAtThisLocation NotAtThisTime Unknown"
)


def _head(store):
    """[version, entries, live]; the version of an empty list is 0 (S 5.10)."""
    head = record.unpack(store.read("local"))
    return head if head and head[1] else [0, 0, head[2] if head else 0]


def version(store) -> int:
    """Version of the list, 0 if it is empty."""
    return _head(store)[0]


def size(store) -> int:
    """Tokens on the list."""
    return _head(store)[1]


def _name(bucket, live):
    return "l%02x%s" % (bucket, "b" if live >> bucket & 1 else "a")


def _read(store, bucket, live):
    """The bytes of the slot that counts; empty for none or a damaged one."""
    data = store.read(_name(bucket, live))
    if data and len(data) > 5 and data[0] == 1:
        end = len(data) - 4
        crc = binascii.crc32(memoryview(data)[:end])
        if crc == int.from_bytes(data[end:], "little"):
            return data
    return b""


def _next(data, at):
    """Where the entry after the one at `at` begins."""
    at += data[at] + 6
    return at + 1 + data[at]


def find(store, tag, wall):
    """[status, parent or None] of a token on the list, or None.

    wall: Unix seconds or None; a token whose time has run out is Expired (S 3.5.4).
    """
    _, count, live = _head(store)
    if not count:
        return None
    key = tag.upper().encode()
    data = _read(store, binascii.crc32(key) % _BUCKETS, live)
    at = 1
    while at < len(data) - 4:
        after = _next(data, at)
        end = at + 1 + data[at]
        if data[at + 1 : end] == key:
            status = _STATUS.split()[data[end]]
            expiry = int.from_bytes(data[end + 1 : end + 5], "big")
            if status == "Accepted" and expiry and wall is not None and wall >= expiry:
                status = "Expired"
            return [status, str(data[end + 6 : after], "utf-8") or None]
        at = after
    return None


def changes(store, number, full, rows, most):
    """Generator that makes it version `number`: None as long as there is more to do, in the end
    "Accepted", "Failed" or "VersionMismatch" (S 5.15, 7.47).

    rows: list of what pack() makes; they replace the list if `full`. A token twice, or more than
    `most` in the end, is "Failed". Whatever is not "Accepted" leaves the list as it was. Each turn
    is one write or delete: on the chip that takes up to 100 ms, and others must come in between.
    """
    old, count, live = _head(store)
    if not full and number <= old:
        yield "VersionMismatch"
        return
    where = bytearray(len(rows))  # bucket of each
    for i in range(len(rows)):
        head = rows[i][: rows[i][0] + 1]
        if len(head) == 1 or _among(head, rows, where, -1) != i:
            yield "Failed"
            return
        where[i] = binascii.crc32(head[1:]) % _BUCKETS
    where = bytes(where)
    free = store.free()
    if free is not None and free < _SPARE + 4096 * len(set(where)):
        yield "Failed"
        return
    if full:
        count = 0
    flipped = 0
    verdict = "Failed"
    try:
        for bucket in range(_BUCKETS):
            if full or bucket in where:
                flipped |= 1 << bucket
                data = b"" if full else _read(store, bucket, live)
                count += _write(store, bucket, live, data, rows, where)
                yield None
        if count <= most:
            store.write("local", record.pack([number, count, live ^ flipped]))
            live ^= flipped
            verdict = "Accepted"
    except (OSError, ValueError):
        pass  # the flash is full or refuses, or a bucket is: said by the answer
    # Slots that do not count: of this update, or of one that a cut ended.
    for name in store.names():
        if name[0] == "l" and len(name) == 4 and name != _name(int(name[1:3], 16), live):
            try:
                store.delete(name)
            except OSError:
                pass  # it is never read
            yield None
    yield verdict


def pack(token, status, expiry=None, parent=None) -> bytes:
    """A row for changes(): the entry; without a status, which deletes it, only the token.

    expiry: Unix seconds or None. ValueError for a token of more than 255 bytes.
    """
    key = token.upper().encode()
    entry = bytes((len(key),)) + key
    if status is None:
        return entry
    expiry = min(max(expiry or 0, 0), 0xFFFFFFFF)
    parent = (parent or "").encode()
    entry += bytes((_STATUS.split().index(status),)) + expiry.to_bytes(4, "big")
    return entry + bytes((len(parent),)) + parent


def _among(head, rows, where, bucket):
    """Index of the row whose length and token are `head`, or -1; bucket: only of that one."""
    for i in range(len(rows)):
        if (bucket < 0 or where[i] == bucket) and rows[i].startswith(head):
            return i
    return -1


def _write(store, bucket, live, data, rows, where):
    """Write the other slot of a bucket: `data` as changed by the rows; returns entries gained."""
    gained = 0
    fresh = bytearray(b"\x01")
    at = 1
    while at < len(data) - 4:
        after = _next(data, at)
        if _among(data[at : at + 1 + data[at]], rows, where, bucket) >= 0:
            gained -= 1
        else:
            fresh.extend(memoryview(data)[at:after])
        at = after
    for i in range(len(rows)):
        if where[i] == bucket and len(rows[i]) > rows[i][0] + 1:
            gained += 1
            fresh.extend(rows[i])
    if len(fresh) > _BUCKET_MOST:
        raise ValueError
    name = _name(bucket, live ^ 1 << bucket)
    if len(fresh) > 1:
        fresh.extend(binascii.crc32(fresh).to_bytes(4, "little"))
        store.write(name, fresh)
    else:
        store.delete(name)
    return gained

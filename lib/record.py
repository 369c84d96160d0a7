"""How is one record laid out in flash, so that a damaged or older one is noticed?

One version byte, the fields as a JSON array, four bytes of CRC-32 (little-endian) over both.
A record of up to 128 bytes stays inside LittleFS's directory block; the journal's records are
built to fit.
"""

import binascii
import json

from micropython import const

# Raised when the meaning of the fields changes; `unpack` refuses what it does not know.
VERSION = const(1)


def pack(fields) -> bytes:
    """Bytes of a record for `fields`, a list of what JSON can say."""
    body = bytes((VERSION,)) + json.dumps(fields, separators=(",", ":")).encode()
    return body + binascii.crc32(body).to_bytes(4, "little")


def unpack(data):
    """The fields of a record, or None if it is absent, damaged or of another version."""
    if not data or len(data) < 7 or data[0] != VERSION or not whole(data):
        return None
    try:
        fields = json.loads(data[1:-4])
    except ValueError:
        return None
    return fields if isinstance(fields, list) else None


def whole(data) -> bool:
    """Is it what was written, of whatever version?"""
    return binascii.crc32(data[:-4]).to_bytes(4, "little") == data[-4:]

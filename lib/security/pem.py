"""What is in a PEM file, and how is one written?

RFC 7468, the strict reading: a line of BEGIN, base64, a line of END with the same label. Text
between the blocks is skipped, as tools write comments there.
"""

import binascii

from security import Invalid

_MOST = 8  # blocks read of one text


def decode(text, label: str = "CERTIFICATE") -> list:
    """DER of every block with this label, in their order; blocks of other labels are skipped.

    text: str or bytes. Invalid if there is none, or more than 8, or one is damaged.
    """
    if isinstance(text, str):
        text = text.encode()
    found = []
    at = 0
    count = 0
    while True:
        at = text.find(b"-----BEGIN ", at)
        if at < 0:
            break
        count += 1
        if count > _MOST:
            raise Invalid("format", "more than %d PEM blocks" % _MOST)
        start = text.find(b"-----", at + 11)
        name = text[at + 11 : start]
        last = b"-----END " + name + b"-----"
        at = text.find(last, start)
        if start < 0 or at < 0 or b"\n" in name:
            raise Invalid("format", "PEM block without its end")
        if name == label.encode():
            found.append(_body(text[start + 5 : at]))
        at += len(last)
    if not found:
        raise Invalid("format", "no PEM block %s" % label)
    return found


def _body(text: bytes) -> bytes:
    packed = b"".join(text.split())
    for c in packed:
        # a2b_base64 skips what it does not know: two readers would see two certificates
        if not (48 <= c <= 57 or 65 <= (c & 0xDF) <= 90 or c in b"+/="):
            raise Invalid("format", "PEM holds what is not base64")
    if len(packed) & 3 or b"=" in packed.rstrip(b"=") or packed[-3:] == b"===":
        raise Invalid("format", "PEM is cut")
    data = binascii.a2b_base64(packed)
    # The last digit may hold bits that count for nothing: they must be 0.
    if not data or binascii.b2a_base64(data[-(len(data) % 3 or 3) :])[:4] != packed[-4:]:
        raise Invalid("format", "PEM is cut")
    return data


def encode(der: bytes, label: str = "CERTIFICATE") -> str:
    """PEM text of one block, with a line feed at its end."""
    lines = ["-----BEGIN " + label + "-----"]
    for i in range(0, len(der), 48):
        lines.append(binascii.b2a_base64(der[i : i + 48]).decode()[:-1])
    lines.append("-----END " + label + "-----\n")
    return "\n".join(lines)

"""What is in a PEM file, and how is one written?

RFC 7468, the strict reading: a line of BEGIN, base64, a line of END with the same label. Text
between the blocks is skipped, as tools write comments there.
"""

import binascii

from micropython import const

from security import Invalid, run

_BEGIN = b"-----BEGIN CERTIFICATE-----\n"
_END = b"-----END CERTIFICATE-----\n"
_MOST = const(8)  # blocks read of one text
_PIECE = const(256)  # characters decoded in one step


def decode(text, label: str = "CERTIFICATE") -> list:
    """DER of every block with this label, in their order; blocks of other labels are skipped.

    text: str or bytes. Invalid if there is none, or more than 8, or one is damaged.
    """
    return run(reading(text, label))


def reading(text, label: str = "CERTIFICATE"):
    """Steps; as decode(). The text is never copied as a whole."""
    mark = (lambda part: part) if isinstance(text, str) else (lambda part: part.encode())
    begin = mark("-----BEGIN ")
    dashes = mark("-----")
    found = []
    at = 0
    count = 0
    while True:
        at = text.find(begin, at)
        if at < 0:
            break
        count += 1
        if count > _MOST:
            raise Invalid("format", "more than %d PEM blocks" % _MOST)
        start = text.find(dashes, at + 11)
        name = text[at + 11 : start] if 0 <= start < at + 80 else mark("\n")
        last = mark("-----END ") + name + dashes
        at = text.find(last, start)
        if at < 0 or mark("\n") in name:
            raise Invalid("format", "PEM block without its end")
        if name == mark(label):
            found.append((yield from _body(text, start + 5, at)))
        at += len(last)
        yield
    if not found:
        raise Invalid("format", "no PEM block %s" % label)
    return found


def _body(text, at, end):
    """Steps; returns what the base64 of text[at:end] says."""
    data = bytearray()
    rest = b""
    while at < end:
        part = text[at : min(at + _PIECE, end)]
        at += _PIECE
        if isinstance(part, str):
            part = part.encode()
        rest = b"".join([rest] + part.split())
        whole = len(rest) & ~3
        part = rest[:whole]
        rest = rest[whole:]
        yield
        # a2b_base64 skips what it does not know, and two readers would see two certificates: it
        # has to be what is written for these bytes, and nothing follows the padding
        try:
            more = binascii.a2b_base64(part)
        except ValueError:
            more = b""
        if binascii.b2a_base64(more)[:-1] != part or part and len(data) % 3:
            raise Invalid("format", "PEM holds what is not base64")
        data.extend(more)
    if rest or not data:
        raise Invalid("format", "PEM is cut")
    return bytes(data)


def encode(der: bytes, label: str = "CERTIFICATE") -> str:
    """PEM text of one block, with a line feed at its end."""
    lines = ["-----BEGIN " + label + "-----"]
    for i in range(0, len(der), 48):
        lines.append(binascii.b2a_base64(der[i : i + 48]).decode()[:-1])
    lines.append("-----END " + label + "-----\n")
    return "\n".join(lines)


def bundle(certificates: list) -> bytearray:
    """PEM of certificates (DER), one after another; it empties the list. One piece of memory."""
    size = 0
    for der in certificates:
        size += len(_BEGIN) + len(_END) + (len(der) + 47) // 48 + (len(der) + 2) // 3 * 4
    text = bytearray(size)
    at = 0
    while certificates:
        der = certificates.pop(0)
        at = _put(text, at, _BEGIN)
        for i in range(0, len(der), 48):
            at = _put(text, at, binascii.b2a_base64(der[i : i + 48]))
        at = _put(text, at, _END)
    return text


def _put(text, at, part):
    end = at + len(part)
    text[at:end] = part
    return end

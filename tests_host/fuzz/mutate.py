"""What does a hostile line make of good bytes? Runs on MicroPython, the same each time."""

TOKENS = (
    b"\x00",
    b"\xff\xff\xff\xff",
    b"\x7f\xff",
    b"\x80",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"1e999",
    b"NaN",
    b"null",
    b"[[[[[[[[",
    b'{"":',
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"%",
    b"%ff",
    b"\r\n",
    b"\n\n",
    b":",
    b"://",
    b"@",
    b"=",
    b"\xc3\xbc",
    b"\xed\xa0\x80",
    b" ",
)
_MOST = 6000  # bytes of an input


class Dice:
    """Numbers below 2^16 from a linear feedback (xorshift): equal on every port."""

    def __init__(self, seed):
        self.x = (seed * 40503 + 1) & 0xFFFFFF or 1

    def under(self, n):
        """A number from 0 to n - 1."""
        x = self.x
        x ^= x << 7 & 0xFFFFFF
        x ^= x >> 9
        x ^= x << 8 & 0xFFFFFF
        self.x = x
        return (x >> 4) % n


def mutated(dice, seeds):
    """One of the seeds, spoilt in one to six ways; now and then it is left as it is."""
    data = bytearray(seeds[dice.under(len(seeds))])
    for _ in range((1, 1, 2, 3, 6, 0)[dice.under(6)]):
        at = dice.under(len(data) + 1)
        how = dice.under(10)
        if how == 0 and data:
            data[at % len(data)] ^= 1 << dice.under(8)
        elif how == 1 and data:
            data[at % len(data)] = dice.under(256)
        elif how == 2:
            data = data[:at]
        elif how == 3:
            data = data[:at] + data[at + 1 + dice.under(4) :]
        elif how == 4:
            data = data[:at] + data[at + dice.under(200) :]
        elif how == 5:
            data = (
                data[:at] + bytes([dice.under(256) for _ in range(1 + dice.under(4))]) + data[at:]
            )
        elif how == 6:
            data = data[:at] + TOKENS[dice.under(len(TOKENS))] + data[at:]
        elif how == 7:  # a piece again, up to eight times
            piece = bytes(data[at : at + 1 + dice.under(60)])
            data = data[:at] + piece * (1 + dice.under(8)) + data[at:]
        elif how == 8:  # a number of the text is another one
            data = _another_number(dice, data, at)
        else:
            other = seeds[dice.under(len(seeds))]
            data = data[:at] + other[dice.under(len(other) + 1) :]
    return bytes(data[:_MOST])


def _another_number(dice, data, at):
    end = len(data)
    while at < end and not 48 <= data[at] <= 57:
        at += 1
    stop = at
    while stop < end and 48 <= data[stop] <= 57:
        stop += 1
    number = (b"0", b"-7", b"65536", b"4294967296", b"1" * 40, b"0.5")[dice.under(6)]
    return data[:at] + number + data[stop:]

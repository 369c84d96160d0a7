"""How is work done on every byte where no machine code is at hand?"""


def mask(buf, count):
    """Mask `count` bytes in place: buf[16 + i] ^= buf[12 + i % 4] (RFC 6455 section 5.3).

    buf: a bytearray as frames.put_head() lays it out: the key at 12, the payload from 16 on,
    with room for `count` rounded up to a multiple of 4 (up to 3 bytes behind the payload change).
    """
    k0 = buf[12]
    k1 = buf[13]
    k2 = buf[14]
    k3 = buf[15]
    for i in range(16, 16 + count, 4):
        buf[i] ^= k0
        buf[i + 1] ^= k1
        buf[i + 2] ^= k2
        buf[i + 3] ^= k3


def is_ascii(chunk, count):
    """Tell whether all `count` bytes of `chunk` (at least one) are below 0x80."""
    return max(chunk) < 0x80

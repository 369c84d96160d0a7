"""How is work done on every byte at machine speed?

The routines of bulk.py, compiled to machine code by the viper emitter: masking, a word at a time,
is some 60 times faster. They stand alone in this file because not every place can load it: who
imports it falls back to bulk.py at ImportError (not MicroPython, or the file is not there),
ValueError (an .mpy of another architecture), SyntaxError (a port without the emitter) and
MemoryError (the ESP32 has no executable memory left).

mpy-cross compiles it only with -march=..., and the result then runs on that architecture alone.
An .mpy tree that is to run anywhere therefore carries this file as source (tools/build.py does):
the port compiles these few lines at import, for its own processor.
"""

import sys

import micropython

if sys.implementation.name != "micropython":
    raise ImportError("viper is a MicroPython thing")


@micropython.viper
def mask(buf, count: int):
    """Mask `count` bytes in place, as bulk.mask() does; buf must be a bytearray (word-aligned)."""
    words = ptr32(buf)
    key = words[3]
    last = 4 + ((count + 3) >> 2)
    i = 4
    while i < last:
        words[i] ^= key
        i += 1


@micropython.viper
def is_ascii(chunk, count: int) -> bool:
    """Tell whether all `count` bytes of `chunk` are below 0x80."""
    octets = ptr8(chunk)
    bits = 0
    i = 0
    while i < count:
        bits |= octets[i]
        i += 1
    return bits < 0x80

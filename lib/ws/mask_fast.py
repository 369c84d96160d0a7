"""How is a payload masked at machine speed? (RFC 6455 section 5.3)

The same routine as mask.py, compiled to machine code by the viper emitter, a word at a time:
some 60 times faster. It stands alone in its file because not every place can load it: frames.py
falls back to mask.py when the import raises ImportError (not MicroPython, or the file is not
there), ValueError (an .mpy of another architecture) or SyntaxError (a port without the emitter).

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
    """Mask `count` bytes in place, as mask.mask() does; buf must be a bytearray (word-aligned)."""
    words = ptr32(buf)
    key = words[3]
    last = 4 + ((count + 3) >> 2)
    i = 4
    while i < last:
        words[i] ^= key
        i += 1

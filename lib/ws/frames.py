"""How do the bytes of a stream become WebSocket messages, and messages bytes? (RFC 6455)

No sockets here. The reader lends out the memory into which the next bytes are to be received, so
that a message arrives in place: a large one costs one allocation, its own length.

    reader = Reader(max_message)
    count = socket.readinto(reader.room())    then    reader.received(count)
    event = reader.poll()                     until it returns 0, then receive more
"""

import sys

from micropython import const

from ws.utf8 import check

try:
    from ws.bulk_fast import mask
except (ImportError, ValueError, SyntaxError, MemoryError):
    from ws.bulk import mask  # noqa: F401 (for who sends)

# What poll() returns, and the type of a message. 1 to 10 are the opcodes of RFC 6455 section 11.8,
# those above 255 have the numbers that aiohttp gives them; OVERSIZE is ours.
TEXT = const(1)
BINARY = const(2)
CLOSE = const(8)
PING = const(9)
PONG = const(10)
CLOSED = const(257)
ERROR = const(258)
OVERSIZE = const(259)

PAYLOAD = const(16)  # where put_head() expects the payload in the transmit buffer

_CHUNK = const(2048)  # bytes received at once into a message: utf8.check() may copy them
_LONG = const(2048)  # a longer text goes to the place that the owner has for such
_KEEP = const(128)  # bytes kept of a message that is too long
_DRAIN = const(1048576)  # a longer message is not worth draining: the connection is closed

try:
    from uctypes import addressof, bytearray_at

    _UNKNOWN = bytes(8 if sys.maxsize > 0x7FFFFFFF else 4)  # a hash that is not computed yet

    def _memory(size):
        """Return `size` bytes as (object to deliver, writable view of the same memory).

        MicroPython makes a str out of a bytes object without copying it, but not out of a
        bytearray. So a message is received into a bytes object that nobody else has seen yet,
        which halves what a long text costs. The object's hash (its second word) is that of
        zeros and would make equal strings differ.
        """
        raw = bytes(size)
        if size:
            at = id(raw)
            if at < 0:  # id() loses the upper bit from 0x40000000 on: a Linux heap may lie there
                at &= 0x7FFFFFFF
            bytearray_at(at + len(_UNKNOWN), len(_UNKNOWN))[:] = _UNKNOWN
        return raw, memoryview(bytearray_at(addressof(raw), size))

except ImportError:

    def _memory(size):
        """Return `size` bytes as (object to deliver, writable view of the same memory)."""
        raw = bytearray(size)
        return raw, memoryview(raw)


def put_head(buf, opcode, length, key):
    """Write the head of an unfragmented, masked frame so that it ends at PAYLOAD.

    buf: bytearray; key: 4 unpredictable bytes (section 10.3), which come to lie at 12 to 15.
    Returns where the head starts (10, 8 or 2); send buf[start:PAYLOAD + payload bytes] after
    mask(buf, payload bytes). A payload that does not fit follows in pieces, each at PAYLOAD, each
    but the last a multiple of 4 long.
    """
    buf[12:16] = key
    if length < 126:
        start = 10
        buf[11] = 0x80 | length
    elif length < 65536:
        start = 8
        buf[9] = 0xFE
        buf[10] = length >> 8
        buf[11] = length & 0xFF
    else:
        start = 2
        buf[3] = 0xFF
        buf[4:12] = length.to_bytes(8, "big")
    buf[start] = 0x80 | opcode
    return start


def close_code_ok(code):
    """Tell whether an endpoint may send this close code (section 7.4 and the IANA registry)."""
    return 1000 <= code <= 1014 and not 1004 <= code <= 1006 or 3000 <= code <= 4999


class Reader:
    """The receiving half of a client's connection: frames in, events out.

    max_message: longest message in bytes. report: a longer one becomes OVERSIZE instead of an
    error 1009. size: receive buffer, at least 160 bytes (a control frame has to fit).
    spill: None, or a function that gives a place for a long text, or for one that finds no memory:
    an object with write(bytes), OSError if it has no room, and finish(), whose result is `data`.
    After an event: data (see poll), reason (of a CLOSE), length (bytes of the message).
    """

    def __init__(self, max_message=12288, report=False, size=256):
        self.limit = max_message
        self.report = report
        self.rx = memoryview(bytearray(size))
        self.pos = self.end = 0  # what rx holds and poll() has not seen yet
        self.direct = False  # room() lent memory of the message itself
        self.head = 0  # first byte of the data frame being received, 0 between frames
        self.left = 0  # bytes of that frame still to come
        self.kind = 0  # opcode of the message being received, 0 between messages
        self.over = False  # it is too long: keep _KEEP bytes, drop the others
        self.length = 0  # bytes of the message: all its frames so far, with the current one
        self.have = 0  # bytes of the message stored
        self.raw = self.buf = None  # memory of the message, see _memory()
        self.spill = self.place = None  # place: of the long text being received
        self.tail = b""  # of the UTF-8 check
        self.last = 0  # CLOSE or ERROR once it happened: nothing is read after that
        self.data = self.reason = None

    def room(self):
        """Return a writable memoryview (never empty) for the next bytes of the stream."""
        if self.pos == self.end:
            self.pos = self.end = 0
            self.direct = self.left > 0 and not self.over and self.place is None
            if self.direct:
                return self.buf[self.have : self.have + min(self.left, _CHUNK)]
            return self.rx
        self.direct = False
        if self.pos:
            count = self.end - self.pos
            self.rx[:count] = self.rx[self.pos : self.end]
            self.pos = 0
            self.end = count
        return self.rx[self.end :]

    def received(self, count):
        """Tell that `count` bytes were put at the start of what room() returned last."""
        if self.direct:
            self._take(self.buf[self.have : self.have + count])
        else:
            self.end += count

    def poll(self):
        """Return the next event, 0 when more bytes are needed.

        TEXT (data: str), BINARY (bytes), OVERSIZE (the first 128 bytes; length: the whole),
        PING and PONG (bytes), CLOSE (data: the peer's code, 1005 if it gave none; reason: str),
        ERROR (data: the close code to send, RFC 6455 7.4.1). After CLOSE and ERROR the same again.
        """
        while not self.last:
            if not self.head:
                event = self._frame()
                if event >= 0:
                    return event
            count = min(self.left, self.end - self.pos)
            if count:
                self.pos += count
                self._take(self.rx[self.pos - count : self.pos])
            elif self.left:
                return 0
            elif self.head & 0x80:
                return self._message()
            else:
                self.head = 0
        return self.last

    def _fail(self, code):
        self.data = code
        self.raw = self.buf = None
        self.last = ERROR
        return ERROR

    def _frame(self):
        """Read the head of a frame: -1 when it is a data frame, else the event."""
        pos = self.pos
        have = self.end - pos
        if not have:
            return 0
        first = self.rx[pos]
        opcode = first & 15
        # Section 5.2: no extension was negotiated, so the RSV bits are 0; opcodes 3 to 7 and 11 up
        # are reserved. 5.5: control frames are not fragmented. 5.4: a continuation continues
        # something, and nothing else starts before the message is complete.
        if first & 0x70 or 2 < opcode < 8 or opcode > 10:
            return self._fail(1002)
        if first < 0x80 if opcode & 8 else (opcode == 0) != (self.kind != 0):
            return self._fail(1002)
        if have < 2:
            return 0
        length = self.rx[pos + 1]
        if length > (125 if opcode & 8 else 127):  # also: the server masked it (5.1)
            return self._fail(1002)
        pos += 2
        if length > 125:
            size = 2 if length == 126 else 8
            if have < 2 + size:
                return 0
            length = int.from_bytes(self.rx[pos : pos + size], "big")
            if self.rx[pos] > 127 and size == 8 or length < (126 if size == 2 else 65536):
                return self._fail(1002)  # the highest bit is set, or not the shortest form
            pos += size
        if opcode & 8:
            if self.end < pos + length:
                return 0
            self.pos = pos + length
            return self._control(opcode, bytes(self.rx[pos : self.pos]))
        self.pos = pos
        return self._begin(first, length)

    def _begin(self, first, length):
        """Start a data frame: find memory for it."""
        if first & 15:
            self.kind = first & 15
            self.length = self.have = 0
            self.over = False
            self.tail = b""
        self.head = first | 0x40  # 0x00, a continuation that is not the last, would read as none
        self.left = length
        self.length = length = self.length + length
        if self.over or length > self.limit:
            return self._oversize()
        if self.place is not None or length > _LONG and self._spilled():
            return -1
        if length > (len(self.buf) if self.buf else 0):
            # The last frame tells the length of the message. Before it, one can only guess.
            size = length if first & 0x80 else min(self.limit, max(1024, 2 * length))
            try:
                raw, buf = _memory(size)
            except MemoryError:
                return -1 if self._spilled() else self._oversize()
            if self.have:
                buf[: self.have] = self.buf[: self.have]
            self.raw = raw
            self.buf = buf
        return -1

    def _spilled(self):
        """Go on in the place that the owner gives; False: there is none."""
        if self.kind != TEXT or not self.spill:
            return False
        try:
            self.place = self.spill()
            if self.have:
                self.place.write(self.buf[: self.have])
        except OSError:
            self.place = None
            return False
        self.raw = self.buf = None
        return True

    def _oversize(self):
        """Go on with a message that is too long, or for which the heap has no room."""
        if not self.report or self.length > _DRAIN:
            return self._fail(1009)
        if not self.over:
            self.over = True
            raw, buf = _memory(_KEEP)
            self.have = min(self.have, _KEEP) if self.place is None else 0
            self.place = None
            if self.have:
                buf[: self.have] = self.buf[: self.have]
            self.raw = raw
            self.buf = buf
        return -1

    def _take(self, chunk):
        """Take payload: check it, store it unless it was received in place."""
        count = len(chunk)
        self.left -= count
        if self.kind == TEXT:
            self.tail = check(self.tail, chunk)
            if self.tail is None:
                self._fail(1007)
                return
        if self.place is not None:  # it may be empty yet, which is false
            try:
                self.place.write(chunk)
            except OSError:
                self._oversize()  # without a head: nobody can be answered
                count = 0
        elif not self.direct:
            count = min(count, len(self.buf) - self.have)
            self.buf[self.have : self.have + count] = chunk[:count]
        self.have += count

    def _message(self):
        """Deliver a complete message."""
        if self.tail:
            return self._fail(1007)
        kind = self.kind
        data = self.raw
        if self.have == 0 or self.place is not None:
            data = b""
        elif self.have < len(data):
            data = bytes(self.buf[: self.have])
        place = self.place
        self.raw = self.buf = self.place = None
        self.head = self.kind = 0
        if self.over:
            kind = OVERSIZE
        if kind == TEXT and place is not None:
            data = place.finish()
        elif kind == TEXT:
            data = str(data, "utf8")
        elif not isinstance(data, bytes):
            data = bytes(data)
        self.data = data
        return kind

    def _control(self, opcode, data):
        """Deliver a ping, a pong or the peer's close (section 5.5.1)."""
        self.data = data
        if opcode == CLOSE:
            self.data = 1005
            self.reason = ""
            if data:
                code = int.from_bytes(data[:2], "big")
                if len(data) < 2 or not close_code_ok(code):
                    return self._fail(1002)
                if check(b"", data[2:]) != b"":
                    return self._fail(1007)
                self.data = code
                self.reason = str(data[2:], "utf8")
            self.last = CLOSE
        return opcode

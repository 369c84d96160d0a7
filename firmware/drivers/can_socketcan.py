"""How does a Linux CAN interface (SocketCAN: can0, vcan0) become a CAN driver?

The MicroPython socket knows no sockaddr_can, but its bind() takes any bytes, so the address is
built by hand; the interface's index comes from /sys. The interface must be up with its bit rate
set (`ip link set can0 up type can bitrate 250000 restart-ms 1000`): that needs root, and the
kernel, not this driver, leaves bus-off. Layouts: linux/can.h, linux/can/error.h.
"""

import socket
from struct import pack

from micropython import const

from drivers.can import Driver

# As in drivers/can.py; private constants cost no memory.
_RTR = const(1)
_EXT_ID = const(2)
_STOPPED = const(0)
_ACTIVE = const(1)
_WARNING = const(2)
_PASSIVE = const(3)
_BUS_OFF = const(4)
_AF_CAN = const(29)
_SOCK_RAW = const(3)
_CAN_RAW = const(1)
_SOL_CAN_RAW = const(101)
_CAN_RAW_ERR_FILTER = const(2)
_ENOBUFS = const(105)


def _bound(name):
    # A raw CAN socket on interface `name` that also gets the error frames.
    with open("/sys/class/net/%s/ifindex" % name) as file:
        index = int(file.read())
    sock = socket.socket(_AF_CAN, _SOCK_RAW, _CAN_RAW)
    try:
        sock.setsockopt(_SOL_CAN_RAW, _CAN_RAW_ERR_FILTER, pack("<I", 0x1FFFFFFF))
        sock.bind(pack("<HHI16x", _AF_CAN, 0, index))
    except OSError:
        sock.close()
        raise
    return sock


class SocketCan(Driver):
    """`params`: {"iface": "can0"}, or {"stream": a datagram socket that carries can_frames}.

    A missing or downed interface is _BUS_OFF until `restart()` finds it.
    """

    def __init__(self, params, bit_rate):
        super().__init__()
        self.params = params
        self.stream = None
        self.buf = bytearray(16)
        self.data_view = memoryview(self.buf)[8:]
        self.tx = bytearray(16)
        self.restart()

    def restart(self):
        """Opens the interface anew. Leaving bus-off itself is the kernel's (restart-ms)."""
        self._close()
        try:
            self.stream = self.params.get("stream") or _bound(self.params["iface"])
        except OSError:
            self._enter(_BUS_OFF)
            return
        self.stream.setblocking(False)
        self._enter(_ACTIVE)

    def deinit(self):
        """Closes the socket."""
        self._close()
        self._enter(_STOPPED)

    def _close(self):
        if self.stream and "stream" not in self.params:
            self.stream.close()
        self.stream = None

    def _transmit(self, can_id, data, flags):
        buf = self.tx
        buf[0] = can_id & 0xFF
        buf[1] = can_id >> 8 & 0xFF
        buf[2] = can_id >> 16 & 0xFF
        buf[3] = can_id >> 24 | (0x80 if flags & _EXT_ID else 0)
        length = len(data)
        buf[4] = length
        remote = flags & _RTR
        if remote:
            buf[3] |= 0x40
        for i in range(8):
            buf[8 + i] = data[i] if i < length and not remote else 0
        try:
            return self.stream.write(buf) == 16
        except OSError as e:
            if e.errno != _ENOBUFS:  # the interface's queue is full; anything else: it is gone
                self._enter(_BUS_OFF)
            return False

    def pump(self):
        """Reads every waiting frame into the ring, and error frames into state and counters."""
        buf = self.buf
        while self.stream:
            try:
                if self.stream.readinto(buf) != 16:
                    return
            except OSError:
                self._enter(_BUS_OFF)
                return
            top = buf[3]
            length = buf[4]
            if top & 0x20:
                self._error_frame(buf)
            elif length <= 8:
                flags = (_EXT_ID if top & 0x80 else 0) | (_RTR if top & 0x40 else 0)
                can_id = (top & 0x1F) << 24 | buf[2] << 16 | buf[1] << 8 | buf[0]
                self.put(can_id, flags, self.data_view, length)

    def _error_frame(self, buf):
        self.errors += 1
        kind = buf[0] | buf[1] << 8
        if kind & 0x200:  # CAN_ERR_CNT
            self.counters[0] = buf[14]
            self.counters[1] = buf[15]
        if kind & 0x40:  # CAN_ERR_BUSOFF
            self._enter(_BUS_OFF)
        elif kind & 0x100:  # CAN_ERR_RESTARTED
            self._enter(_ACTIVE)
        elif kind & 4:  # CAN_ERR_CRTL
            control = buf[9]
            if control & 3:
                self.counters[7] += 1
            if control & 0x30:
                self._enter(_PASSIVE)
            elif control & 0x0C:
                self._enter(_WARNING)
            elif control & 0x40:
                self._enter(_ACTIVE)

"""How is a Lawicel adapter reached: over TCP, at a serial port, or by a stream that is there?

Imported only to connect, and forgotten again (lib/lazy.py).
"""

_SPEEDS = {9600: "B9600", 57600: "B57600", 115200: "B115200", 1000000: "B1000000"}


def connect(params):
    """The non-blocking stream that board.CAN describes (docs/can.md); it may still be connecting.

    OSError if there is nothing, ValueError for a speed that is not offered.
    """
    if "stream" in params:
        return params["stream"]
    if "tty" in params:
        return _open_tty(params["tty"])
    import socket
    from errno import EINPROGRESS  # 115 on Linux, 119 on the ESP32

    address = socket.getaddrinfo(params["host"], params["port"])[0][-1]
    stream = socket.socket()
    stream.setsockopt(6, 1, 1)  # TCP_NODELAY: a frame must not wait for the last one's ACK
    stream.setblocking(False)
    try:
        stream.connect(address)
    except OSError as e:
        if e.errno != EINPROGRESS:
            stream.close()
            raise
    return stream


def _open_tty(where):
    # "/dev/ttyACM0" or "/dev/ttyUSB0@57600" (115200 is the default): raw, and a read returns at
    # once with what is there (VMIN 0).
    import termios

    name, _, speed = where.partition("@")
    speed = int(speed or 115200)
    if speed not in _SPEEDS:
        raise ValueError("speed %d: expected one of %s" % (speed, sorted(_SPEEDS)))
    stream = open(name, "r+b")
    fd = stream.fileno()
    termios.setraw(fd)
    mode = termios.tcgetattr(fd)
    mode[4] = mode[5] = getattr(termios, _SPEEDS[speed])
    mode[6][5] = 0  # VTIME
    mode[6][6] = 0  # VMIN
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    return stream

"""How is a USB serial adapter opened on the Unix port without ever blocking?"""

import termios

_SPEEDS = {9600: "B9600", 57600: "B57600", 115200: "B115200", 1000000: "B1000000"}


def open_tty(where):
    """A stream from "/dev/ttyACM0" or "/dev/ttyUSB0@57600" (115200 is the default).

    Raw, and a read returns at once (VMIN 0). OSError if it is not there, ValueError for a speed
    that is not offered.
    """
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

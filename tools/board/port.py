"""Which serial port is the board at, and why can it not be opened?"""

import errno
import os
from pathlib import Path

import serial
from serial.tools import list_ports

from tools.board import BoardError

# USB makers that boards have: Espressif, Silicon Labs (CP210x), WCH (CH34x), FTDI, Raspberry Pi.
MAKERS = {0x303A: "Espressif", 0x10C4: "CP210x", 0x1A86: "CH34x", 0x0403: "FTDI", 0x2E8A: "RP2"}


def candidates() -> list[tuple[str, str]]:
    """(port, what it says about itself) of every USB serial port that could be a board."""
    found = [port for port in list_ports.comports() if port.vid in MAKERS]
    return sorted((port.device, f"{MAKERS[port.vid]}, {port.description}") for port in found)


def find(wanted: str) -> str:
    """The port: `wanted` itself, or for "auto" the only candidate. Raises BoardError."""
    if not wanted:
        raise BoardError("which port? PORT=/dev/ttyUSB0, or PORT=auto to let the board be found")
    if wanted != "auto":
        return wanted
    found = candidates()
    if not found:
        raise BoardError(
            "no board found: no USB serial port of a known maker. Is the cable a data cable? "
            "`dmesg | tail` tells what the kernel saw; PORT=/dev/... names a port by hand"
        )
    if len(found) > 1:
        listed = "\n".join(f"  PORT={device}  {text}" for device, text in found)
        raise BoardError(f"several boards could be meant; say which:\n{listed}")
    return found[0][0]


def check(port: str) -> None:
    """Raises BoardError with the cause and the cure when a port cannot be opened."""
    if "://" in port:
        return
    try:
        serial.Serial(port, 115200, exclusive=True).close()
    except (OSError, serial.SerialException) as error:
        code = getattr(error, "errno", None)
        if code == errno.ENOENT or not Path(port).exists():
            others = ", ".join(device for device, _ in candidates()) or "none"
            raise BoardError(f"there is no {port}; boards seen: {others}")
        if code == errno.EACCES or not os.access(port, os.R_OK | os.W_OK):
            group = Path(port).group()
            raise BoardError(
                f"no permission for {port}: add yourself to its group and log in again:\n"
                f"  sudo usermod -aG {group} $USER"
            )
        if code in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error):
            raise BoardError(
                f"{port} is busy: another program has it (a terminal, mpremote, a second deploy?);"
                f" `fuser {port}` names it"
            )
        raise BoardError(f"{port} cannot be opened: {error}")

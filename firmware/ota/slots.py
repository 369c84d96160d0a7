"""Which build runs, which one came before it, and how does a new one prove itself?

Builds lie in the root (what came by cable) and in the folders a and b (updates). The file `slot`
says which one runs: CURRENT LEFT BACK. CURRENT, BACK: "-" (the root), "a" or "b". LEFT: "ok"; or
how many more starts a new build has to prove itself; or "failed": BACK was CURRENT's trial, which
did not. boot.py reads it before anything else runs, counts down, and goes back at 0; so it does
not depend on any build. No file: the root. An app image has the root's place, and BACK is "=" with
the label of its partition: the boot loader goes back by itself, which then shows.
"""

import os

FILE = "slot"
STARTS = 3  # that a new build has


def read():
    """(current, left, back)."""
    try:
        with open(FILE) as f:
            current, left, back = f.read().split()
        return current, left, back
    except (OSError, ValueError):
        return "-", "ok", "-"


def write(*fields):
    """Replace the file, so that a power cut leaves the old or the new one."""
    with open(FILE + "~", "w") as f:
        f.write(" ".join([str(field) for field in fields]))
    os.rename(FILE + "~", FILE)


def spare() -> str:
    """The folder that an update may fill: neither what runs nor what it would go back to."""
    current, left, back = read()
    return "a" if "a" not in (current, back if left.isdigit() else "") else "b"


def switch(folder: str):
    """From the next start on the build in `folder` runs, on trial."""
    write(folder, STARTS, read()[0])


def switch_app(label: str):
    """From the next start on the app image in the partition of that label runs, on trial."""
    write("-", STARTS, "=" + label)


def running() -> str:
    """The label of the app partition that runs; "" where there is none."""
    try:
        from esp32 import Partition
    except ImportError:
        return ""
    return Partition(Partition.RUNNING).info()[4]


def state() -> str:
    """Of the build that runs: "trial", "failed" (the one after it did) or ""."""
    _, left, back = read()
    if left.isdigit() and (back[0] != "=" or back[1:] == running()):
        return "trial"
    return "" if left == "ok" else "failed"


def confirm():
    """It has: it stays. The boot loader is told first: a cut in between is one more trial."""
    current, _, back = read()
    if back[0] == "=":
        from esp32 import Partition

        Partition.mark_app_valid_cancel_rollback()
    write(current, "ok", "-")


def give_up():
    """It has not: the next start is of the build before it."""
    current, _, back = read()
    if back[0] != "=":  # else the boot loader goes back, as nobody has confirmed the image
        write(back, "failed", current)


def known():
    """That an update failed has been told."""
    write(read()[0], "ok", "-")

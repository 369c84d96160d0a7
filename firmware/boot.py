"""What must be true before anything else runs? Every output off, and the files of one build.

A deploy that came completely but was cut while it moved into place (tools/deploy.py) is finished.
An update on trial (ota/slots.py has the file `slot`) loses one of its starts; it runs from its
folder, or, when it has no more, the build before it runs again.
With a console lock, Ctrl-C does nothing from here on. A radio gets its memory.

board.OUTPUT_PINS: a number is a pin that is active high, `~number` one that is active low.
"""

import sys

if sys.platform != "linux":
    import micropython

    micropython.kbd_intr(-1)  # MicroPython lets it interrupt each file that it starts

try:
    import board

    for _pin in getattr(board, "OUTPUT_PINS", ()):
        from machine import Pin

        Pin(_pin if _pin >= 0 else ~_pin, Pin.OUT, value=int(_pin < 0))
except Exception as e:  # a board file with a fault must not keep the REPL from the user
    sys.print_exception(e)


def there(path):
    """Is there such a file or folder?"""
    import os

    try:
        os.stat(path)
        return True
    except OSError:
        return False


def finish(folder):
    """Move what lies below new/ to where it belongs; new/go is the sign that all of it came.

    Its lines name the files that the new build no longer has. Every step may be cut and repeated;
    new/go goes last.
    """
    import os

    for entry in list(os.ilistdir("new" + folder)):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            try:
                os.mkdir(path[1:])
            except OSError:  # it exists
                pass
            finish(path)
        elif path != "/go":
            os.rename("new" + path, path[1:])
    if not folder:
        with open("new/go") as f:
            for line in f:
                try:
                    os.remove(line.strip())
                except OSError:  # gone already
                    pass
        os.remove("new/go")
    os.rmdir("new" + folder)


if there("new/go"):
    finish("")


def choose():
    """The folder of the build that is to run, "" for the root."""
    import os

    try:
        with open("slot") as f:
            current, left, back = f.read().split()
    except (OSError, ValueError):  # no update has ever come; or its file is lost
        for folder in ("a", "b"):
            if not there("lib") and there(folder + "/whole"):
                return folder
        return ""
    if left[0] in "0123456789":
        if left == "0":
            current, left, back = back[:1] if back[0] != "=" else "-", "failed", current
        else:
            left = str(int(left) - 1)
            try:
                from machine import WDT

                WDT(timeout=120000)  # a build that hangs before it has a watchdog
            except ImportError:
                pass
        with open("slot~", "w") as f:
            f.write("%s %s %s" % (current, left, back))
        os.rename("slot~", "slot")
    return "" if current == "-" else current


_slot = choose()
if _slot:
    sys.path[:0] = [_slot, _slot + "/lib"]
    sys.modules.pop("board", None)  # the build has its own

locked = False  # main.py shares this name space on a chip
try:
    with open("config.json") as _file:
        locked = '"ConsoleLock"' in _file.read()
except OSError:
    pass

try:
    if (getattr(board, "NET", None) or ("",))[0] == "wifi":
        # Its 40 KB come out of the memory into which MicroPython's heap grows: later there might
        # be too little left, and never a network.
        import network

        network.WLAN(network.STA_IF).active(True)
except Exception as e:  # net/link.py tries again, and says so
    sys.print_exception(e)

for _name in ("there", "finish", "choose"):  # of all this `locked` and `board` are still needed
    globals().pop(_name)

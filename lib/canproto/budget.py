"""How much of a CAN bus do so many guns and modules need, and is there room?

Worst case: every frame with all the stuff bits it can have. Frames a second are those of the
contracts (can_protocols b.2 to b.5, b.7); where no period is stated it is an inference, named in
docs/plc.md. Used when the station is built and by the console.
"""

from micropython import const

#: Beyond this part of the bus (per cent) a configuration is refused: frames would wait too long.
LOAD_MAX = const(80)

# Frames in ten seconds of one gun: station to PLC, PLC to station, by version.
_STATION = (0, 240, 120, 41)
_PLC = (0, 400, 350, 59)

#: Requests and answers of all power modules on one bus, in a second (20 kbit/s, b.4).
MODULE_FRAMES = const(125)


def worst_bits(length: int, extended: bool = True) -> int:
    """Bits of a data frame on the wire with every possible stuff bit and 3 bits of space after."""
    stuffed = (54 if extended else 34) + 8 * length
    return stuffed + 13 + (stuffed - 1) // 4


def gun_frames(version: int) -> tuple:
    """Frames a second of one gun: (station to PLC, PLC to station), in tenths."""
    return _STATION[version], _PLC[version]


def frames(guns: int, version: int, modules: int) -> int:
    """Frames a second, rounded up, of a bus with so many guns and power modules."""
    tenths = guns * (_STATION[version] + _PLC[version])
    # A module is polled each 100 ms (a request, an answer) while the budget of all allows.
    return (tenths + 9) // 10 + min(modules * 20, MODULE_FRAMES)


def load(guns: int, version: int, modules: int, bit_rate: int) -> int:
    """The part of the bus that is used in the worst case, in tenths of a per cent, rounded up."""
    need = frames(guns, version, modules) * worst_bits(8)
    return (need * 10 + bit_rate // 100 - 1) // (bit_rate // 100)


def check(guns: int, version: int, modules: int, bit_rate: int) -> str:
    """One line for a person; ValueError with the same figures if there is no room."""
    used = load(guns, version, modules, bit_rate)
    text = "%d guns (contract v%d), %d modules: %d of %d frames/s, %d.%d %% of %d kbit/s" % (
        guns,
        version,
        modules,
        frames(guns, version, modules),
        bit_rate // worst_bits(8),
        used // 10,
        used % 10,
        bit_rate // 1000,
    )
    if used > LOAD_MAX * 10:
        raise ValueError(text + ": at most %d %%" % LOAD_MAX)
    return text

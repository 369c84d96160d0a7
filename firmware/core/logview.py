"""Which lines does the log hold, and what shall it keep? Imported when somebody asks.

core/log.py writes the ring; here it is read, and set up from the configuration.
"""

from core import log


def lines(count: int = 200, level: int = 0, tag: int = -1):
    """Generator of the last lines as text, oldest first; those at `level` and above, of one tag.

    May be read slowly: lines made meanwhile do not show, lines they push out are left out.
    """
    end = log.made
    skip = sum([1 for _ in _walk(end, level, tag)]) - count
    for rec in _walk(end, level, tag):
        skip -= 1
        if skip < 0:
            yield log.render(rec)


def _walk(end, level, tag):
    at = 0
    while True:
        oldest = log.made - log.used
        if at < oldest:
            at = oldest
        if at >= end:
            return
        size = log.ring[at % len(log.ring)]
        kind = log.ring[(at + 1) % len(log.ring)]
        if kind >> 4 >= level and (tag < 0 or kind & 15 == tag):
            yield bytes([log.ring[(at + k) % len(log.ring)] for k in range(size)])
        at += size


def setup(profile: str, levels: str, size: int = 4096):
    """Apply the configuration: 'production' or 'debug', levels 'INFO,CAN:TRACE', ring bytes.

    The debug profile keeps DEBUG and above everywhere and suppresses nothing. ValueError for a
    level or tag that does not exist.
    """
    debug = profile == "debug"
    found = bytearray(log.levels)
    for item in levels.split(","):
        tag, _, name = item.rpartition(":")
        level = log.LEVELS.split().index(name)
        if debug and level > 1:
            level = 1
        if tag:
            found[log.TAGS.split().index(tag)] = level
        else:
            for i in range(8):
                found[i] = level
    log.levels = found
    log.limit = not debug
    if size != len(log.ring):
        log.ring = bytearray(size)
        log.made = log.used = log.held = 0


def expected(levels: str):
    """None if setup() would take these levels, else what it would take."""
    for item in levels.split(","):
        tag, colon, name = item.rpartition(":")
        if name not in log.LEVELS.split() or colon and tag not in log.TAGS.split():
            return "LEVEL or TAG:LEVEL; levels %s, tags %s" % (log.LEVELS, log.TAGS)

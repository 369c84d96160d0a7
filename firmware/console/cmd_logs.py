"""Console: logs. What happened lately?"""

import lazy
from core import log


def logs(app, args, session):
    """logs [COUNT] [LEVEL] [TAG]: the last lines at LEVEL and above; logs follow on|off."""
    if args and args[0] == "follow":
        if args[1:] not in (["on"], ["off"]):
            raise ValueError("expected follow on or follow off")
        session.follow = args[1] == "on"
        yield "log lines show live: " + args[1]
        return
    count = 50
    level = 0
    tag = -1
    levels = log.LEVELS.split()
    tags = log.TAGS.split()
    for word in args:
        if word.isdigit() and int(word):
            count = int(word)
        elif word.upper() in levels:
            level = levels.index(word.upper())
        elif word.upper() in tags:
            tag = tags.index(word.upper())
        else:
            raise ValueError(
                "'%s' is no count, no level (%s) and no tag (%s)" % (word, log.LEVELS, log.TAGS)
            )
    for line in lazy.load("core.logview").lines(count, level, tag):
        yield line

"""How does a line become an answer, and what if there is no memory for it?

Imported for each line and forgotten: what a console needs beyond it is there only while it
answers. A station that is short of memory answers "error: busy, N bytes free" and goes on.
"""

import asyncio
import gc
import sys

from micropython import const

import lazy

_FREE = ("help", "version", "status", "unlock", "login", "quit")  # on a locked console
_ROOM = const(5120)  # bytes free before a command is loaded: the others need some, too
_PAUSE_MS = const(100)
_TRIES = const(20)

# command@module, without the module's "console.cmd_"; console/table.py says more of each.
WHERE = (
    b" help@info status@status health@status diagnostics@diag faults@info logs@logs start@charge"
    b" stop@charge tag@charge unlock@charge available@charge clear@charge reset@service"
    b" config@config factory@service ring@ring can@can tasks@status time@service update@update"
    b" maintenance@service login@lock logout@lock version@info quit@service "
)


def where(name: str):
    """Module of a command, or None."""
    at = WHERE.find(b" " + name.encode() + b"@") if name.isalpha() else -1
    if at < 0:
        return None
    at = WHERE.find(b"@", at) + 1
    return "console.cmd_" + str(WHERE[at : WHERE.find(b" ", at)], "utf-8")


def names():
    """All commands, with a space between."""
    return " ".join([str(word[: word.find(b"@")], "utf-8") for word in WHERE.split()])


def busy() -> str:
    """The answer when memory is short."""
    lazy.forget(0)
    gc.collect()
    return "error: busy, %d bytes free" % gc.mem_free()


async def run(app, session, line, put, end):
    """Answer a line: `await put(text)` with lines that end in `end`."""
    for _ in range(_TRIES):
        if gc.mem_free() > _ROOM:
            break
        text = busy()
        if gc.mem_free() > _ROOM:
            break
        await asyncio.sleep_ms(_PAUSE_MS)
    else:
        await put(text + end)
        return
    for text in answers(app, session, line):
        if isinstance(text, int):  # a command that waits: milliseconds
            await asyncio.sleep_ms(text)
        else:
            await put(text + end)


def answers(app, session, line: str):
    """Generator of the answer's lines (str; an int asks for a pause of so many ms).

    Wrong input is answered by what was expected, a command's exception by its text and a log line.
    """
    words = line.split()
    if not words:
        return
    name = words[0].lower()
    module = where(name)
    if module is None:
        yield "error: no command '%s', expected one of: %s" % (words[0], names())
        return
    if session.locked and name not in _FREE:
        yield "error: the console is locked, expected: login PASSWORD"
        return
    wrong = None
    try:
        try:
            module = lazy.load(module)
        except MemoryError:
            module = None
            yield busy()  # nothing was done
            return
        for text in getattr(module, name)(app, words[1:], session):
            yield text
    except ValueError as e:  # the command's way to say: wrong input
        wrong = str(e)
    except MemoryError:
        module = None
        yield "%s; %s may be half done" % (busy(), name)
    except Exception as e:
        app.log("UI").exc(e, "command %s", name)
        yield "error: %s failed: %s" % (name, repr(e))
    finally:
        for loaded in list(sys.modules):
            if loaded.startswith("console.cmd_"):
                lazy.drop(loaded)
        lazy.drop("core.logview")
    if wrong is not None:
        module = None
        usage = lazy.call("console.table", "find", name)[1]
        yield "error: %s; usage: %s %s" % (wrong, name, usage)

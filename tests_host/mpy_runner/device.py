"""Which tests of one mt_*.py file pass? (The side that runs inside MicroPython.)

    micropython device.py SOURCE SHOWN_NAME TEST...

reads SOURCE, runs the named functions in order and writes one line for each event: a byte 1 and a
JSON list, `["start", name]`, `["pass", name]`, `["skip", name, reason]`, `["fail", name, trace]`,
or `["broken", trace]` when the file itself cannot be run. What a test prints goes between.
A file may define setup() and teardown(): they run around each of its tests.
"""

import asyncio
import gc
import io
import json
import sys

import mt


def report(*event):
    """Writes one event; the leading newline closes a line that a test has left open."""
    sys.stdout.write("\n\x01" + json.dumps(event) + "\n")


def trace_of(error):
    """The traceback as text."""
    out = io.StringIO()
    sys.print_exception(error, out)
    return out.getvalue()


def call(namespace, name):
    """Runs a function of the test file, if it is there; a coroutine to its end."""
    function = namespace.get(name)
    if function is None:
        return
    asyncio.new_event_loop()  # tasks that an earlier test has left do not leak into this one
    result = function()
    if type(result) is GENERATOR:
        asyncio.run(result)


def run(namespace, name):
    """Runs one test and reports what became of it."""
    report("start", name)
    gc.collect()
    try:
        call(namespace, "setup")
        try:
            call(namespace, name)
        finally:
            call(namespace, "teardown")
    except mt.Skip as reason:
        report("skip", name, str(reason))
    except BaseException as error:  # fakes raise these for a reset or a bite of the watchdog
        report("fail", name, trace_of(error))
    else:
        report("pass", name)


def load(source_path, shown_name):
    """Runs the test file's top level and returns its names."""
    with open(source_path) as file:
        source = file.read()
    module = shown_name.rsplit("/", 1)[-1][:-3]
    namespace = {"__name__": module, "__file__": shown_name, "_check_": mt.check}
    exec(compile(source, shown_name, "exec"), namespace)
    return namespace


async def _coroutine():
    pass


def main(source_path, shown_name, names):
    """Reports every named test."""
    try:
        namespace = load(source_path, shown_name)
    except BaseException as error:
        report("broken", trace_of(error))
        return
    for name in names:
        run(namespace, name)


_probe = _coroutine()
GENERATOR = type(_probe)
_probe.close()

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

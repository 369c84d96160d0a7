"""Feed readers with spoilt inputs on MicroPython: what escapes, how much memory does one ask for?

A line of JSON for each reader comes in, {"reader", "rounds", "seed", "seeds": [hex]}; one goes
out: {"refused", "most": bytes of one input} or {"error", "input"}.
"""

import binascii
import gc
import io
import json
import sys

sys.path[:0] = sys.argv[1:]
from fuzz import mutate, readers, stands  # noqa: E402

LEAK = (
    12000  # bytes more live at the end than after a quarter: an input or two may still lie about
)


def run(reader, rounds, seed, seeds):
    """The findings of one reader. The good inputs come first: they load what is loaded once."""
    function, answers, fixed, each = readers.READERS[reader]
    answers = answers()
    dice = mutate.Dice(seed)
    refused = most = live = 0
    for i in range(rounds):
        warm = i < 2 * len(seeds)
        if not i & 7:
            data = None
            gc.collect()
            live = live or i > rounds // 4 and gc.mem_alloc()
        data = seeds[i % len(seeds)] if warm else mutate.mutated(dice, seeds)
        if fixed:
            gc.disable()
            before = gc.mem_alloc()
        try:
            function(data)
        except answers:
            refused += 1
        except Exception as e:
            gc.enable()
            out = io.StringIO()
            sys.print_exception(e, out)
            return {"error": out.getvalue(), "input": hexed(data)}
        if fixed:
            used = 0 if warm else gc.mem_alloc() - before
            gc.enable()
            most = max(most, used)
            if used > fixed + each * len(data):
                return {"error": "%d bytes for %d" % (used, len(data)), "input": hexed(data)}
    data = None
    gc.collect()
    left = gc.mem_alloc() - live
    if live and left > LEAK:
        return {"error": "%d bytes have stayed" % left, "input": ""}
    return {"refused": refused, "most": most}


def hexed(data):
    """Hexadecimal digits."""
    return binascii.hexlify(data).decode()


stands.prepare()
for line in sys.stdin:
    job = json.loads(line)
    given = [binascii.unhexlify(one) for one in job["seeds"]]
    print(json.dumps(run(job["reader"], job["rounds"], job["seed"], given)))

"""How does MicroPython answer checked problems, one a line? Run by tools/plans/engine.py."""

import gc
import json
import sys

import solve

while True:
    line = sys.stdin.readline()
    if not line:
        break
    try:
        answer = solve.solve(json.loads(line))
    except Exception as error:
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer))
    gc.collect()

#!/usr/bin/env python3
"""Who gets which power? Plans JSON problems with the firmware's own planner.

    tools/plan.py [--solver exact|dp] [--on cpython|micropython] < problems > plans

One problem a line on stdin, one plan a line on stdout, in the same order and at once; a bad line
is answered by {"ok": false, "error": "key: what is wrong"} and does not stop the next. Exit code
0. docs/planner.md describes problems and plans. Without --solver: exact up to 8 slots, beyond that
the label DP, as on a board. Any python3 may start it: it runs itself again with .venv/bin/python.
"""

import os
import sys

if __name__ == "__main__":
    import own_python

    own_python.enter()

import argparse  # noqa: E402
import json  # noqa: E402

from tools.plans import answer, engine, problem  # noqa: E402


def parser() -> argparse.ArgumentParser:
    """The command line."""
    make = argparse.ArgumentParser(
        prog="tools/plan.py",
        description="plans JSON problems, one a line on stdin, with the firmware's planner",
        allow_abbrev=False,
    )
    make.add_argument("--solver", choices=("exact", "dp"), help="default: exact up to 8 slots")
    make.add_argument("--on", choices=("cpython", "micropython"), default="cpython")
    return make


def respond(line: str, solver: str | None, runs) -> dict:
    """The answer to one line."""
    try:
        exact = None if solver is None else solver == "exact"
        numbers, names = problem.check(problem.read(line), exact)
        return answer.plan(runs.solve(numbers), names)
    except (problem.ProblemError, engine.EngineError) as error:
        return {"ok": False, "error": str(error)}


def main(arguments: list[str] | None = None) -> int:
    """Answers every line of stdin."""
    options = parser().parse_args(arguments)
    runs = engine.Here() if options.on == "cpython" else engine.OnMicroPython()
    try:
        for line in sys.stdin.buffer:
            text = line.decode(errors="replace")
            print(json.dumps(respond(text, options.solver, runs)), flush=True)
    except (BrokenPipeError, KeyboardInterrupt):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads any more
    finally:
        runs.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

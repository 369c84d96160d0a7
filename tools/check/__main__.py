"""Does the tree keep its own rules? `python -m tools.check [NAME...]`, what `make check` runs.

ruff (lint and format), the layer rule, the size limits, the generated files and the documents'
links; every check runs even if an earlier one found something. Exit code 1 if any did.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.check import ROOT, generated, layers, links, sizes


def _ruff(*arguments: str) -> list[str]:
    beside = Path(sys.executable).with_name("ruff")
    ruff = str(beside) if beside.exists() else shutil.which("ruff")
    if not ruff:
        return ["ruff is missing: run `make setup`"]
    done = subprocess.run([ruff, *arguments, "--quiet", "."], cwd=ROOT, capture_output=True)
    lines = (done.stdout + done.stderr).decode().splitlines()
    return lines or [f"ruff exited with {done.returncode}"] if done.returncode else []


CHECKS = {
    "lint": lambda: _ruff("check", "--output-format=concise"),
    "format": lambda: _ruff("format", "--check", "--output-format=concise"),
    "layers": lambda: layers.problems(ROOT),
    "sizes": lambda: sizes.problems(ROOT),
    "generated": lambda: generated.problems(ROOT),
    "links": lambda: links.problems(ROOT),
}


def main(names: list[str]) -> int:
    """Runs the named checks (all without names) and prints what they found."""
    unknown = set(names) - set(CHECKS)
    if unknown:
        print(f"no such check: {', '.join(sorted(unknown))}; there are: {', '.join(CHECKS)}")
        return 2
    failed = []
    for name in names or CHECKS:
        started = time.monotonic()
        found = CHECKS[name]()
        verdict = f"{len(found)} found" if found else "ok"
        print(f"{name:10} {verdict:10} {time.monotonic() - started:5.1f} s", flush=True)
        for line in found:
            print(f"  {line}")
        if found:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Which python runs a tool? That of .venv, whichever was asked to start it.

A script of tools/ that needs more than the standard library begins with

    if __name__ == "__main__":
        import own_python

        own_python.enter()

and imports the rest below. It finds this file because its own folder comes first on the path.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def enter(fail=sys.exit) -> None:
    """Start the script again with .venv's python unless that runs it; then imports go from ROOT.

    fail(text): told when there is no .venv; it must not return.
    """
    python = VENV / "bin" / "python"
    if not python.exists():
        fail("the environment is missing: run `make setup` first")
    if Path(sys.prefix) != VENV:
        os.execv(python, [str(python), os.path.abspath(sys.argv[0]), *sys.argv[1:]])
    sys.path[0] = str(ROOT)  # tools/ itself would shadow the package `station` of lib/

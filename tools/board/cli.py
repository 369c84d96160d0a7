"""How does a command line of these tools end? With one line that says why."""

import sys

import typer
from rich.console import Console

from tools.board import BoardError

INTERRUPTED = 130


def run(app: typer.Typer, name: str, interrupted: str = "interrupted") -> int:
    """Run one command of `app`: 0 done, 1 not (the reason on stderr), 2 for wrong options."""
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:  # typer has caught the KeyboardInterrupt itself
            raise KeyboardInterrupt
        return code or 0
    except BoardError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"{name}: {error}", markup=False
        )
        return 1
    except KeyboardInterrupt:
        print(f"\n{interrupted}", file=sys.stderr)
        return 1
    except typer.Exit as end:
        return end.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")):
            if not hasattr(error, "show"):
                raise
            error.show()  # wrong options: typer's own words
            return 2
        raise

"""What `make check` runs (see __main__.py).

A check is a module with `problems(root) -> list of text`, one line a finding.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE_TOPS = ("lib", "firmware", "boards", "tools", "tests_host")


def python_files(root: Path, tops: tuple[str, ...] = SOURCE_TOPS) -> list[Path]:
    """Every Python source below these folders of `root`, in a fixed order."""
    return sorted(
        path
        for top in tops
        for path in (root / top).rglob("*.py")
        if not {"node_modules", "__pycache__"} & set(path.parts)
    )

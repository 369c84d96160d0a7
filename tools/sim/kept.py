"""How does a running station keep its build while the sources are built anew?

By a folder of hard links beside the build: a build replaces files and writes none in place, so the
links keep what the station has begun with, for its later imports and its next start.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from tools.build import BUILD

KEPT = BUILD / "kept"
WEEK_S = 7 * 86400  # nobody has started that build for so long


def kept(source: Path) -> Path:
    """The same file or tree at a place where it stays as it is; one place for one content."""
    about = None
    while about != (about := _about(source)):  # again, when it was built anew meanwhile
        target = KEPT / f"{source.name}-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
        if not target.exists():
            KEPT.mkdir(parents=True, exist_ok=True)
            _forget_old()
            with tempfile.TemporaryDirectory(dir=KEPT) as scratch:
                _link(source, Path(scratch) / "it")
                with contextlib.suppress(OSError):  # another process was faster
                    Path(scratch, "it").rename(target)
        os.utime(target)
    return target / source.name if source.is_file() else target


def _about(source: Path) -> str:
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    return repr([(p.name, (at := p.stat()).st_ino, at.st_mtime_ns, at.st_size) for p in files])


def _link(source: Path, fresh: Path) -> None:
    if source.is_file():
        fresh.mkdir()
        os.link(source, fresh / source.name)
    else:
        shutil.copytree(source, fresh, copy_function=os.link)


def _forget_old() -> None:
    for path in KEPT.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > WEEK_S:
                shutil.rmtree(path)

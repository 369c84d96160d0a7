"""What lies on the simulated board's flash before its first start?

A folder. The settings of the command line are written into its config.json once, before the first
start on that folder; a power cycle or a second bench on the same folder does not write them again.
Only --csms and --id follow when a later bench names others, as an installer would set them anew.
"""

import fcntl
import json
from pathlib import Path

MARK = ".bench.json"
LOCK = ".bench.lock"
CONFIG = "config.json"
VERSION = 1  # of the file's format, firmware/core/config.py
URL_KEY, ID_KEY = "CsmsUrl", "Identity"


class FlashError(Exception):
    """A setting that cannot be written; the text says which."""


def settings(pairs: list[str]) -> dict[str, str]:
    """KEY=VALUE and KEY=@FILE as a dict. FlashError names what is wrong."""
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise FlashError(f"--set {pair}: KEY=VALUE or KEY=@FILE expected")
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise FlashError(f"--set {pair}: {error}") from None
        values[key] = value
    return values


def claim(directory: Path):
    """Keep the folder for this process; FlashError if another bench has it. Hold the result."""
    directory.mkdir(parents=True, exist_ok=True)
    held = open(directory / LOCK, "w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise FlashError(f"{directory}: another simulated charger runs on this folder") from None
    return held


def prepare(
    directory: Path, values: dict[str, str], csms: str | None, identity: str | None
) -> str | None:
    """Write the settings if this is the folder's first start. Returns the identity it has set."""
    directory.mkdir(parents=True, exist_ok=True)
    mark = directory / MARK
    told = {k: v for k, v in ((URL_KEY, csms), (ID_KEY, identity)) if v is not None}
    if mark.exists():
        before = json.loads(mark.read_text())
        changes = {k: v for k, v in told.items() if before.get(k) != v}
        told = {**before, **told}
    else:
        changes = {**values, **told}
    config = directory / CONFIG
    if changes:
        stored = {"version": VERSION, "values": {}}
        if config.exists():
            stored = json.loads(config.read_text())
        stored.setdefault("values", {}).update(changes)
        _write(config, stored)
    _write(mark, told)
    if config.exists():
        return json.loads(config.read_text()).get("values", {}).get(ID_KEY)
    return None


def forget(directory: Path) -> None:
    """Undo the first start on that folder: its settings were refused, the next ones count."""
    for name in (MARK, CONFIG, "config.bak"):
        (directory / name).unlink(missing_ok=True)


def stored(directory: Path) -> dict[str, str]:
    """The settings that differ from their defaults, as they stand in config.json."""
    try:
        return json.loads((directory / CONFIG).read_text()).get("values", {})
    except (OSError, ValueError):
        return {}


def _write(path: Path, data: dict) -> None:
    fresh = path.with_name(path.name + "~")
    fresh.write_text(json.dumps(data))
    fresh.rename(path)

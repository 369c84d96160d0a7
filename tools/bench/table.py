"""How do the figures stand in docs/figures.md?

python -m tools.bench --table > docs/figures.md
"""

from tools.bench import figures
from tools.bench.groups import GROUPS

# Bytecode of this machine against an ESP32 at 240 MHz (pystone, chaos, aes, pidigits: 105 to 215).
CHIP_FACTOR = 150

HEAD = f"""# Figures

What `make bench` measures, printed by `python -m tools.bench --table`; the limits are those of
tools/bench/limits.py. Everything runs on the 32-bit Unix port with single-precision floats, so
bytes are those of the chip. Times are of the machine that ran it; the column *on the chip* is an
estimate, {CHIP_FACTOR} times as long, which is what the interpreter needs on an ESP32 at 240 MHz.
KB are 1024 bytes.

| figure | value | limit | | on the chip | what |
|---|---:|---:|---|---:|---|
"""


def names() -> list[str]:
    """Every registered name, in the order of the groups."""
    return [
        name
        for group in GROUPS
        for measurement in figures.REGISTRY
        if measurement.function.__module__ == group.__name__
        for name in measurement.names
    ]


def markdown(found: list[figures.Figure]) -> str:
    """The page: figures in the order of their names."""
    rows = []
    for figure in sorted(found, key=lambda f: f.name):
        met = {True: "met", False: "**missed**", None: ""}[figure.ok]
        limit = "" if figure.limit is None else shown(figure.limit, figure.unit)
        value = "not to be had" if figure.value is None else shown(figure.value, figure.unit)
        cells = (figure.name, value, limit, met, on_chip(figure), figure.source)
        rows.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return HEAD + "\n".join(rows)


def shown(value: float, unit: str) -> str:
    """A number and its unit as a person reads them."""
    if unit == "B" and value >= 1024:
        return f"{value / 1024:.1f} KB"
    if isinstance(value, float):
        value = f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return f"{value} {unit}"


def on_chip(figure: figures.Figure) -> str:
    """The estimate for an ESP32, or nothing where the factor means nothing: bytes,
    waiting, machine code."""
    if figure.unit == "us" and figure.value:
        chip_us = figure.value * CHIP_FACTOR
        return f"{chip_us / 1000:.2g} ms" if chip_us >= 1000 else f"{chip_us:.0f} us"
    if figure.name == "ws.mask_plain" and figure.value:
        return f"{figure.value / CHIP_FACTOR:.2g} MB/s"
    return ""

"""Does `make bench` print what it promises, and judge by the limits of the design?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench import __main__ as program
from tools.bench import figures, limits, smallest, table
from tools.bench.figures import Figure

ROOT = Path(__file__).resolve().parent.parent
KEYS = ["name", "value", "unit", "limit", "ok", "source"]

# design.md section 5, word by word.
DESIGN = {
    "heap.boot.frozen": 45 * 1024,
    "heap.smallest.frozen": 56 * 1024,
    "heap.smallest_calls.frozen": 56 * 1024,
    "heap.smallest.mpy": 100 * 1024,
    "heap.smallest_12_guns.frozen": 112 * 1024,
    "heap.largest_block.frozen": 4096,
    "heap.largest_block.mpy": 4096,
    "control.frame_alloc": 0,
    "control.tick_idle_alloc": 0,
}


@pytest.fixture
def registry(monkeypatch):
    """An empty registry, for measurements of this test."""
    rows = []
    monkeypatch.setattr(figures, "REGISTRY", rows)
    return rows


# -- limits


@pytest.mark.parametrize("name", DESIGN)
def test_every_limit_of_the_design_is_in_the_limits_file(name):
    assert limits.limit_of(name) == DESIGN[name]


def test_every_limit_belongs_to_a_figure_that_is_measured():
    assert set(limits.MOST) <= set(table.names())


def test_what_misses_its_limit_or_only_just_meets_it_must_not_get_worse():
    held = limits.HELD["heap.smallest.mpy"]
    assert limits.limit_of("heap.smallest.mpy") <= held
    assert not limits.worse("heap.smallest.mpy", held * 1.02)
    assert limits.worse("heap.smallest.mpy", held * 1.02 + 1)
    assert limits.worse("heap.smallest.mpy", None) and not limits.worse("heap.boot.mpy", None)


def test_no_two_measurements_have_the_same_figure():
    names = table.names()
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "value, ok", [(0, True), (46079, True), (46080, True), (46081, False), (None, False)]
)
def test_a_value_on_the_limit_meets_it_and_none_does_not(value, ok):
    assert Figure("heap.boot.frozen", value, "B", "").ok is ok


def test_a_figure_without_a_limit_has_no_verdict():
    figure = Figure("flash.mpy", 10**9, "B", "")
    assert figure.limit is None and figure.ok is None


# -- lines


def test_a_line_has_the_six_keys_in_order():
    row = json.loads(Figure("heap.boot.frozen", 50000, "B", "why").line())
    assert list(row) == KEYS
    assert row == {
        "name": "heap.boot.frozen",
        "value": 50000,
        "unit": "B",
        "limit": 46080,
        "ok": False,
        "source": "why",
    }


def test_only_json_lines_come_to_stdout():
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "--only", "ws.*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row["name"] for row in rows] == [
        "ws.mask_plain",
        "ws.mask_fast",
        "ws.receive",
        "ws.send",
    ]
    for row in rows:
        assert list(row) == KEYS
        assert row["value"] > 0 and row["limit"] is None and row["ok"] is None
    assert "ws.send" in done.stderr


# -- choosing


@pytest.mark.parametrize(
    "pattern, name, taken",
    [
        (None, "heap.boot.frozen", True),
        ("boot", "heap.boot.frozen", True),
        ("heap.*", "heap.boot.frozen", True),
        ("*.frozen", "heap.boot.mpy", False),
        ("frozen", "heap.boot.mpy", False),
        ("heap.package.ws", "heap.package.*", True),
        ("heap.*", "heap.package.*", True),
        ("heap", "heap.package.*", True),
        ("ws.*", "heap.package.*", False),
        ("heap.package_total", "heap.package.*", False),
    ],
)
def test_only_takes_parts_and_wildcards(pattern, name, taken):
    assert figures.selects(pattern, name) is taken


def test_what_is_not_chosen_is_not_measured(registry):
    @figures.measures("a.one")
    def one():
        yield Figure("a.one", 1, "B", "")

    @figures.measures("b.two")
    def two():
        raise AssertionError("must not run")

    found = []
    assert figures.run("a.*", found.append) == []
    assert [f.name for f in found] == ["a.one"]


def test_a_measurement_that_fails_leaves_the_others_and_shows_its_limits(registry):
    @figures.measures("heap.boot.frozen", "x.unlimited")
    def broken():
        yield Figure("x.unlimited", 1, "B", "")
        raise ValueError("no such thing")

    @figures.measures("y.well", alone=True)
    def well():
        yield Figure("y.well", 2, "B", "")

    found = []
    failures = figures.run(None, found.append)
    assert {f.name: f.value for f in found} == {
        "y.well": 2,
        "x.unlimited": 1,
        "heap.boot.frozen": None,
    }
    assert "no such thing" in failures[0]
    assert found[-1].ok is False and "no such thing" in found[-1].source


# -- the program


def test_list_names_figures_with_limits_and_measures_nothing(capsys, monkeypatch):
    monkeypatch.setattr(program, "prepare", lambda: pytest.fail("nothing is to be built"))
    assert program.main(["--list", "--only", "alloc"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "control.frame_alloc  (at most 0)" in lines
    assert not [line for line in lines if "alloc" not in line]


@pytest.mark.parametrize("strict, value, code", [(False, 1, 0), (True, 1, 1), (True, 0, 0)])
def test_a_missed_limit_is_an_error_only_when_strict(registry, monkeypatch, strict, value, code):
    monkeypatch.setattr(program, "prepare", lambda: None)

    @figures.measures("control.frame_alloc")
    def alloc():
        yield Figure("control.frame_alloc", value, "B", "")

    assert program.main(["--strict"] if strict else []) == code


def test_a_name_that_no_figure_has_is_an_error(registry, monkeypatch):
    monkeypatch.setattr(program, "prepare", lambda: None)
    assert program.main(["--only", "nonsense"]) == 2


def test_the_table_shows_kb_verdict_and_an_estimate_for_the_chip():
    page = table.markdown(
        [
            Figure("heap.boot.frozen", 50 * 1024, "B", "a|b"),
            Figure("control.frame_time", 17.0, "us", "x"),
            Figure("ws.mask_fast", 1400.0, "MB/s", "machine code"),
        ]
    )
    assert "| heap.boot.frozen | 50.0 KB | 45.0 KB | **missed** |  | a/b |" in page
    assert "| control.frame_time | 17 us |  |  | 2.5 ms | x |" in page
    assert "| ws.mask_fast | 1400 MB/s |  |  |  | machine code |" in page


# -- the search for the smallest heap


@pytest.mark.parametrize("needed", [2, 24, 25, 26, 57, 127, 128])
def test_the_search_finds_the_smallest_step_that_plays(needed):
    tried = []

    def plays(kb):
        tried.append(kb)
        return kb >= needed

    found = smallest.search(plays, 24, 128)
    assert found == max(24, needed + needed % smallest.STEP_KB)
    assert len(tried) <= 9


def test_the_search_says_when_nothing_is_enough():
    assert smallest.search(lambda kb: False, 24, 128) is None


def test_a_heap_that_plays_only_once_is_not_enough():
    luck = {60: 1}

    def plays(kb):
        luck[kb] = luck.get(kb, 9) - 1
        return kb >= 60 and luck[kb] >= 0

    assert smallest.search(plays, 24, 128) == 62

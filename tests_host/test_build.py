"""Is what goes onto a board complete, minimal, and loadable by both ports?"""

import json
import subprocess
import threading

import pytest

from tools import build, micropython, trace

VIPER = """
import micropython


@micropython.viper
def g(a: int) -> int:
    return a
"""
PROBE = """
import sys
for name in {names}:
    __import__(name, None, None, ("x",))
print("loaded", len({names}))
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A small project of its own, built into its own build folder."""
    files = {
        "lib/ws/__init__.py": '"""A package."""\n',
        "lib/ws/frames.py": 'def f():\n    assert 0\n    return "ok"\n',
        "lib/ws/fast.py": VIPER,
        "firmware/boot.py": "",
        "firmware/main.py": "from ws import frames\nprint(frames.f())\n",
        "firmware/core/bus.py": "x = 1\n",
        "boards/UNIX/board.py": "NAME = 'UNIX'\n",
        "boards/UNIX/manifest.py": "",
        "boards/CHIP/board.py": "NAME = 'CHIP'\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "BUILD", tmp_path / "build")
    monkeypatch.setattr(build, "STAMPS", tmp_path / "build" / "stamps")
    return tmp_path


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_mpy_tree_has_the_layout_of_the_flash(house):
    assert names(build.tree("mpy")) == {
        "lib/ws/__init__.mpy",
        "lib/ws/frames.mpy",
        "lib/ws/fast.py",  # machine code runs on one architecture: it stays source
        "boot.mpy",
        "main.mpy",
        "core/bus.mpy",
        "board.mpy",
    }


def test_the_py_tree_is_the_source_in_the_same_layout(house):
    folder = build.tree("py")
    assert {name.replace(".mpy", ".py") for name in names(build.tree("mpy"))} == names(folder)
    assert (folder / "core/bus.py").read_text() == "x = 1\n"


def test_a_chip_gets_the_files_it_starts_by_name_as_source(house):
    built = names(build.tree("mpy", board="CHIP", march="xtensawin"))
    assert {"boot.py", "main.py", "lib/ws/fast.mpy", "board.mpy"} <= built


def test_a_second_build_compiles_nothing_and_a_change_one_file(house):
    folder = build.tree("mpy")
    before = {name: (folder / name).stat().st_mtime_ns for name in names(folder)}
    build.tree("mpy")
    assert {name: (folder / name).stat().st_mtime_ns for name in names(folder)} == before
    (house / "lib/ws/frames.py").write_text("y = 2\n")
    build.tree("mpy")
    changed = {name for name in before if (folder / name).stat().st_mtime_ns != before[name]}
    assert "lib/ws/frames.mpy" in changed and "board.mpy" not in changed


def test_what_left_the_source_leaves_the_tree(house):
    folder = build.tree("mpy")
    (house / "firmware/core/bus.py").unlink()
    (folder / "stray.txt").write_text("x")
    build.tree("mpy")
    assert "core/bus.mpy" not in names(folder) and "stray.txt" not in names(folder)
    assert not (folder / "core").exists()


def test_a_file_lost_from_the_tree_comes_back(house):
    (build.tree("mpy") / "main.mpy").unlink()
    assert "main.mpy" in names(build.tree("mpy"))


def test_a_syntax_error_names_the_file(house):
    (house / "lib/ws/frames.py").write_text("def\n")
    with pytest.raises(build.BuildError, match="(?s)lib/ws/frames.py.*SyntaxError"):
        build.tree("mpy")


def test_an_unknown_board_is_refused(house):
    with pytest.raises(build.BuildError, match="boards/NONE"):
        build.tree("mpy", board="NONE")


def test_two_builds_at_once_do_not_disturb_each_other(house):
    errors = []

    def one():
        try:
            build.tree("mpy")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(names(build.BUILD / "mpy")) == 7


def test_sizes_add_up(house):
    folder = build.tree("py")
    table = build.sizes(folder)
    assert set(table) == {"/", "core", "lib/ws"}
    assert sum(size for size, _ in table.values()) == sum(
        (folder / name).stat().st_size for name in names(folder)
    )


@pytest.mark.parametrize("bits", [64, 32])
def test_the_mpy_tree_runs_without_asserts_on_both_ports(house, bits):
    folder = build.tree("mpy")
    done = subprocess.run(
        [micropython.path(bits), "-c", "import main\nfrom ws import fast\nprint(fast.g(7))"],
        env={"MICROPYPATH": f"{folder}:{folder}/lib:.frozen"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["ok", "7"], done.stdout + done.stderr


@pytest.mark.parametrize("bits", [64, 32])
def test_tracebacks_of_compiled_files_lead_back_to_the_sources(house, bits):
    (house / "lib/ws/frames.py").write_text("\n\ndef f():\n    return 1 // 0\n")
    folder = build.tree("mpy")
    done = subprocess.run(
        [micropython.path(bits), "-c", "import main"],
        env={"MICROPYPATH": f"{folder}:{folder}/lib:.frozen"},
        capture_output=True,
        text=True,
    )
    way = trace.Map(json.loads(build.map_of(folder).read_text()))
    assert 'File "lib/ws/frames.py", line 4, in f' in way.line(done.stderr + done.stdout)


def modules_of(bits, frozen, env=None):
    done = subprocess.run(
        [micropython.path(bits, frozen), "-X", "heapsize=4m", "-c", "help('modules')"],
        env=env or {},
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("bits", [64, 32])
def test_the_whole_firmware_is_frozen_in(bits):
    folder = build.tree("frozen")
    wanted = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.py")}
    assert {"galvani", "board", "boot", "ocppj/v16/calls/reset"} <= wanted
    assert wanted - modules_of(bits, frozen=True) == set()
    assert "main" not in modules_of(bits, frozen=False)


@pytest.mark.parametrize("bits", [64, 32])
def test_every_module_of_our_lib_loads_from_the_mpy_tree(bits):
    folder = build.tree("mpy")
    modules = sorted(
        path.relative_to(folder / "lib").as_posix().rsplit(".", 1)[0].replace("/", ".")
        for path in (folder / "lib").rglob("*")
        if path.is_file()
    )
    modules = ["galvani", *(name.removesuffix(".__init__") for name in modules)]
    done = subprocess.run(
        [micropython.path(bits), "-X", "heapsize=4m", "-c", PROBE.format(names=modules)],
        env={"MICROPYPATH": f"{folder}:{folder}/lib:.frozen"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["loaded", str(len(modules))], done.stdout + done.stderr

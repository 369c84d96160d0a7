"""Where a board has a ROMFS: does the build go into it, and is a write that failed noticed?"""

import json

import pytest
from typer.testing import CliRunner

import rom_target
from pty_board import Board
from tools import build, deploy
from tools.board import BoardError, plan
from tools.board.link import Link

pytestmark = pytest.mark.xdist_group("deploy")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A small build: what is started by name, and a module to import."""
    build._put("inside.py", "def f():\n    return 'in place'\n", tmp_path / "inside.mpy", None)
    found = {
        "boot.py": b"",
        "main.py": b"import inside",
        "build.json": json.dumps({"build": "r1"}).encode(),
        "board.mpy": b"the board's data",
        "lib/inside.mpy": (tmp_path / "inside.mpy").read_bytes(),
        "drivers/large.mpy": bytes(range(256)) * 80,
    }
    monkeypatch.setattr(plan, "files", lambda board, architecture: dict(found))
    # The raw mode is all that this board has: to leave it would be a restart.
    monkeypatch.setattr(deploy, "_restart", lambda link, healthy=True: None)
    monkeypatch.setattr(Link, "__exit__", lambda link, *_: link.close())
    return found


@pytest.fixture
def board(micropython32, tmp_path):
    with Board(micropython32, tmp_path / "flash", "1m") as board:
        yield board


def run(board, manner, *options):
    """Deploys to a board that has a ROMFS of that manner; it stays up afterwards."""
    if manner:
        with Link(board.port) as link:
            rom_target.install(link, manner)
    done = CliRunner().invoke(
        deploy.app, ["deploy", "--board", "UNIX", "--port", board.port, *options]
    )
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


@pytest.mark.parametrize("manner", ["partition", "segment"])
def test_the_build_is_in_the_rom_and_what_starts_it_on_the_flash(board, files, manner):
    (board.flash / "lib").mkdir()
    for name in ("lib/inside.mpy", "board.mpy", "board.py"):
        (board.flash / name).write_bytes(b"would win over the ROM")
    assert "bytes written and read back" in run(board, manner)
    there = {path.name for path in board.flash.rglob("*") if path.is_file()}
    assert there == {"boot.py", "main.py", "build.json"}
    with Link(board.port) as link:
        link.run("import sys\nsys.path.append('/rom/lib')")
        assert link.run("import inside\nprint(inside.f())").strip() == "in place"
    files["main.py"] = b"import inside  # another one"
    assert "ROMFS: up to date" in run(board, None)
    files["drivers/large.mpy"] = b"changed"
    assert "bytes written and read back" in run(board, None)


def test_a_port_that_cannot_write_is_found_out(board, files):
    with pytest.raises(BoardError, match="another content is read back.*ROM=0"):
        run(board, "readonly")
    assert not list(board.flash.rglob("*.mpy")) and not (board.flash / "main.py").exists()


def test_one_file_that_is_not_what_was_sent_is_found_out(board, files):
    run(board, "partition")
    with Link(board.port) as link:
        link.run("_memory[len(_memory) // 2 :] = bytes(len(_memory) // 2)\n_memory[5000] ^= 1")
    assert "bytes written and read back" in run(board, None)  # not "up to date"


def test_an_image_that_is_too_big_is_refused(board, files):
    files["lib/huge.mpy"] = bytes(0x60000)
    with pytest.raises(BoardError, match="too big"):
        run(board, "partition")


def test_rom_0_puts_the_files_on_the_flash(board, files):
    assert "6 files sent" in run(board, None, "--no-rom")

"""Does a board get exactly the build, whatever happens on the way, and keep what is its own?"""

import contextlib
import errno
import json
import os
import re
import tarfile
from types import SimpleNamespace

import pytest
import serial
from typer.testing import CliRunner

from pty_board import Board
from tools import deploy
from tools.board import BoardError, health, plan, port, provision
from tools.board.link import Link

pytestmark = pytest.mark.xdist_group("deploy")  # one board for all


@pytest.fixture(scope="module", autouse=True)
def hurry():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "YOUNG_S", 1)
        build = plan.files("UNIX", None)  # the sources may be edited meanwhile
        patch.setattr(plan, "files", lambda board, architecture: dict(build))
        yield


@pytest.fixture(scope="module")
def board(hurry, micropython32, tmp_path_factory):
    """A board that had nothing on it and got its first deploy."""
    with Board(micropython32, tmp_path_factory.mktemp("deploy") / "flash") as board:
        board.first = run(board, "deploy", "--board", "UNIX")
        yield board


def run(board, *command):
    """What a command printed; BoardError as the command raised it."""
    done = CliRunner().invoke(deploy.app, [*command, "--port", board.port])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def extra(monkeypatch):
    """Files that a next build has more than the present one; a test fills it."""
    files = {}
    real = plan.files

    def more(board, architecture):
        found = {**real(board, architecture), **files}
        found["build.json"] = json.dumps({"build": "next%d" % len(files)}).encode()
        return found

    monkeypatch.setattr(plan, "files", more)
    return files


def on_flash(board):
    return {
        path.relative_to(board.flash).as_posix(): path.read_bytes()
        for path in board.flash.rglob("*")
        if path.is_file()
    }


def test_the_first_deploy_starts_a_healthy_station(board):
    assert "healthy: galvani-1" in board.first
    wanted = plan.files("UNIX", None)
    there = on_flash(board)
    assert {path: there[path] for path in wanted} == wanted
    assert not (board.flash / "new").exists()


def test_a_second_deploy_sends_nothing_and_tells_the_build(board):
    assert "nothing has changed" in run(board, "deploy", "--board", "UNIX", "--no-wait")
    build_id = json.loads((board.flash / "build.json").read_text())["build"]
    with serial.Serial(board.port, 115200, timeout=0.2) as line:
        health.wait(board.port)
        line.write(b"version\r")
        shown = b""
        while b"bit\r\n" not in shown:
            shown += line.read(100)
    assert b"build " + build_id.encode() in shown


def test_only_what_differs_goes_over_the_line_and_other_files_stay(board):
    (board.flash / "console/table.mpy").write_bytes(b"damaged")
    (board.flash / "lib/ws/gone.mpy").write_bytes(b"of an older build")
    (board.flash / "lib/ws/frames.py").write_bytes(b"would win over the .mpy")
    (board.flash / "mine.txt").write_bytes(b"a person's")
    shown = run(board, "deploy", "--board", "UNIX", "--no-wait")
    assert re.search(r"^1 files sent, \d+ were up to date, 2 removed", shown, re.MULTILINE)
    there = on_flash(board)
    assert "lib/ws/gone.mpy" not in there and "lib/ws/frames.py" not in there
    assert there["mine.txt"] == b"a person's"


def test_what_comes_by_cable_wins_over_an_update():
    there = {"slot": (6, "x"), "a/galvani.mpy": (1, "y"), "config.json": (1, "z")}
    assert plan.changes({}, there) == ([], ["slot"])
    there |= {"journal/update": (9, "x"), "journal/proof": (9, "y"), "journal/ids": (9, "z")}
    assert plan.changes({}, there) == ([], ["journal/proof", "journal/update", "slot"])


def test_a_station_that_ctrl_c_has_stopped_leaves_the_memory_too(board, monkeypatch):
    real = Link.facts
    stops = []
    monkeypatch.setattr(Link, "facts", lambda link: real(link) | {"runs": False, "used": True})
    stop = Link.stop
    monkeypatch.setattr(Link, "stop", lambda link: stops.append(1) or stop(link))
    run(board, "deploy", "--board", "UNIX", "--no-wait")
    assert stops == [1]


def test_a_deploy_that_is_interrupted_leaves_the_old_build_and_goes_on_later(
    board, extra, monkeypatch
):
    old = on_flash(board)
    extra.update({f"lib/extra{n}.py": b"x = %d\n" % n * 200 for n in range(6)})
    real = Link.put
    sent = []

    def put(link, path, data, told=lambda count: None):
        if len(sent) == 4:
            board.cut()
        sent.append(path)
        real(link, path, data, told)

    monkeypatch.setattr(Link, "put", put)
    with pytest.raises(BoardError):
        run(board, "deploy", "--board", "UNIX")
    monkeypatch.setattr(Link, "put", real)
    health.wait(board.port)  # the old build runs
    now = on_flash(board)
    assert {p: d for p, d in now.items() if p in plan.files("UNIX", None) and p in old} == {
        p: d for p, d in old.items() if p in plan.files("UNIX", None)
    }
    kept = {path for path in now if path.startswith("new/")}
    assert kept
    monkeypatch.setattr(Link, "put", lambda *args: sent.append(args[1]) or real(*args))
    sent.clear()
    run(board, "deploy", "--board", "UNIX", "--no-wait")
    assert not kept & set(sent)
    assert all(on_flash(board)[path] == data for path, data in extra.items())


def test_a_cut_while_the_files_move_into_place_is_mended_by_the_next_start(board):
    whole = on_flash(board)
    new = board.flash / "new"
    for path in ("console/table.mpy", "lib/galvani.mpy", "main.mpy"):
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        (new / path).write_bytes(whole[path])
    (board.flash / "lib/galvani.mpy").write_bytes(b"half of the move was done: the other build")
    (board.flash / "lib/older.mpy").write_bytes(b"")
    (new / "go").write_text("lib/older.mpy\nlib/not-there.mpy\n")
    board.cut()
    health.wait(board.port)
    now = on_flash(board)
    assert now["lib/galvani.mpy"] == whole["lib/galvani.mpy"] and "lib/older.mpy" not in now
    assert not new.exists()


def test_half_an_update_is_never_moved_into_place(board):
    new = board.flash / "new/console"
    new.mkdir(parents=True)
    (new / "table.mpy").write_bytes(b"half")
    board.cut()
    health.wait(board.port)
    assert (board.flash / "console/table.mpy").read_bytes() != b"half"
    run(board, "deploy", "--board", "UNIX", "--no-wait")
    board.cut()


def test_provision_and_backup_and_restore(board, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"Identity": "CP-7", "WiFiPassword": "correct horse"}))
    shown = run(board, "provision", str(config))
    assert "healthy: CP-7" in shown and "WiFiPassword = ***" in shown
    assert "correct horse" not in shown
    file = tmp_path / "backup.tar.gz"
    secret = board.flash / "certs" / "key-0011223344556677.der"
    secret.parent.mkdir(exist_ok=True)
    secret.write_bytes(b"made on the device")
    run(board, "backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        assert not [name for name in tar.getnames() if "key-" in name]
        held = json.loads(tar.extractfile("config.json").read())
    assert held["values"] == {"Identity": "CP-7", "WiFiPassword": "correct horse"}
    (board.flash / "lib/galvani.mpy").unlink()
    (board.flash / "stray").write_bytes(b"x")
    with contextlib.suppress(OSError):
        board.cut()  # without that the station cannot start: the bare raw mode is there
    (board.flash / "main.mpy").rename(board.flash / "was_main.mpy")
    board.cut()
    assert "healthy: CP-7" in run(board, "restore", str(file))
    assert not (board.flash / "stray").exists()
    assert secret.read_bytes() == b"made on the device"


# -- before anything is sent


def test_a_running_charge_is_not_ended_by_the_way(board, monkeypatch):
    real = Link.facts
    monkeypatch.setattr(Link, "facts", lambda link: real(link) | {"charging": [1]})
    with pytest.raises(BoardError, match="charge is running at connector 1.*FORCE=1"):
        run(board, "deploy", "--board", "UNIX")


def test_a_board_with_the_firmware_frozen_in_gets_no_files(board, monkeypatch):
    real = Link.facts
    monkeypatch.setattr(Link, "facts", lambda link: real(link) | {"frozen": True})
    with pytest.raises(BoardError, match="make firmware.*FILES=1"):
        run(board, "deploy", "--board", "UNIX")


def test_a_chip_with_too_little_memory_is_refused_with_advice():
    facts = {"heap": plan.HEAP_NEEDED}
    plan.check_memory(facts, "ESP32_GENERIC")
    short = (plan.HEAP_NEEDED - 1) // 1024
    with pytest.raises(BoardError, match=f"too little memory.*{short} KB with WiFi on.*frozen"):
        plan.check_memory(facts | {"heap": plan.HEAP_NEEDED - 1}, "ESP32_GENERIC")


def test_the_memory_of_a_chip_is_measured_with_its_radio_on(board, monkeypatch):
    # A station that runs has it on already: what it takes must not be counted twice.
    real = Link.facts
    seen = []

    def judge(facts, name):
        seen.append((facts["heap"], name))
        raise BoardError("enough")

    monkeypatch.setattr(Link, "facts", lambda link: real(link) | {"platform": "esp32", "heap": 1})
    monkeypatch.setattr(plan, "check_memory", judge)
    radio = board.flash / "network.py"
    radio.write_text(
        "STA_IF = 0\nclass WLAN:\n def __init__(self, n): pass\n"
        " def active(self, on): open('radio', 'w').close()\n"
    )
    try:
        with pytest.raises(BoardError, match="enough"):
            run(board, "deploy", "--board", "ESP32_GENERIC")
        assert (board.flash / "radio").exists()
        assert seen[0][0] > 100_000 and seen[0][1] == "ESP32_GENERIC"
        (board.flash / "radio").unlink()
        with pytest.raises(BoardError, match="enough"):
            run(board, "deploy", "--board", "UNIX")  # no WiFi, and none is touched
        assert seen[1] == (1, "UNIX") and not (board.flash / "radio").exists()
    finally:
        radio.unlink()
        board.cut()


def test_a_flash_that_is_too_full_is_refused():
    plan.check_flash({"flash": 6 * 4096}, [128, 4096, 129])
    with pytest.raises(BoardError, match="flash has 23 KB free, 24 KB are needed"):
        plan.check_flash({"flash": 6 * 4096 - 1}, [128, 4096, 129])


def test_an_old_micropython_is_refused():
    assert plan.architecture({"mpy": 10 << 10 | 6}) == "xtensawin"
    with pytest.raises(BoardError, match="MicroPython 1.18.0 cannot load"):
        plan.architecture({"mpy": 5, "release": [1, 18, 0]})


def test_an_unknown_board_names_the_known_ones():
    with pytest.raises(BoardError, match="no board NOPE.*UNIX"):
        plan.board_data("NOPE")


def test_a_wrong_provisioning_file_is_refused_whole_and_keeps_secrets(tmp_path):
    file = tmp_path / "c.json"
    file.write_text('{"Identty": "x", "BmsTimeout": 5, "WiFiPassword": "short", "CsmsUrl": "x"}')
    with pytest.raises(BoardError) as caught:
        provision.load(file)
    text = str(caught.value)
    assert "Identty: no such key" in text
    assert "BmsTimeout: 5 is wrong, expected a whole number 500..60000 ms" in text
    assert "CsmsUrl: x is wrong" in text
    assert "WiFiPassword: *** is wrong, expected 8..63 characters" in text and "short" not in text
    file.write_text('{"certificates": {"ca.pem": "c.json"}}')
    with pytest.raises(BoardError, match="neither a certificate nor"):
        provision.load(file)


def test_provisioning_keeps_what_the_board_has_already():
    merged = provision.merge(b'{"version": 1, "values": {"A": "1", "B": "2"}}', {"B": "3"})
    assert json.loads(merged) == {"version": 1, "values": {"A": "1", "B": "3"}}
    assert json.loads(provision.merge(b"damaged", {"B": "3"}))["values"] == {"B": "3"}


# -- the port


def found(*ports):
    return lambda: [
        SimpleNamespace(device=name, vid=vid, description="UART") for name, vid in ports
    ]


def test_auto_finds_the_only_board_or_lists_the_candidates(monkeypatch):
    monkeypatch.setattr(port.list_ports, "comports", found(("/dev/ttyS0", None)))
    with pytest.raises(BoardError, match="no board found"):
        port.find("auto")
    ports = [("/dev/ttyS0", None), ("/dev/ttyUSB0", 0x10C4)]
    monkeypatch.setattr(port.list_ports, "comports", found(*ports))
    assert port.find("auto") == "/dev/ttyUSB0"
    monkeypatch.setattr(port.list_ports, "comports", found(*ports, ("/dev/ttyACM0", 0x303A)))
    with pytest.raises(BoardError, match="(?s)PORT=/dev/ttyACM0  Espressif.*PORT=/dev/ttyUSB0"):
        port.find("auto")
    assert port.find("/dev/other") == "/dev/other"


@pytest.mark.parametrize(
    "code, advice",
    [(errno.EACCES, "usermod -aG"), (errno.EBUSY, "is busy"), (errno.EIO, "cannot be opened")],
)
def test_a_port_that_cannot_be_opened_says_what_to_do(monkeypatch, tmp_path, code, advice):
    there = tmp_path / "tty"
    there.touch()

    def refuse(*args, **kwargs):
        raise serial.SerialException(code, os.strerror(code))

    monkeypatch.setattr(port.serial, "Serial", refuse)
    with pytest.raises(BoardError, match=advice):
        port.check(str(there))
    with pytest.raises(BoardError, match="there is no"):
        port.check(str(tmp_path / "nothing"))

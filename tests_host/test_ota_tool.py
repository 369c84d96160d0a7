"""Does tools/ota.py serve, tell, follow and end as it says? A console played by a script.

test_ota_interop.py has the real station and the central system. docs/updates.md.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from patience import PATIENCE_S
from tools import ota
from tools.board import BoardError, bundle, serve, tell

ROOT = Path(__file__).parent.parent
DATA = bytes(range(256)) * 300
HEAD = {"version": "0.9.0", "board": "TEST", "kind": "files", "min": "0.1.0", "build": "abc"}


@pytest.fixture(scope="module")
def update(tmp_path_factory):
    """The path of a bundle."""
    folder = tmp_path_factory.mktemp("made")
    bundle.keys(folder, "Test", 1)
    key, chain = bundle.load(folder / "signer.key", [folder / "signer.pem"])
    (folder / "x.upd").write_bytes(bundle.make(HEAD, {"a.mpy": DATA}, key, chain))
    return folder / "x.upd"


# -- the server


@pytest.fixture
def shelf():
    with serve.serve(serve.Shelf("x.upd", DATA), "127.0.0.1") as one:
        yield one


def get(shelf, path="", **headers):
    return httpx.get(shelf.url + path, headers=headers, timeout=60, trust_env=False)


def test_one_file_and_nothing_else(shelf):
    answer = get(shelf)
    assert answer.status_code == 200 and answer.content == DATA and shelf.sent == len(DATA)
    for path in ("x", "/../../etc/passwd", "/.."):
        assert get(shelf, path).status_code == 404
    root = shelf.url.rpartition("/")[0]
    assert httpx.get(root + "/", timeout=60, trust_env=False).status_code == 404
    head = httpx.head(shelf.url, trust_env=False)
    assert head.headers["content-length"] == str(len(DATA)) and not head.content


def test_a_station_that_was_cut_gets_the_rest_of_the_same_file(shelf):
    tag = get(shelf).headers["etag"]
    answer = get(shelf, Range="bytes=70000-", **{"If-Range": tag})
    assert answer.status_code == 206 and answer.content == DATA[70000:]
    assert answer.headers["content-range"] == f"bytes 70000-76799/{len(DATA)}"
    assert get(shelf, Range="bytes=76800-", **{"If-Range": tag}).status_code == 416
    # Of another file, or of a range that stations do not ask for: all of it.
    for headers in ({"If-Range": '"old"'}, {"Range": "bytes=-5"}, {"Range": "lines=1-"}):
        answer = get(shelf, **{"Range": "bytes=70000-", "If-Range": tag} | headers)
        assert answer.status_code == 200 and answer.content == DATA


def test_a_port_that_is_taken_is_told(shelf):
    port = int(shelf.url.split(":")[2].split("/")[0])
    with pytest.raises(BoardError, match=f"port {port} cannot be opened"):
        with serve.serve(serve.Shelf("y", b"1"), "127.0.0.1", port):
            pass


# -- the console


class Console:
    """Plays a station's console: `says` maps a command to what it answers, a list to its turns."""

    def __init__(self, says):
        self.says = {key: list(value) for key, value in says.items()}
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.name = "tcp:127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), peer:
                for line in peer.makefile("r", newline="\r"):
                    line = line.strip("\r\n\x15 ")
                    if line:
                        peer.sendall(self._answer(line).encode())

    def _answer(self, line):
        self.heard.append(line)
        word = line if line in self.says else line.split(" ")[0]
        found = self.says.get(word) or ["error: no command"]
        text = found.pop(0) if len(found) > 1 else found[0]
        return "\r\x1b[K> " + line + "\r\n" + text.replace("\n", "\r\n") + "\r\n\x1b[K> "

    def close(self):
        self.listener.close()


@pytest.fixture
def brief(monkeypatch):
    """Little patience, for what never comes."""
    monkeypatch.setattr(tell, "ASK_S", 2)
    monkeypatch.setattr(tell, "GONE_S", 1)


@pytest.fixture
def play(monkeypatch, capsys, update):
    """play(says, *options): (exit code, stdout, stderr, lines that the console heard)."""
    monkeypatch.setattr(tell, "POLL_S", 0.01)
    monkeypatch.delenv("CONSOLE_PASSWORD", raising=False)

    def run(says, *options):
        console = Console(says)
        line = ["ota", "--file", str(update), "--port", console.name, *options]
        monkeypatch.setattr(sys, "argv", line)
        try:
            code = ota.main()
        finally:
            console.close()
        return code, *capsys.readouterr(), console.heard

    return run


def runs(version="0.1.0", place="the root", more=""):
    return f"TEST {version} runs from {place}{more}"


def starts(count):
    """What `status --json` says, as far as it matters here."""
    return json.dumps({"health": {"uptime_s": 5, "reboots": count}})


TRIAL = "\non trial: 3 more starts, else back to the root"
COMES = "Downloading\n64 KB\nDownloaded: when no connector charges\nInstalling\n"
COMES += "the station restarts; the new build is on trial (update shows it)"
NEW = ("0.9.0", "folder a")
STATUS = [starts(7), starts(7), starts(7), starts(8), starts(8), starts(8)]


def test_the_whole_way(play):
    """Before it, the order, the restart not yet, on trial, proved."""
    says = {
        "update": [
            runs(),
            runs(),
            COMES,
            runs(),
            runs(*NEW, TRIAL),
            runs(*NEW, TRIAL),
            runs(*NEW),
        ],
        "status": STATUS,
    }
    code, out, err, heard = play(says)
    assert code == 0, (out, err)
    assert "0.1.0 -> 0.9.0 (build abc)" in out and "done: 0.1.0 -> 0.9.0" in out
    for word in ("Downloading", "Downloaded: when no", "Installing", "restarting", "on trial"):
        assert word in out
    (order,) = [line for line in heard if line.startswith("update http")]
    assert order.endswith("/TEST-0.9.0.upd") and "127.0.0.1" in order


@pytest.mark.parametrize(
    "says, why",
    [
        ("error: not trusted: CN=x", "the station says: not trusted: CN=x"),
        ("Downloading\nerror: no room on the flash", "no room on the flash"),
    ],
)
def test_a_refusal_has_the_station_s_reason(play, says, why):
    code, _, err, _ = play({"update": [runs(), runs(), says], "status": [starts(7)]})
    assert code == 1 and why in err


def test_a_build_that_goes_back(play):
    says = {"update": [runs(), runs(), COMES, runs(), runs(*NEW, TRIAL), runs()]}
    code, _, err, _ = play(says | {"status": STATUS})
    assert code == 1 and "did not prove itself" in err


def test_a_station_that_does_not_come_back(play, brief):
    code, _, err, _ = play({"update": [runs(), runs(), COMES, ""], "status": [starts(7)]})
    assert code == 1 and "did not come back" in err


def test_a_locked_console(play, monkeypatch):
    locked = {"update": ["error: the console is locked, expected: login PASSWORD"]}
    code, _, err, _ = play(locked)
    assert code == 1 and "CONSOLE_PASSWORD" in err
    monkeypatch.setenv("CONSOLE_PASSWORD", "secret-word")
    code, out, err, heard = play({"login": ["error: wrong password"]})
    assert code == 1 and "did not take the password" in err and "secret" not in out + err
    assert heard == ["login secret-word"]


def test_nobody_there(play, brief, monkeypatch, capsys, update):
    code, _, err, _ = play({"update": [""]})
    assert code == 1 and "no console at tcp:127.0.0.1" in err
    for name, why in (("tcp:127.0.0.1:1", "no console at"), ("tcp:x", "HOST:PORT")):
        monkeypatch.setattr(sys, "argv", ["ota", "--file", str(update), "--port", name])
        assert ota.main() == 1
        assert why in capsys.readouterr().err


def test_it_takes_too_long(play):
    says = {"update": [runs(), runs(), "Downloading"], "status": [starts(7)]}
    code, _, err, _ = play(says, "--minutes", "0.01")
    assert code == 1 and "the last word was: " in err


# -- the command line


@pytest.mark.parametrize(
    "line, why",
    [
        ("--port x", "an update must be signed: KEY="),
        ("--key nokey --cert nocert", "there is no nokey"),
        ("--file nofile", "there is no nofile"),
        ("--file FILE --csms http://127.0.0.1:1", "STATION="),
        ("--file FILE --csms http://127.0.0.1:1 --station A", "no central system"),
        ("--file KEY --port tcp:127.0.0.1:1", "no update of Galvani"),
    ],
)
def test_what_is_missing_is_named(monkeypatch, capsys, update, line, why):
    line = line.replace("FILE", str(update)).replace("KEY", str(update.parent / "signer.key"))
    monkeypatch.setattr(sys, "argv", ["ota", *line.split()])
    assert ota.main() == 1
    assert why in capsys.readouterr().err


def test_ctrl_c_ends_it_with_one_line(update):
    console = Console({"update": [runs(), runs(), "Downloading"], "status": [starts(7)]})
    command = [sys.executable, str(ROOT / "tools/ota.py"), "--file", str(update)]
    command += ["--port", console.name]
    env = {k: v for k, v in os.environ.items() if k != "CONSOLE_PASSWORD"}
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line.strip() == "Downloading":
                break
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    console.close()
    assert process.returncode == 1 and "Traceback" not in err
    assert "the old build runs on" in err

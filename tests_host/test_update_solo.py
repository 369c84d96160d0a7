"""Does an update come where the heap has no room for it beside the station?

firmware/ota/solo.py, started as main.py starts it, a part at each start, on the 32-bit port; the
record between the starts is that of ocppj/transfer.py. docs/updates.md, "What it needs".
"""

import base64
import json
import shutil
import signal
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import record
from patience import PATIENCE_S
from test_update_interop import keys  # noqa: F401
from tools import build
from tools.board import bundle, serve
from ws_peers import ROOT

HEAD = {"version": "9.0.0", "board": "UNIX", "kind": "files", "min": "0.1.0", "build": "x"}
FILES = {"main.py": b"print('new')\n", "lib/a/b.mpy": bytes(range(256)) * 40}
DER = serialization.Encoding.DER
# As main.run(), but what begins behind solo is no station: that has tests of its own.
START = """
import sys
sys.path[:0] = [%r, %r]
import main, lazy
real = lazy.call
def call(module, name, *args):
    if module == "wiring":
        raise SystemExit(9)
    return real(module, name, *args)
lazy.call = call
main.PAUSE_S = 0
main.build()
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))


# A radio that has an address at the third look.
RADIO = """
STA_IF = 0
looks = 0

class WLAN:
    def __init__(self, kind):
        pass
    def active(self, on=None):
        return True
    def config(self, *args, **more):
        pass
    def connect(self, ssid, key):
        print("joining", ssid)
    def disconnect(self):
        pass
    def status(self, what=None):
        return 1001
    def isconnected(self):
        global looks
        looks += 1
        return looks > 2
    def ifconfig(self):
        return ("192.168.1.20", "255.255.255.0", "192.168.1.1", "192.168.1.1")
"""


class Flash:
    """A station's flash, and its starts."""

    def __init__(self, micropython, folder, keys, url):  # noqa: F811
        self.folder = folder
        self.keys = keys
        self.micropython = micropython
        for name in ("certs", "journal"):
            (folder / name).mkdir(parents=True)
        root = x509.load_pem_x509_certificate((keys / "root.pem").read_bytes())
        (folder / "certs" / "maker-0123456789abcdef.der").write_bytes(root.public_bytes(DER))
        shutil.copy(ROOT / "boards/UNIX/board.py", folder)
        (folder / "journal" / "s0000001").write_bytes(record.pack([1, "A1", 5]))
        self.config({"CsmsUrl": "ws://127.0.0.1:1/x"})
        self.order(url)

    def config(self, values):
        (self.folder / "config.json").write_text(json.dumps({"version": 1, "values": values}))

    def order(self, url, state="f", attempts=3, signature=None):
        fields = [url, 0, attempts, 0, state]
        if signature is not None:
            fields += [7, 0]
            key, _ = bundle.load(self.keys / "signer.key", [self.keys / "signer.pem"])
            public = key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
            rows = ["EC", base64.b64encode(public).decode(), signature]
            (self.folder / "journal" / "usig").write_bytes(record.pack(rows))
        (self.folder / "journal" / "update").write_bytes(record.pack(fields))

    @property
    def fields(self):
        return record.unpack((self.folder / "journal" / "update").read_bytes())

    @property
    def state(self):
        return self.fields[4]

    def begin(self):
        command = [self.micropython, "-X", "heapsize=400k", "-c", START]
        env = {"GALVANI_CAN": "slcan://127.0.0.1:9", "GALVANI_CONSOLE": "0"}
        return subprocess.Popen(command, cwd=self.folder, env=env, stdout=subprocess.PIPE)

    def start(self):
        """One start: its exit code. 3: it restarts; 9: the station would begin."""
        process = self.begin()
        process.communicate(timeout=PATIENCE_S)
        return process.returncode

    def to_the_end(self):
        """Starts until the station begins; how many there were before it."""
        for count in range(20):
            if self.start() == 9:
                return count
        raise AssertionError(self.fields)

    def there(self):
        found = {p: (self.folder / "a" / p) for p in FILES}
        return all(p.exists() and p.read_bytes() == FILES[n] for n, p in found.items())


def made(keys, **changes):  # noqa: F811
    key, chain = bundle.load(keys / "signer.key", [keys / "signer.pem"])
    return bundle.make({**HEAD, **changes}, FILES, key, chain)


@pytest.fixture
def world(micropython32, tmp_path, keys):  # noqa: F811
    """(flash, shelf) with an update on the shelf."""
    shelf = serve.Shelf("new.upd", made(keys))
    with serve.serve(shelf, "127.0.0.1"):
        yield Flash(micropython32, tmp_path / "flash", keys, shelf.url), shelf


def test_fetched_at_one_start_and_judged_at_the_next(world):
    flash, _ = world
    assert flash.start() == 3 and flash.state == "v" and flash.there()
    assert not (flash.folder / "slot").exists()  # nothing of it may run yet
    assert flash.start() == 3 and flash.state == "g"
    assert flash.start() == 9
    assert not (flash.folder / "slot").exists() and not (flash.folder / "a/whole").exists()
    assert not (flash.folder / "journal/proof").exists()
    assert (flash.folder / "journal/s0000001").read_bytes() == record.pack([1, "A1", 5])


def test_nobody_orders_anything(world):
    flash, shelf = world
    for state in ("w", "d", "r", "g", "I", "D"):
        flash.order(shelf.url, state)
        assert flash.start() == 9 and flash.state == state
    (flash.folder / "journal/update").unlink()
    assert flash.start() == 9 and not shelf.requests


def test_a_board_with_a_network_of_its_own_joins_it_first(world):
    flash, _ = world
    (flash.folder / "network.py").write_text(RADIO)
    with open(flash.folder / "board.py", "a") as f:
        f.write('NET = ("wifi", {})\n')
    flash.config({"CsmsUrl": "ws://x", "WiFiSsid": "home", "NtpServers": ""})
    process = flash.begin()
    said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3 and flash.state == "v", said
    assert b"joining home" in said and b"address 192.168.1.20" in said


def test_without_a_central_system_it_is_installed_at_once(world):
    flash, _ = world
    flash.config({"Identity": "x"})
    assert flash.to_the_end() == 2
    assert flash.state == "I" and (flash.folder / "slot").read_text() == "a 3 -"


def test_both_signatures_of_a_signed_request(world, keys):  # noqa: F811
    flash, shelf = world
    key, _ = bundle.load(keys / "signer.key", [keys / "signer.pem"])
    signature = base64.b64encode(key.sign(shelf.data, ec.ECDSA(hashes.SHA256()))).decode()
    flash.order(shelf.url, signature=signature)
    assert flash.to_the_end() == 2 and flash.state == "g"
    other = base64.b64encode(key.sign(b"another file", ec.ECDSA(hashes.SHA256()))).decode()
    flash.order(shelf.url, signature=other)
    assert flash.to_the_end() == 2
    assert flash.state == "!signature the signature of the file is wrong"


def test_what_is_refused_is_refused_for_good_and_by_its_kind(world, keys):  # noqa: F811
    flash, shelf = world
    data = shelf.data
    signature = data.index(b"lib/a/b.mpy ") - 5  # before the manifest
    for wrong, starts, why in (
        (data[:signature] + b"?" + data[signature + 1 :], 2, "!signature "),
        (data[:-5] + b"?" + data[-4:], 1, "!hash "),
        (b"x" + data, 1, "!format "),
        (made(keys, board="OTHER"), 1, "!board made for OTHER"),
        (made(keys, version="0.0.1"), 1, "!version "),
    ):
        shelf.data = wrong
        flash.order(shelf.url)
        assert flash.to_the_end() == starts, why
        assert flash.state.startswith(why), flash.state
    (flash.folder / "certs" / "maker-0123456789abcdef.der").unlink()
    shelf.data = data
    flash.order(shelf.url)
    assert flash.to_the_end() == 2
    assert flash.state.startswith("!signature ") and "not trusted" in flash.state


def test_three_attempts_and_then_the_station_again(world):
    flash, shelf = world
    flash.order(shelf.url + ".gone")
    assert flash.to_the_end() == 3
    assert flash.state == "! HTTP status 404"


def test_each_start_that_dies_is_an_attempt(world):
    """A power cut, a crash, a bite of the watchdog: the station is back after three of them."""
    flash, _ = world

    class Stuck(serve.Shelf):
        def rest(self, headers):
            self.came = True
            self.dead.wait(PATIENCE_S)  # no byte before the station has died
            return 0

    shelf = Stuck("new.upd", b"")
    with serve.serve(shelf, "127.0.0.1"):
        flash.order(shelf.url)
        for left in (2, 1, 0):
            shelf.came, shelf.dead = False, threading.Event()
            process = flash.begin()
            end = time.monotonic() + PATIENCE_S
            while not shelf.came and time.monotonic() < end:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            shelf.dead.set()
            assert flash.fields[2] == left and flash.state == "f"
    assert flash.start() == 9
    assert flash.state == "! it never came to its end"


def test_what_is_to_be_judged_is_lost(world):
    flash, shelf = world
    flash.order(shelf.url, "v")
    for proof in (None, b"", b"5\n" + b"x" * 30):
        if proof is not None:
            (flash.folder / "journal/proof").write_bytes(proof)
        flash.order(shelf.url, "v")
        assert flash.to_the_end() == 1 and flash.state == "! what is to be judged is lost"


@pytest.mark.long
@pytest.mark.parametrize("heap", ["112k"])
def test_in_the_heap_of_a_chip_with_wifi(world, heap):
    """As .mpy files: docs/memory.md has the heaps of chips."""
    flash, _ = world
    shutil.copytree(build.tree("mpy"), flash.folder, dirs_exist_ok=True)
    (flash.folder / "board.py").unlink()
    start = "import sys; sys.path[:0] = ['', 'lib']; import main; main.run()"
    command = [flash.micropython, "-X", "heapsize=" + heap, "-c", start]
    env = {"GALVANI_CAN": "slcan://127.0.0.1:9", "GALVANI_CONSOLE": "0"}
    for state in ("v", "g"):
        subprocess.run(command, cwd=flash.folder, env=env, timeout=PATIENCE_S)
        assert flash.state == state

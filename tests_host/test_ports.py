"""Can the Unix ports do what the firmware and its tests ask of them?"""

import os
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from tools import micropython

MODULES = """asyncio select socket tls _thread os binascii hashlib time json struct re uctypes ffi
machine cryptolib random io errno collections array gc micropython deflate""".split()


def run(bits, code, *options, **kwargs):
    done = subprocess.run(
        [micropython.path(bits), *options, "-c", code], capture_output=True, text=True, **kwargs
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


both = pytest.mark.parametrize("bits", [64, 32])


@both
def test_the_modules_are_there(bits):
    assert run(bits, f"import {', '.join(MODULES)}\nprint('ok')", env={}) == "ok"


@both
def test_the_version_is_one_that_mpy_cross_builds_for(bits):
    code = "from sys import implementation as i; print('%d.%d' % i.version[:2], i._mpy & 255)"
    version, mpy = run(bits, code).split()
    assert version in ("1.26", "1.25") and int(mpy) == 6


def test_the_32_bit_port_computes_as_the_chip_does():
    code = "import sys; print(sys.maxsize, 1 / 3, 16777216.0 + 1)"
    assert run(32, code) == "2147483647 0.33333334 16777216.0"


def test_the_64_bit_port_computes_in_double():
    assert run(64, "import sys; print(sys.maxsize, 16777216.0 + 1)") == f"{2**63 - 1} 16777217.0"


@both
def test_machine_code_is_compiled_from_source(bits):
    code = "@micropython.viper\ndef f(a: int) -> int:\n    return a * 3\nprint(f(14))"
    assert run(bits, "import micropython\n" + code) == "42"


@both
def test_c_functions_can_be_called(bits):
    code = "import ffi; print(ffi.open('libc.so.6').func('i', 'abs', 'i')(-5))"
    assert run(bits, code) == "5"


@both
def test_the_heap_option_bounds_the_heap(bits):
    code = "import gc; print((gc.mem_alloc() + gc.mem_free()) // 1024)"
    size = int(run(bits, code, "-X", "heapsize=100wk"))
    assert (90 if bits == 32 else 180) <= size <= (100 if bits == 32 else 200)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for the name localhost."""
    if not shutil.which("openssl"):
        pytest.fail("openssl is missing: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout"
    subprocess.run(
        ["openssl", *command.split(), "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


CLIENT = """
import socket, tls, sys
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(open("cert.pem", "rb").read())
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", {port})[0][-1])
try:
    s = context.wrap_socket(s, server_hostname="{name}")
    s.write(b"ping")
    print(s.read(4))
except ValueError as error:
    print("refused", error)
"""


@both
@pytest.mark.parametrize(("name", "answer"), [("localhost", "b'pong'"), ("other", "refused")])
def test_tls_works_and_checks_the_name(bits, certificate, name, answer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def serve(listener):
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                if tls.recv(4) == b"ping":
                    tls.send(b"pong")
        except OSError:
            pass  # the client has refused us

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        code = CLIENT.format(port=listener.getsockname()[1], name=name)
        out = run(bits, code, cwd=certificate)
        thread.join()
    assert out.startswith(answer)


def test_an_own_binary_can_be_named(monkeypatch, tmp_path):
    own = tmp_path / "mine"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON32", str(own))
    assert micropython.path(32) == own
    assert micropython.path(64) != own


def test_a_named_binary_that_is_none_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("MICROPYTHON", str(tmp_path / "gone"))
    with pytest.raises(micropython.BuildError, match="gone"):
        micropython.path(64)


def test_other_word_sizes_are_refused():
    with pytest.raises(ValueError, match="16"):
        micropython.path(16)


@both
def test_a_port_that_stands_is_not_built_again(bits, monkeypatch):
    micropython.path(bits)
    monkeypatch.setattr(micropython, "_build_locked", lambda bits, frozen: pytest.fail("built"))
    assert micropython.path(bits) == micropython.binary_path(bits, frozen=False)


def test_the_frozen_port_is_outdated_when_the_firmware_changes(monkeypatch, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.py").write_text("x = 1\n")
    monkeypatch.setattr(micropython, "ROOT", tmp_path)
    monkeypatch.setattr(micropython, "PORTS", tmp_path)
    monkeypatch.setattr(micropython, "BUILD", tmp_path)
    binary = micropython.binary_path(32, True)
    binary.touch()
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps" / binary.name).write_text(micropython._input_hash(32, True))
    assert micropython.up_to_date(32, True)
    (tmp_path / "lib/a.py").write_text("x = 2\n")
    assert not micropython.up_to_date(32, True)


def test_nothing_fetched_names_a_mirror():
    """The recipe works on any machine's own mirror, so no host stands in it."""
    for name in ("micropython.py", "port_recipe.py", "debian.py", "setup_env.py"):
        text = (micropython.ROOT / "tools" / name).read_text()
        assert "debian.org" not in text and "ubuntu.com" not in text and "pypi.org" not in text
    lock = micropython.ROOT / "tools/csms/ui/package-lock.json"
    if os.path.exists(lock):
        assert '"resolved"' not in lock.read_text()

"""Does tools/release.py take only what a station could run? docs/updates.md"""

import sys

import pytest

from tools import release
from tools.board import bundle

ESP32, S3 = 0, 9


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    bundle.keys(folder, "Test", 10)
    return folder


def app(chip, description=release.APP):
    """The beginning of an app image as ESP-IDF builds it."""
    return b"\xe9\x06\x02\x20" + bytes(8) + bytes((chip, 0)) + bytes(18) + description + bytes(99)


def made(monkeypatch, capsys, keys, tmp_path, image, board="GALVANI_WROOM"):
    """(exit code, its words, the bundle or None)."""
    (tmp_path / "image.bin").write_bytes(image)
    out = tmp_path / "out.upd"
    line = f"release make --board {board} --key {keys}/signer.key --cert {keys}/signer.pem"
    line += f" --image {tmp_path}/image.bin --out {out}"
    monkeypatch.setattr(sys, "argv", line.split())
    code = release.main()
    return code, capsys.readouterr().err, out.read_bytes() if out.exists() else None


def test_an_app_image_of_the_board_s_chip(monkeypatch, capsys, keys, tmp_path):
    code, _, data = made(monkeypatch, capsys, keys, tmp_path, app(ESP32))
    update = bundle.read(data)
    assert code == 0 and update.head["kind"] == "app"
    assert update.files == {"app.bin": app(ESP32)}
    code, _, data = made(monkeypatch, capsys, keys, tmp_path, app(S3), "GALVANI_S3")
    assert code == 0 and data


@pytest.mark.parametrize(
    "image, why",
    [
        (app(S3), "is for esp32s3, GALVANI_WROOM has esp32"),
        (app(ESP32, b"\x50\0\0\0"), "micropython.bin"),  # begins with the boot loader
        (b"\x7fELF" + bytes(100), "no app image"),
        (b"", "no app image"),
    ],
)
def test_any_other_file_is_refused_here_already(monkeypatch, capsys, keys, tmp_path, image, why):
    code, said, data = made(monkeypatch, capsys, keys, tmp_path, image)
    assert code == 1 and why in said and data is None

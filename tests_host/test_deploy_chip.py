"""Does the same deploy work on a microcontroller: LittleFS, little heap, a raw REPL of C?

An emulated Cortex-M3 with MicroPython's own port. It has no asyncio: what is on its flash is
never started here, and nothing waits for health (test_deploy.py does).
"""

import hashlib
import json
import tarfile

import pytest
from typer.testing import CliRunner

import rom_target
from tools import deploy, emulator
from tools.board import BoardError, image, plan
from tools.board.link import Link

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("chip")]
OPTIONS = ("--board", "ESP32_GENERIC", "--no-heap-check")


@pytest.fixture(scope="module")
def build():
    return plan.files("ESP32_GENERIC", "armv7m")


@pytest.fixture(scope="module")
def chip(build, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "files", lambda board, architecture: dict(build))
        patch.setattr(deploy, "_restart", lambda link, healthy=True: link.close())
        with emulator.Chip(tmp_path_factory.mktemp("chip")) as chip:
            yield chip


def run(chip, *command):
    done = CliRunner().invoke(deploy.app, [*command, "--port", chip.port])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def listed(chip):
    with Link(chip.port) as link:
        link.helpers()
        return {path: digest for path, (_, digest) in link.files().items()}


def hashes(files):
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def test_1_a_whole_deploy_arrives(chip, build):
    assert f"{len(build)} files sent" in run(chip, "deploy", *OPTIONS)
    assert listed(chip) == hashes(build)


def test_2_it_survives_a_restart_and_a_second_one_sends_nothing(chip, build):
    chip.soft_reset()
    assert listed(chip) == hashes(build)
    assert "nothing has changed" in run(chip, "deploy", *OPTIONS)


def test_3_the_compiled_modules_can_be_imported(chip):
    with Link(chip.port) as link:
        link.run("import sys\nsys.path.append('lib')")
        assert link.run("import location\nprint(callable(location.parse))") == "True\r\n"


def test_4_only_what_differs_is_sent(chip, build):
    with Link(chip.port) as link:
        link.run("open('console/table.mpy', 'w').close()\nopen('console/old.mpy', 'w').close()")
        link.run("f = open('mine', 'w')\nf.write('a person')\nf.close()")
    shown = run(chip, "deploy", *OPTIONS)
    assert shown.count("1 files sent") == 1 and "1 removed" in shown
    assert set(listed(chip)) == {*build, "mine"}


def test_5_an_interrupted_deploy_leaves_the_old_files_and_goes_on(chip, build, monkeypatch):
    before = listed(chip)
    fresh = {f"lib/next{n}.py": b"x = %d\n" % n * 100 for n in range(5)}
    monkeypatch.setattr(plan, "files", lambda board, architecture: {**build, **fresh})
    real = Link.put
    sent = []

    def put(link, path, data, told=lambda count: None):
        if len(sent) == 3:
            raise BoardError("the cable is out")
        sent.append(path)
        real(link, path, data, told)

    monkeypatch.setattr(Link, "put", put)
    with pytest.raises(BoardError, match="cable"):
        run(chip, "deploy", *OPTIONS)
    chip.soft_reset()
    now = listed(chip)
    assert {path: now[path] for path in before} == before
    assert {path for path in now if path.startswith("new/")} == set(sent)
    monkeypatch.setattr(Link, "put", real)
    run(chip, "deploy", *OPTIONS)
    now = listed(chip)
    assert not [path for path in now if path.startswith("new/")]
    assert hashes(fresh).items() <= now.items()


def test_6_a_cut_between_two_moves_is_mended_by_boot(chip, build):
    with Link(chip.port) as link:
        link.helpers()
        link.put("new/lib/galvani.mpy", build["lib/galvani.mpy"])
        link.put("new/main.py", build["main.py"])
        link.put("new/go", b"lib/next0.py\n")
        link.run("os.remove('lib/galvani.mpy')")
    chip.soft_reset()
    with Link(chip.port) as link:
        link.run(link.get("boot.py").decode())  # this port runs none by itself
    now = listed(chip)
    assert now["lib/galvani.mpy"] == hashes(build)["lib/galvani.mpy"]
    assert "lib/next0.py" not in now and not [path for path in now if path.startswith("new/")]


def test_7_backup_and_restore(chip, tmp_path):
    before = listed(chip)
    file = tmp_path / "b.tar.gz"
    run(chip, "backup", str(file))
    with tarfile.open(file) as tar:
        assert {m.name for m in tar} == set(before)
    with Link(chip.port) as link:
        link.run("import os\nos.remove('main.py')\nopen('stray', 'w').close()")
        link.run("f = open('lib/galvani.mpy', 'w')\nf.write('x')\nf.close()")
    run(chip, "restore", str(file))
    assert listed(chip) == before


def test_8_provision(chip, tmp_path):
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"Identity": "CP-3"}))
    run(chip, "provision", str(config))
    with Link(chip.port) as link:
        assert json.loads(link.get("config.json"))["values"] == {"Identity": "CP-3"}


def test_9_a_factory_image_is_read_by_the_chip_as_its_own(build, tmp_path):
    files = {**build, "config.json": b"{}", "certs/ca.pem": b"x" * 5000, "small": b"y" * 128}
    with emulator.Chip(tmp_path, image.make(files, emulator.FLASH_SIZE)) as chip:
        assert listed(chip) == hashes(files)
        with Link(chip.port) as link:
            link.helpers()
            link.put("written", b"by the chip")
        chip.soft_reset()
        assert "written" in listed(chip)


def test_10_a_rom_that_cannot_be_written_is_found_out_and_one_that_can_is_used(chip, build):
    memory = "__import__('uctypes').bytearray_at(0x21000000, 0x80000)"
    before = listed(chip)
    with Link(chip.port) as link:
        rom_target.install(link, "readonly", memory)
    with pytest.raises(BoardError, match="another content is read back"):
        run(chip, "deploy", *OPTIONS)
    assert listed(chip) == before
    with Link(chip.port) as link:
        rom_target.install(link, "partition", memory)
    assert "bytes written and read back" in run(chip, "deploy", *OPTIONS)
    left = {path for path in listed(chip) if path in build}
    assert left == {"boot.py", "main.py", "build.json"}
    with Link(chip.port) as link:
        link.run("import gc, sys\nsys.path.append('/rom/lib')\ngc.collect()\na = gc.mem_alloc()")
        held = link.run("import location\ngc.collect()\nprint(gc.mem_alloc() - a)")
    assert int(held) < len(build["lib/location.mpy"]) * 1.3  # executed where it lies


def test_an_image_that_is_too_small_is_refused(build):
    with pytest.raises(BoardError, match="do not fit into an image of 65536"):
        image.make(build, 65536)
    with pytest.raises(BoardError, match="multiple of 4096"):
        image.make({}, 65537)

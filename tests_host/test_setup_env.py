"""Does set-up do what is missing, once, and tell a user without root what to paste?"""

import resource
import subprocess
from types import SimpleNamespace

import pytest

from tools import debian, setup_env


def test_without_root_missing_packages_are_one_line_to_paste(monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as end:
        debian.need(["gcc", "make"], "building")
    last = str(end.value).splitlines()[-1]
    assert last.strip().startswith("sudo sh -c 'apt-get update && apt-get install")
    assert last.endswith("gcc make'")


def test_nothing_missing_needs_nothing(monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    assert debian.need([], "building") is None


def mirror_with_sites(tmp_path, monkeypatch, answer):
    mirror = debian.Mirror(tmp_path / "apt", ("amd64",))
    monkeypatch.setattr(mirror, "_run", lambda command, cwd=None: SimpleNamespace(stdout=answer))
    return mirror


def test_the_mirrors_are_those_of_apt_each_once(tmp_path, monkeypatch):
    answer = "http://one/debian/\nhttp://one/debian/\nhttps://two/security\n"
    mirror = mirror_with_sites(tmp_path, monkeypatch, answer)
    assert mirror.sites() == ["http://one/debian", "https://two/security"]


def test_a_mirror_list_of_apt_is_read(tmp_path, monkeypatch):
    listed = tmp_path / "mirrors.txt"
    listed.write_text("http://near/ubuntu/\tpriority:1\n# a comment\nhttp://far/ubuntu\n")
    mirror = mirror_with_sites(tmp_path, monkeypatch, f"mirror+file:{listed}\n")
    assert mirror.sites() == ["http://near/ubuntu", "http://far/ubuntu"]


def test_a_file_with_another_hash_is_refused(tmp_path, monkeypatch):
    mirror = debian.Mirror(tmp_path / "apt", ("amd64",))
    target = tmp_path / "source.tar.xz"

    def fetch(command, cwd=None):
        if "download-file" in command:
            target.write_bytes(b"not what was pinned")
        return SimpleNamespace(stdout="http://one/debian\n")

    monkeypatch.setattr(mirror, "_run", fetch)
    with pytest.raises(debian.FetchError, match="source.tar.xz"):
        mirror.pool_file(("pool/x.tar.xz",), "0" * 64, target)
    assert not target.exists()


def test_the_key_changes_with_every_file(tmp_path):
    one, two = tmp_path / "package.json", tmp_path / "package-lock.json"
    one.write_text("{}")
    keys = {setup_env.key_of(one, two)}
    two.write_text("{}")
    keys.add(setup_env.key_of(one, two))
    one.write_text("{ }")
    keys.add(setup_env.key_of(one, two))
    assert len(keys) == 3


def test_npm_runs_once_and_writes_no_registry_into_the_lock_file(tmp_path, monkeypatch):
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(setup_env, "UI", tmp_path)
    monkeypatch.setattr(setup_env, "_npm", lambda: ("npm", {}))
    calls = []
    monkeypatch.setattr(
        setup_env.subprocess, "run", lambda command, **options: calls.append((command, options))
    )
    setup_env.npm_packages()
    setup_env.npm_packages()
    ((command, options),) = calls
    assert command[:2] == ["npm", "ci"]
    assert options["env"]["npm_config_omit_lockfile_registry_resolved"] == "true"


def test_no_page_no_npm(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_env, "UI", tmp_path)
    monkeypatch.setattr(setup_env, "_npm", lambda: pytest.fail("npm is not needed"))
    setup_env.npm_packages()


def _cpu_s():
    """What child processes have computed: a busy machine does not lengthen it by much."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_second_set_up_takes_a_moment():
    started = _cpu_s()
    script = setup_env.ROOT / "tools" / "setup_env.py"
    done = subprocess.run(["python3", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    # A fifth of a second, beside which an idle machine does nothing else.
    assert _cpu_s() - started < 2

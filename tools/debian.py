"""How does this project take files from the machine's own Debian or Ubuntu mirror?

Nothing here names a host: mirrors, proxies and keys all come from the machine's apt configuration.
Everything is fetched by apt itself into a private state folder, so no root is needed, the system
is not changed and signatures are checked as for any other package.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APT_HELPER = Path("/usr/lib/apt/apt-helper")


class FetchError(Exception):
    """A file could not be had; the text says which and why."""


def say(text: str) -> None:
    """One line of progress on stderr (stdout belongs to whoever called)."""
    print(text, file=sys.stderr, flush=True)


class Mirror:
    """The machine's apt with a state folder of its own, for these architectures (amd64, i386)."""

    def __init__(self, state_dir: Path, architectures: tuple[str, ...]):
        self.state_dir = state_dir
        (state_dir / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state_dir / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        (state_dir / "status").touch()
        self._options = [
            f"Dir::State={state_dir}",
            f"Dir::State::status={state_dir}/status",
            f"Dir::Cache={state_dir}/cache",
            *(f"APT::Architectures::={arch}" for arch in architectures),
            "Acquire::Languages=none",
            "Acquire::Retries=3",
            "APT::Sandbox::User=root",  # the folder is ours; apt's own user may not enter it
            "Debug::NoLocking=1",
        ]
        self._updated = False

    def _run(self, command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess:
        if not shutil.which(command[0]):
            raise FetchError(f"{command[0]} is missing: this needs Debian or Ubuntu")
        for option in self._options:
            command += ["-o", option]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True)

    def update(self) -> None:
        """Fetches the package lists, once. A list that fails shows in what needs it, not here."""
        if not self._updated:
            say("apt: reading the package lists of this machine's mirror")
            self._run(["apt-get", "update", "-q"])
            self._updated = True

    def sites(self) -> list[str]:
        """The mirrors' base addresses in apt's own order, mirror lists resolved."""
        self.update()
        listed = self._run(["apt-get", "indextargets", "--format", "$(SITE)"]).stdout.split()
        sites: list[str] = []
        for site in dict.fromkeys(listed):
            if site.startswith("mirror+file:"):
                lines = Path(site.removeprefix("mirror+file:")).read_text().splitlines()
                sites += [line.split()[0].rstrip("/") for line in lines if line[:4] == "http"]
            else:
                sites.append(site.rstrip("/"))
        return sites

    def pool_file(self, paths: tuple[str, ...], sha256: str, target: Path) -> Path:
        """Fetches the first of `paths` below a mirror's base with this SHA-256 to `target`."""
        if target.exists() and digest(target) == sha256:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        for site in self.sites():
            for path in paths:
                say(f"apt: fetching {target.name}")
                self._run(
                    [str(APT_HELPER), "download-file", f"{site}/{path}", str(target)]
                    + [f"SHA256:{sha256}"]
                )
                if target.exists() and digest(target) == sha256:
                    return target
                target.unlink(missing_ok=True)
        raise FetchError(f"no mirror of this machine has {target.name}")

    def unpack(self, packages: tuple[str, ...], target: Path) -> Path:
        """Downloads binary packages ("libffi-dev:i386") and unpacks them below `target`."""
        self.update()
        download_dir = self.state_dir / "debs" / target.name
        shutil.rmtree(download_dir, ignore_errors=True)
        download_dir.mkdir(parents=True)
        say(f"apt: fetching {' '.join(packages)}")
        result = self._run(["apt-get", "download", "-q", *packages], cwd=download_dir)
        debs = sorted(download_dir.glob("*.deb"))
        if len(debs) != len(packages):
            raise FetchError(f"apt cannot fetch {' '.join(packages)}: {result.stderr.strip()}")
        fresh = target.with_name(target.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for deb in debs:
            subprocess.run(["dpkg-deb", "-x", str(deb), str(fresh)], check=True)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        return target


def digest(path: Path) -> str:
    """SHA-256 of a file as hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def need(packages: list[str], why: str) -> None:
    """Installs missing system packages as root, else ends with the one line to paste."""
    if not packages:
        return
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"{why} needs system packages. Please run:\n  sudo sh -c '{line}'")
    say(f"apt: installing {' '.join(packages)}")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True)
    if done.returncode:
        # An update can fail over one unrelated source; the install alone may still work.
        install = line.split(" && ")[1]
        done = subprocess.run(["sh", "-c", install], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{why} needs system packages, and this failed:\n  {line}\n{done.stderr}")

"""Is what a station shall be told right, before it leaves this machine?

A provisioning file is JSON: keys of docs/config.md with their values, and `certificates`, names on
the flash (below certs/) with paths here:

    {"Identity": "CP-0001", "CsmsUrl": "wss://csms.example/ocpp", "WiFiSsid": "depot",
     "WiFiPassword": "...", "certificates": {"csms.pem": "root.pem"}}
"""

import importlib
import json
import sys
import types
from pathlib import Path

from tools.board import BoardError

ROOT = Path(__file__).resolve().parents[2]


class Tables:
    """The key tables and the rules of the firmware itself, loaded here."""

    def __init__(self):
        self._device_modules()
        self._settings = importlib.import_module("core.settings")
        self._config = importlib.import_module("core.config")
        keys = importlib.import_module("station.keys").KEYS
        ocpp = importlib.import_module("ocppj.v16.keys").KEYS
        # A Config without its files: only the tables and what they say.
        self._table = object.__new__(self._config.Config)
        self._table._tables = (keys, ocpp)

    @staticmethod
    def _device_modules() -> None:
        if "micropython" not in sys.modules:
            shim = types.ModuleType("micropython")
            shim.const = lambda value: value
            sys.modules["micropython"] = shim
        for top in ("lib", "firmware"):
            if str(ROOT / top) not in sys.path:
                sys.path.append(str(ROOT / top))

    def check(self, values: dict) -> dict[str, str]:
        """The values as config.json has them. BoardError lists everything that is wrong."""
        good, wrong = {}, []
        for key, value in values.items():
            row = self._table.row(key)
            if row is None:
                wrong.append(f"{key}: no such key (docs/config.md lists all)")
            elif row[5] == "R":
                wrong.append(f"{key}: is read-only")
            else:
                try:
                    text = self._config.text(value)
                    good[row[0]] = self._config.text(self._settings.parse(row, text))
                except self._config.ConfigError as error:
                    wrong.append(str(error))
        if wrong:
            raise BoardError("the file is not right:\n" + "\n".join("  " + w for w in wrong))
        return good

    def secret(self, key: str) -> bool:
        """True for a value that nobody shall see."""
        row = self._table.row(key)
        return row is None or row[5] == "W"


def load(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """(settings, certificate files) of a provisioning file, all checked. Raises BoardError."""
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}")
    except ValueError as error:
        raise BoardError(f"{path} is not JSON: {error}")
    if not isinstance(data, dict):
        raise BoardError(f"{path}: expected one JSON object, keys and values")
    named = data.pop("certificates", {})
    certificates = {}
    for name, source in named.items():
        content = _certificate(path.parent / source)
        if "/" in name or not name.isascii():
            raise BoardError(f"certificate {name}: a plain file name is expected")
        certificates["certs/" + name] = content
    return Tables().check(data), certificates


def _certificate(path: Path) -> bytes:
    """A certificate or key file, after a look whether it is one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        content = path.read_bytes()
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}")
    readers = (
        x509.load_pem_x509_certificate,
        x509.load_der_x509_certificate,
        lambda data: serialization.load_pem_private_key(data, None),
        lambda data: serialization.load_der_private_key(data, None),
    )
    for reader in readers:
        try:
            reader(content)
            return content
        except (ValueError, TypeError):
            pass
    raise BoardError(f"{path} is neither a certificate nor an open private key (PEM or DER)")


def merge(there: bytes | None, values: dict[str, str]) -> bytes:
    """config.json with these values put over what the board has already."""
    old = {}
    if there:
        try:
            old = json.loads(there).get("values", {})
        except (ValueError, AttributeError):
            pass  # a damaged one is replaced
    return json.dumps({"version": 1, "values": {**old, **values}}).encode()

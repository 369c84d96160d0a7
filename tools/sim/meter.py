"""What does a meter measure that signs its readings, and how does it sign them?

A simulated one at an outlet: ECDSA on the curve P-256 with SHA-256 over the payload, in the Open
Charge Metering Format, "OCMF|{payload}|{signature}". `verify` is the other side, for whoever gets
such a text: it needs the public key and nothing else.
"""

import json
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

METHOD = "ECDSA-secp256r1-SHA256"
SIGN_MS = 400  # a reading takes its time
EVERY_MS = 500  # readings of energy, voltage, current


class SigningMeter:
    """The meter of `outlet`. `spent_ms` of bench time pass by `advanced`."""

    def __init__(self, outlet):
        self.outlet = outlet
        self.on = True
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.page = 0
        self._wait_ms = 0
        self._orders = []  # [ms left, kind, token]

    @property
    def public_key(self) -> str:
        """As it is printed on the meter: hexadecimal ASN.1."""
        return public_text(self.key.public_key())

    @property
    def energy_wh(self) -> int:
        """The register."""
        return int(self.outlet.energy_ws // 3600)

    def order(self, kind: str, tag: str) -> None:
        """Begin to sign a reading: "B", "E" or "R"."""
        self._orders.append([SIGN_MS, kind, tag, self.energy_wh])

    def forget(self) -> None:
        """Nobody waits for what was ordered."""
        self._orders = []

    def advanced(self, ms: int) -> list[str]:
        """Lines for the station after `ms` more of bench time, without the connector's number."""
        lines = []
        for order in self._orders[:]:
            order[0] -= ms
            if order[0] <= 0:
                self._orders.remove(order)
                lines.append("signed " + self.signed(*order[1:]))
        self._wait_ms -= ms
        if self._wait_ms <= 0:
            self._wait_ms = EVERY_MS
            outlet = self.outlet
            volts = round(outlet.voltage_v * 10)
            lines.append(f"meter {self.energy_wh} {volts} {round(outlet.current_a * 10)}")
        return lines

    def signed(self, kind: str, tag: str, energy_wh: int) -> str:
        """The OCMF text of one reading."""
        self.page += 1
        now = datetime.now(timezone.utc)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S,") + f"{now.microsecond // 1000:03d}+0000 S"
        reading = {
            "TM": stamp,
            "TX": {"B": "B", "E": "E"}.get(kind, "C"),
            "RV": f"{energy_wh / 1000:.3f}",
            "RI": "01-00:98.08.00.FF",
            "RU": "kWh",
            "ST": "G",
        }
        payload = {
            "FV": "1.0",
            "GI": "Galvani bench",
            "GS": f"bench-{self.outlet.number}",
            "PG": f"T{self.page}",
            "MS": f"bench-meter-{self.outlet.number}",
            "IS": True,
            "IT": "ISO14443",
            "ID": tag,
            "RD": [reading],
        }
        return sign(self.key, json.dumps(payload, separators=(",", ":")))


def public_text(key) -> str:
    """A public key as hexadecimal ASN.1."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ).hex()


def sign(key, payload: str) -> str:
    """OCMF|payload|signature, by the private `key`."""
    data = key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
    return f"OCMF|{payload}|" + json.dumps({"SA": METHOD, "SD": data.hex()})


def verify(text: str, public_key: str) -> dict:
    """The payload of an OCMF text; ValueError if it is none, or not signed by this key."""
    head, payload, signature = text.split("|")
    signature = json.loads(signature)
    if head != "OCMF" or signature["SA"] != METHOD:
        raise ValueError("not what this meter signs")
    key = serialization.load_der_public_key(bytes.fromhex(public_key))
    try:
        key.verify(bytes.fromhex(signature["SD"]), payload.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise ValueError("the signature is not of this key") from None
    return json.loads(payload)

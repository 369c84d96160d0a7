"""How are the reports of firmware, diagnostics, logs and security answered?"""

from __future__ import annotations

from . import Context, handles


async def _keep(context: Context, kind: str, payload: dict) -> None:
    await context.central.store.add_notice(context.station_id, kind, payload, context.now)
    context.central.hub.publish("notice", context.station_id, payload)


# S 4.4, 4.5; WP L01, N01, A04: reports that are kept and shown, and answered with nothing.
_REPORTS = (
    ("DiagnosticsStatusNotification", "DiagnosticsStatus"),
    ("FirmwareStatusNotification", "FirmwareStatus"),
    ("SignedFirmwareStatusNotification", "SignedFirmwareStatus"),
    ("LogStatusNotification", "LogStatus"),
    ("SecurityEventNotification", "SecurityEvent"),
)


def _report(action: str, kind: str) -> None:
    @handles("1.6", action)
    async def keep(context: Context, payload: dict) -> dict:
        await _keep(context, kind, payload)
        return {}


for _action, _kind in _REPORTS:
    _report(_action, _kind)


@handles("1.6", "SignCertificate")
async def sign_certificate(context: Context, payload: dict) -> dict:
    """WP A02: the request is kept for who runs a certificate authority; there is none here, so
    nothing is promised."""
    await _keep(context, "SignCertificate", payload)
    return {"status": "Rejected"}

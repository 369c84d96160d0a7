"""How are the reports of firmware, diagnostics, logs and security answered?"""

from __future__ import annotations

from . import Context, handles


async def _keep(context: Context, kind: str, payload: dict) -> None:
    await context.central.store.add_notice(context.station_id, kind, payload, context.now)
    context.central.hub.publish("notice", context.station_id, payload)


@handles("1.6", "DiagnosticsStatusNotification")
async def diagnostics_status(context: Context, payload: dict) -> dict:
    """S 4.4."""
    await _keep(context, "DiagnosticsStatus", payload)
    return {}


@handles("1.6", "FirmwareStatusNotification")
async def firmware_status(context: Context, payload: dict) -> dict:
    """S 4.5."""
    await _keep(context, "FirmwareStatus", payload)
    return {}


@handles("1.6", "SignedFirmwareStatusNotification")
async def signed_firmware_status(context: Context, payload: dict) -> dict:
    """WP L01."""
    await _keep(context, "SignedFirmwareStatus", payload)
    return {}


@handles("1.6", "LogStatusNotification")
async def log_status(context: Context, payload: dict) -> dict:
    """WP N01."""
    await _keep(context, "LogStatus", payload)
    return {}


@handles("1.6", "SecurityEventNotification")
async def security_event(context: Context, payload: dict) -> dict:
    """WP A04."""
    await _keep(context, "SecurityEvent", payload)
    return {}


@handles("1.6", "SignCertificate")
async def sign_certificate(context: Context, payload: dict) -> dict:
    """WP A02: the request is kept for who runs a certificate authority; there is none here, so
    nothing is promised."""
    await _keep(context, "SignCertificate", payload)
    return {"status": "Rejected"}

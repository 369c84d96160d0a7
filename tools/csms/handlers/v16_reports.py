"""How are the reports of firmware, diagnostics, logs and security answered?"""

from __future__ import annotations

import asyncio
import logging

from .. import authority, errors
from . import Context, handles

log = logging.getLogger(__name__)
_sending: set[asyncio.Task] = set()  # certificates on their way


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
    """WP A02: the request is kept; with an authority (--ca) it is signed and sent back, else
    nothing is promised."""
    await _keep(context, "SignCertificate", payload)
    central = context.central
    if not central.settings.ca:
        return {"status": "Rejected"}
    try:
        chain = authority.sign(central.settings.ca, payload["csr"])
    except (OSError, ValueError, TypeError) as error:
        log.warning("%s: request not signed: %s", context.station_id, error)
        return {"status": "Rejected"}
    sending = asyncio.create_task(_send(central, context.station_id, chain))
    _sending.add(sending)
    sending.add_done_callback(_sending.discard)
    return {"status": "Accepted"}


async def _send(central, station_id: str, chain: str) -> None:
    try:
        answer = await central.call(
            station_id, "CertificateSigned", {"certificateChain": chain}, None, True
        )
        log.info("%s: certificate %s", station_id, answer.get("status"))
    except errors.CallError as error:
        log.warning("%s: certificate not taken: %s", station_id, error.description)
    except (errors.NotConnected, errors.CallTimeout, errors.BadAnswer) as error:
        log.warning("%s: certificate not delivered: %s", station_id, error)

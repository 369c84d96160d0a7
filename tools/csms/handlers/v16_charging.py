"""How are StartTransaction, MeterValues and StopTransaction answered?"""

from __future__ import annotations

from . import Context, handles


@handles("1.6", "StartTransaction")
async def start_transaction(context: Context, payload: dict) -> dict:
    """S 4.8: the transaction is recorded whatever the card is worth, for it has begun."""
    central = context.central
    info = await central.cards.info_for_start(
        context.station_id, context.message_id, payload["idTag"], context.now
    )
    charge, new = await central.charges.start(
        context.station_id, context.message_id, payload, info["status"]
    )
    if not new:
        info = {**info, "status": charge.start_status}  # the same answer as the first time
    if charge.active:
        central.live.set_charge(charge)
    central.hub.publish("charge", context.station_id, charge)
    return {"transactionId": charge.id, "idTagInfo": info}


@handles("1.6", "MeterValues")
async def meter_values(context: Context, payload: dict) -> dict:
    """S 4.7."""
    central = context.central
    rows, new = await central.charges.meter(context.station_id, context.message_id, payload)
    if new:
        if rows and rows[0].charge_id is not None:
            charge = await central.charges.get(rows[0].charge_id)
            if charge is not None and charge.active:
                central.live.set_charge(charge)
        central.live.take(rows)
        central.hub.publish("meter", context.station_id, rows)
    return {}


@handles("1.6", "StopTransaction")
async def stop_transaction(context: Context, payload: dict) -> dict:
    """S 4.10: it is always accepted; idTagInfo only if a card was shown. The card's expiry does
    not matter any more, its parent may."""
    central = context.central
    charge, new = await central.charges.stop(context.station_id, context.message_id, payload)
    if new:
        central.live.set_charge(charge)
        central.hub.publish("charge", context.station_id, charge)
    if "idTag" not in payload:
        return {}
    return {"idTagInfo": await central.cards.info(payload["idTag"], context.now)}

"""What is a whole charge, as the bench plays it?

Boot, plug in, card, energy with meter values, card again, StopTransaction, unplug, Available.
With `calls` the central system also sends every Core call and a trigger in the middle of it,
with `secure` those of the security whitepaper.
"""

import asyncio

from tools.bench import trust
from tools.bench.rig import Rig, RigError

TAG = "BENCH001"
PLAY_S = 60  # a station that needs longer than that (10 s would do) starves
SETTINGS = ("MeterValueSampleInterval=5",)

# A day with a limit for each hour; high enough to let the charge go on.
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "chargingSchedule": {
        "startSchedule": "2026-01-01T00:00:00Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 3600 * hour, "limit": 60.5 + hour} for hour in range(24)
        ],
    },
}

DATE = "2099-01-01T00:00:00.000Z"
# The longest list of one message (SendLocalListMaxLength).
TOKENS = [
    {
        "idTag": f"{n:020}",
        "idTagInfo": {"status": "Accepted", "expiryDate": DATE, "parentIdTag": f"P{n:019}"},
    }
    for n in range(50)
]

# Every call that the station serves in the middle of a charge; Reset and the ones that start and
# stop are played by `charge` itself.
CALLS = (
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "200"}),
    ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ("GetConfiguration", {}),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
    ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("DataTransfer", {"vendorId": "nobody", "messageId": "x", "data": "y" * 500}),
    ("ClearCache", {}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
    ("RemoteStartTransaction", {"connectorId": 1, "idTag": TAG}),
    ("RemoteStopTransaction", {"transactionId": 999}),
    ("UnlockConnector", {"connectorId": 9}),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": PROFILE}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 86400}),
    ("ClearChargingProfile", {}),
    ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": TOKENS}),
    ("GetLocalListVersion", {}),
    ("ReserveNow", {"connectorId": 1, "expiryDate": DATE, "idTag": TAG, "reservationId": 1}),
    ("CancelReservation", {"reservationId": 1}),
    ("GetDiagnostics", {"location": "ftp://127.0.0.1/", "retries": 0}),
    ("UpdateFirmware", {"location": "http://127.0.0.1/f", "retrieveDate": DATE}),
)


async def begin(rig: Rig, cid: int = 1) -> None:
    """Boot until energy flows at connector `cid`."""
    csms = rig.csms
    await csms.wait("BootNotification")
    await csms.wait("StatusNotification", connectorId=cid, status="Available")
    await rig.ask(f"plug {cid}")
    await csms.wait("StatusNotification", connectorId=cid, status="Preparing")
    await rig.ask(f"tag {cid} {TAG}")
    await csms.wait("StartTransaction", connectorId=cid)
    await csms.wait("StatusNotification", connectorId=cid, status="Charging")


async def meter_values(rig: Rig, count: int = 2) -> None:
    """Wait for so many MeterValues from now on."""
    for _ in range(count):
        await rig.csms.wait("MeterValues", after=len(rig.csms.heard))


async def every_call(rig: Rig) -> None:
    """Every call of CALLS, each answered by a CALLRESULT."""
    for action, payload in CALLS:
        await rig.csms.call(action, payload)


async def full(rig: Rig, cid: int) -> None:
    """What the functional profiles can hold: local list, charging profiles, a reservation."""
    call = rig.csms.call
    rows = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": TOKENS}
    answers = [await call("SendLocalList", rows)]
    periods = [{"startPeriod": 60 * n, "limit": 60.5 + n % 20} for n in range(50)]
    for n in range(20):
        schedule = PROFILE["chargingSchedule"] | {"chargingSchedulePeriod": periods}
        body = PROFILE | {"chargingProfileId": n, "stackLevel": n, "chargingSchedule": schedule}
        payload = {"connectorId": 0, "csChargingProfiles": body}
        answers.append(await call("SetChargingProfile", payload))
    reservation = {"connectorId": cid, "expiryDate": DATE, "idTag": TAG, "reservationId": 1}
    answers.append(await call("ReserveNow", reservation))
    for answer in answers:
        if answer["status"] != "Accepted":
            raise RigError(f"not Accepted: {answers}")


async def end(rig: Rig, cid: int = 1) -> dict:
    """The card again until the connector is free; the payload of StopTransaction."""
    csms = rig.csms
    mark = len(csms.heard)
    await rig.ask(f"tag {cid} {TAG}")
    stop = await csms.wait("StopTransaction", after=mark)
    await rig.ask(f"unplug {cid}")
    await csms.wait("StatusNotification", after=mark, connectorId=cid, status="Available")
    csms.check()
    return stop.payload


async def play(
    form: str,
    heap: str = "",
    *,
    calls=False,
    secure=False,
    guns=1,
    speed=10,
    program=None,
    profile="rivot",
) -> Rig:
    """One whole charge; the Rig with all that was heard. RigError if anything went wrong."""
    more = {"profile": profile}
    if program:
        more["program"] = program
    async with Rig(form, heap=heap, speed=speed, guns=guns, settings=SETTINGS, **more) as rig:
        try:
            async with asyncio.timeout(PLAY_S):
                await begin(rig, guns)
                await meter_values(rig)
                if calls:
                    await every_call(rig)
                    await meter_values(rig, 1)
                if secure:
                    await trust.every_call(rig)
                    await meter_values(rig, 1)
                await end(rig, guns)
        except AssertionError as error:
            raise RigError(str(error)) from None
        except TimeoutError:
            raise RigError(f"no whole charge within {PLAY_S} s") from None
        return rig

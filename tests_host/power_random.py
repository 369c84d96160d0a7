"""Stories that nobody wrote: random steps of a station of two connectors, for the power cuts."""

from charging_bench import profile
from power_scenarios import OFFLINE
from v16_bench import Error


def random_steps(rng):
    """[(step, number)] of a story; play() knows them."""
    names = [name[5:] for name in globals() if name[:5] == "step_"]
    return [(rng.choice(names), rng.randrange(100)) for _ in range(rng.randrange(5, 25))]


def play(p, steps):
    """A station of two connectors, registered once, and then whatever comes."""
    often = {"TransactionMessageAttempts": 50, "TransactionMessageRetryInterval": 1}
    p.boot(2, EnergySnapshotInterval=10, **OFFLINE, **often)
    p.world.online()
    for name, n in steps:
        globals()["step_" + name](p, p.world, n)
    w = p.world
    w.csms.replies, w.csms.silent, w.csms.pending = {}, (), []
    w.offline()
    w.online()


def step_charge(p, w, n):
    cid = 1 + n % 2
    w.plug(cid)
    w.pass_time(1)
    w.tag(("A1", "B1")[n // 2 % 2], cid)


def step_pass(p, w, n):
    w.pass_time(1 + n % 12)


def step_unplug(p, w, n):
    w.unplug(1 + n % 2)
    w.pass_time(1)


def step_line(p, w, n):
    if w.linked:
        w.offline()
    else:
        w.online()


def step_stop(p, w, n):
    for c in w.station.connectors:
        if w.linked and c.session and c.session.transaction_id is not None:
            w.call("RemoteStopTransaction", {"transactionId": c.session.transaction_id})
            w.pass_time(n % 3)


def step_setting(p, w, n):
    if w.linked:
        key = (
            "MeterValueSampleInterval",
            "StopTxnAlignedData",
            "UnlockConnectorOnEVSideDisconnect",
        )[n % 3]
        value = (str(5 + n), "Voltage", "false")[n % 3]
        w.call("ChangeConfiguration", {"key": key, "value": value})


def step_profile(p, w, n):
    if w.linked:
        body = profile(n % 4, "TxDefaultProfile", n % 3, [(0, 5 + n % 20)])
        w.call("SetChargingProfile", {"connectorId": n % 3, "csChargingProfiles": body})


def step_clear(p, w, n):
    if w.linked:
        w.call("ClearChargingProfile", {"id": n % 4})


def step_list(p, w, n):
    if w.linked:
        rows = [
            {"idTag": "L%d" % (1 + n % 3), "idTagInfo": {"status": ("Accepted", "Blocked")[n % 2]}}
        ]
        kind = ("Full", "Differential")[n // 2 % 2]
        payload = {"listVersion": 1 + n, "updateType": kind, "localAuthorizationList": rows}
        w.call("SendLocalList", payload)


def step_reserve(p, w, n):
    if w.linked:
        payload = {"connectorId": n % 3, "expiryDate": "2027-01-15T09:00:00Z", "idTag": "A1"}
        w.call("ReserveNow", dict(payload, reservationId=n % 3))


def step_cancel(p, w, n):
    if w.linked:
        w.call("CancelReservation", {"reservationId": n % 3})


def step_service(p, w, n):
    if w.linked:
        kind = ("Operative", "Operative", "Inoperative")[n // 3 % 3]
        w.call("ChangeAvailability", {"connectorId": n % 3, "type": kind})


def step_error(p, w, n):
    action = ("StartTransaction", "StopTransaction", "MeterValues")[n % 3]
    w.csms.replies = {action: Error("InternalError")}
    w.pass_time(1)  # fewer attempts than TransactionMessageAttempts
    w.csms.replies = {}


def step_power(p, w, n):
    w = p.reboot(("PowerLoss", "Reboot")[n % 2])
    if n % 3:
        w.online()
    else:
        w.pass_time(16)

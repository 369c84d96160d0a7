"""The stories in which the power goes at every point: test_v16_power_points.py plays them.

Each takes a Play that is not booted yet. Settings are stored before the story begins.
"""

from charging_bench import profile
from v16_bench import WALL, Error

OFFLINE = {"AllowOfflineTxForUnknownId": True, "MeterValueSampleInterval": 5}
BRISK = {"MeterValueSampleInterval": 5, "EnergySnapshotInterval": 10}


def charge(w, tag="A1", cid=1, seconds=12):
    """Plug in, show a card, charge."""
    w.plug(cid)
    w.pass_time(1)
    w.tag(tag, cid)
    w.pass_time(seconds)


def leave(w, tag="A1", cid=1):
    """The same card again, then unplug."""
    w.tag(tag, cid)
    w.pass_time(3)
    w.unplug(cid)
    w.pass_time(1)


def online_charge(p):
    w = p.boot(**BRISK).online()
    charge(w)
    leave(w)


def two_charges(p):
    w = p.boot(**BRISK).online()
    charge(w, seconds=7)
    leave(w)
    charge(w, "B1", seconds=7)
    w.unplug()
    w.pass_time(3)


def offline_charge(p):
    w = p.boot(EnergySnapshotInterval=10, **OFFLINE)
    w.real_known = w.online()
    w.offline()
    charge(w)
    leave(w)
    w.online()
    w.pass_time(2)


def clock_unknown(p):
    """No CSMS since the boot: the time is known only afterwards (E 3.11)."""
    w = p.boot(**OFFLINE)
    w.pass_time(16)  # it may still come for 15 s
    charge(w, seconds=9)
    leave(w)
    w.online()
    w.pass_time(3)


def clock_known_in_the_charge(p):
    w = p.boot(**OFFLINE)
    w.pass_time(16)
    charge(w, seconds=9)
    w.online()
    w.pass_time(3)
    leave(w)


def late_start(p):
    """The answer to StartTransaction comes after its time-out, others before it (E 3.18)."""
    w = p.boot(MessageTimeout=3, TransactionMessageRetryInterval=1, **BRISK).online()
    w.csms.silent = ("StartTransaction",)
    charge(w, seconds=8)
    w.cp.alive(w.clock.now)
    late = [m for m in w.csms.pending if m[2] == "StartTransaction"]
    w.csms.pending = []
    w.cp.receive(w.csms.answer(late[0]), w.clock.now)
    w.csms.silent = ()
    leave(w)


def refused_twice(p):
    """A CALLERROR is an attempt; they are counted in flash (S 3.7.1)."""
    w = p.boot(TransactionMessageAttempts=5, TransactionMessageRetryInterval=1, **BRISK).online()
    w.csms.replies["StartTransaction"] = Error("InternalError")
    charge(w, seconds=4)
    w.csms.replies = {"MeterValues": Error("InternalError")}
    w.pass_time(6)
    w.csms.replies = {"StopTransaction": Error("InternalError")}
    w.tag("A1")
    w.pass_time(3)
    w.csms.replies = {}
    w.pass_time(4)


def archive(p):
    """After the last attempt a record moves to the archive, and is kept there (S 3.7.1)."""
    w = p.boot(TransactionMessageAttempts=2, TransactionMessageRetryInterval=1, **BRISK).online()
    w.csms.replies["StartTransaction"] = Error("InternalError")
    charge(w, seconds=7)
    w.csms.replies["MeterValues"] = Error("InternalError")
    w.pass_time(4)
    leave(w)


def reset_in_charge(p):
    w = p.boot(**BRISK).online()
    charge(w, seconds=6)
    w.call("Reset", {"type": "Soft"})
    w.pass_time(4)
    w = p.reboot("Reboot").online()
    w.pass_time(2)


def cut_of_a_cut(p):
    w = p.boot(**BRISK).online()
    charge(w)
    w = p.reboot().online()
    w.pass_time(1)
    w = p.reboot().online()
    w.pass_time(2)


def cut_offline(p):
    """Clock unknown, cut in the charge, again before the CSMS is back."""
    w = p.boot(**OFFLINE)
    w.pass_time(16)
    charge(w, seconds=7)
    w = p.reboot()
    w.pass_time(16)
    charge(w, "B1", seconds=3)
    w = p.reboot().online()
    w.pass_time(3)


def resumed(p):
    w = p.boot(ResumeTransactionAfterPowerLoss=True, **BRISK).online()
    charge(w, seconds=8)
    w = p.reboot().online()
    w.pass_time(8)
    leave(w)


def two_connectors(p):
    w = p.boot(2, **dict(OFFLINE, EnergySnapshotInterval=10)).online()
    charge(w, "A1", 1, 3)
    charge(w, "B1", 2, 3)
    w.offline()
    w.unplug(1)
    w.pass_time(4)
    w.online()
    leave(w, "B1", 2)


def journal_full(p):
    """Flash has room for the end of what runs, and for nothing new (S 3.7)."""
    w = p.boot(**dict(OFFLINE, EnergySnapshotInterval=10)).online()
    charge(w, seconds=4)
    p.disk.free_blocks = 2
    w.offline()
    w.cp.box.measure()
    w.pass_time(12)
    leave(w)
    charge(w, "B1", seconds=2)
    w.online()
    w.pass_time(2)


def snapshots(p):
    w = p.boot(MeterValueSampleInterval=0, EnergySnapshotInterval=10).online()
    charge(w, seconds=40)
    leave(w)


def transaction_data(p):
    w = p.boot(StopTxnSampledData="Energy.Active.Import.Register,SoC", **BRISK).online()
    charge(w, seconds=9)
    w.offline()
    w.pass_time(6)
    w.online()
    leave(w)


def remote_stop_offline(p):
    """RemoteStopTransaction is answered, then the line breaks before the charge has ended."""
    w = p.boot(**dict(OFFLINE, EnergySnapshotInterval=10)).online()
    w.plug()
    w.call("RemoteStartTransaction", {"connectorId": 1, "idTag": "A1"})
    w.pass_time(9)
    w.call("RemoteStopTransaction", {"transactionId": w.session.transaction_id})
    w.offline()
    w.pass_time(5)
    w.online()
    w.pass_time(1)


def deauthorised(p):
    w = p.boot(**BRISK).online()
    w.csms.idtag = {"status": "Accepted"}
    w.csms.replies["StartTransaction"] = {"transactionId": 0, "idTagInfo": {"status": "Blocked"}}
    charge(w, seconds=4)
    w.unplug()
    w.pass_time(2)


def local_list(p):
    w = p.boot().online()

    def send(version, kind, *rows):
        entries = [
            {"idTag": t, "idTagInfo": {"status": s}} if s else {"idTag": t} for t, s in rows
        ]
        payload = {"listVersion": version, "updateType": kind, "localAuthorizationList": entries}
        assert w.call("SendLocalList", payload) == {"status": "Accepted"}

    send(1, "Differential", ("L1", "Accepted"), ("L2", "Blocked"))
    send(2, "Differential", ("L1", "Blocked"), ("L2", None), ("L3", "Accepted"))
    send(7, "Full", ("L2", "Accepted"))


def reservation(p):
    w = p.boot(**BRISK).online()

    def reserve(number, tag):
        expiry = "2027-01-15T09:00:00Z"
        payload = {"connectorId": 1, "expiryDate": expiry, "idTag": tag, "reservationId": number}
        return w.call("ReserveNow", payload)

    assert reserve(1, "B1") == {"status": "Accepted"}
    assert w.call("CancelReservation", {"reservationId": 1}) == {"status": "Accepted"}
    assert reserve(2, "A1") == {"status": "Accepted"}
    assert reserve(2, "L1") == {"status": "Accepted"}
    charge(w, "L1", seconds=4)
    assert reserve(2, "A1") == {"status": "Occupied"}
    leave(w, "L1")
    assert reserve(2, "A1") == {"status": "Accepted"}


def reservation_number_again(p):
    """A number comes again while the charge that used it up still runs."""
    w = p.boot(2, **BRISK).online()
    payload = {"expiryDate": "2027-01-15T09:00:00Z", "idTag": "A1", "reservationId": 3}
    w.call("ReserveNow", dict(payload, connectorId=1))
    charge(w, seconds=4)
    assert w.call("ReserveNow", dict(payload, connectorId=2)) == {"status": "Accepted"}


def charging_profiles(p):
    w = p.boot(2).online()

    def put(cid, body):
        payload = {"connectorId": cid, "csChargingProfiles": body}
        assert w.call("SetChargingProfile", payload) == {"status": "Accepted"}

    put(0, profile(1, "ChargePointMaxProfile", 0, [(0, 20)]))
    put(1, profile(2, "TxDefaultProfile", 1, [(0, 10), (60, 5)], start=WALL, daily=True))
    put(2, profile(3, "TxDefaultProfile", 1, [(0, 7)]))
    put(1, profile(2, "TxDefaultProfile", 2, [(0, 9)]))
    put(2, profile(4, "TxDefaultProfile", 1, [(0, 8)]))  # takes the place of 3
    put(1, profile(4, "TxDefaultProfile", 2, [(0, 6)]))  # takes those of 2 and 4
    w.call("ClearChargingProfile", {"id": 1})
    w.call("ClearChargingProfile", {})


def tx_profile(p):
    w = p.boot(**BRISK).online()
    w.plug()
    body = profile(9, "TxProfile", 0, [(0, 8)])
    w.call("RemoteStartTransaction", {"connectorId": 1, "idTag": "A1", "chargingProfile": body})
    w.pass_time(6)
    body = profile(8, "TxProfile", 1, [(0, 6)], tx=w.session.transaction_id)
    w.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": body})
    w.pass_time(2)
    leave(w)


def availability(p):
    w = p.boot(2, **BRISK).online()
    w.call("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"})
    charge(w, seconds=3)
    answer = w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert answer == {"status": "Scheduled"}
    leave(w)
    w.call("ChangeAvailability", {"connectorId": 1, "type": "Operative"})
    charge(w, seconds=3)  # one of a station out of service that was put back


def settings(p):
    w = p.boot().online()
    for key, value in (
        ("MeterValueSampleInterval", "33"),
        ("StopTransactionOnInvalidId", "false"),
        ("MeterValueSampleInterval", "44"),
        ("StopTransactionOnInvalidId", "true"),  # its default: leaves the file
    ):
        assert w.call("ChangeConfiguration", {"key": key, "value": value})["status"] == "Accepted"


def firmware_update(p):
    w = p.boot().online()
    payload = {"location": "http://h/f.bin", "retrieveDate": "2027-01-15T08:00:00Z", "retries": 1}
    w.call("UpdateFirmware", payload)
    for _ in range(2):  # downloaded, installed
        w.pass_time(2)
        for job in w.cp.jobs:
            job.order, job.result = None, (True, "f.bin", False)
    w.pass_time(3)
    w = p.reboot("Reboot").online()
    w.pass_time(2)


def cards(p):
    w = p.boot(AuthorizationCacheSize=2).online()
    for tag, status in (
        ("A1", "Accepted"),
        ("B1", "Blocked"),
        ("L1", "Accepted"),
        ("A1", "Expired"),
    ):
        w.csms.idtag = {"status": status}
        w.tag(tag)
        w.pass_time(1)
        w.tag(tag)
        w.pass_time(1)
    w.call("ClearCache")


def long_offline(p):
    w = p.boot(**dict(OFFLINE, EnergySnapshotInterval=20)).online()
    charge(w, seconds=3)
    w.offline()
    w.pass_time(60)
    w.online()
    w.pass_time(2)
    leave(w)


ALL = [
    online_charge, two_charges, offline_charge, clock_unknown, clock_known_in_the_charge,
    late_start, refused_twice, archive, reset_in_charge, cut_of_a_cut, cut_offline, resumed,
    two_connectors, journal_full, snapshots, transaction_data, remote_stop_offline, deauthorised,
    local_list, reservation, reservation_number_again, charging_profiles, tx_profile,
    availability, settings, firmware_update, cards, long_offline,
]  # fmt: skip

"""The table of status changes (S 4.9): each that this station can make, as the CSMS hears it."""

import pytest

from charging_bench import profile
from v16_world import V16World


def charge(w):
    w.charge()


def plug(w):
    w.plug()


def unplug(w):
    w.unplug()


def tag(w):
    w.tag("A1")


def full(w):
    w.wire.permit = False  # the vehicle wants nothing


def hungry(w):
    w.wire.permit = True


def nothing(w):
    body = profile(1, "TxDefaultProfile", 0, [(0, 0)])
    w.call("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": body})


def anything(w):
    w.call("ClearChargingProfile", {})


def out(w):
    w.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})


def back(w):
    w.call("ChangeAvailability", {"connectorId": 1, "type": "Operative"})


def press(w):
    w.io.pressed = True


def release(w):
    w.io.pressed = False
    w.pass_time(3)
    w.station.clear_faults()


def wait(w):
    w.pass_time(30)


def reserve(w):
    expiry = "2027-01-15T12:00:00Z"
    payload = {"connectorId": 1, "expiryDate": expiry, "idTag": "A1", "reservationId": 1}
    assert w.call("ReserveNow", payload) == {"status": "Accepted"}


def cancel(w):
    w.call("CancelReservation", {"reservationId": 1})


CHANGES = """
A2 Available Preparing plug
A7 Available Reserved reserve
A8 Available Unavailable out
A9 Available Faulted press
B1 Preparing Available plug unplug
B3 Preparing Charging plug tag
B5 Preparing SuspendedEVSE nothing plug tag
B6 Preparing Finishing plug wait
B8 Preparing Unavailable plug out
B9 Preparing Faulted plug press
C4 Charging SuspendedEV charge full
C5 Charging SuspendedEVSE charge nothing
C6 Charging Finishing charge tag
C8 Charging Unavailable charge out tag
C9 Charging Faulted charge press
D3 SuspendedEV Charging charge full hungry
D5 SuspendedEV SuspendedEVSE charge full nothing
D6 SuspendedEV Finishing charge full tag
D8 SuspendedEV Unavailable charge full out tag
D9 SuspendedEV Faulted charge full press
E3 SuspendedEVSE Charging charge nothing anything
E4 SuspendedEVSE SuspendedEV charge nothing full anything
E6 SuspendedEVSE Finishing charge nothing tag
E8 SuspendedEVSE Unavailable charge nothing out tag
E9 SuspendedEVSE Faulted charge nothing press
F1 Finishing Available charge tag unplug
F2 Finishing Preparing charge tag nothing tag
F8 Finishing Unavailable charge tag out
F9 Finishing Faulted charge tag press
G1 Reserved Available reserve cancel
G2 Reserved Preparing reserve tag
G8 Reserved Unavailable reserve out
G9 Reserved Faulted reserve press
H1 Unavailable Available out back
H2 Unavailable Preparing out plug back
H9 Unavailable Faulted out press
I1 Faulted Available press release
I2 Faulted Preparing plug press release
I8 Faulted Unavailable out press release
"""


@pytest.mark.parametrize("line", CHANGES.strip().split("\n"), ids=lambda line: line[:2])
def test_a_status_changes(line):
    """S 4.9/12, E 3.19: from one to the other, each told once."""
    _, before, after, *steps = line.split()
    w = V16World(ConnectionTimeOut=25, MeterValueSampleInterval=0).online()
    for step in steps:
        globals()[step](w)
        w.pass_time(4)
    told = w.told()
    assert (before, after) in list(zip(told, told[1:])), told
    assert all(a != b for a, b in zip(told, told[1:])), told

"""Rules that no other file of scenarios holds: tokens, statuses, starts from afar, keys."""

from charging_bench import profile
from ocppj import sampler
from v16_bench import WALL, Bench
from v16_world import V16World


def test_an_unknown_card_offline_is_told_as_soon_as_it_can():
    """S 3.5.4/3: AllowOfflineTxForUnknownId: it charges, and its start comes with its own time."""
    b = Bench(AllowOfflineTxForUnknownId=True).online(5)
    b.offline()
    b.run(10)
    b.charge("NEW").run(20)
    b.online(3)
    start = b.sent("StartTransaction")[0]
    assert (start["idTag"], start["timestamp"]) == ("NEW", "2027-01-15T08:00:15Z")


def test_every_measurand_has_its_unit_and_value():
    """S 3.16.3: All eight, sampled; one SampledValue each with measurand, unit and context."""
    names = [row.split(" ")[1] for row in sampler.MEASURANDS.strip().split("\n")]
    b = Bench(MeterValueSampleInterval=10, MeterValuesSampledData=",".join(names)).online()
    b.charge().run(12)
    values = b.sent("MeterValues")[0]["meterValue"][0]["sampledValue"]
    assert [(v["measurand"], v["value"], v["unit"]) for v in values] == [
        ("Energy.Active.Import.Register", "1010", "Wh"),
        ("Power.Active.Import", "2340", "W"),
        ("Voltage", "78.0", "V"),
        ("Current.Import", "30.0", "A"),
        ("Current.Offered", "32.0", "A"),
        ("Power.Offered", "2500", "W"),
        ("SoC", "45.5", "Percent"),
        ("Temperature", "-0.5", "Celcius"),
    ]
    assert {v["context"] for v in values} == {"Sample.Periodic"}


def test_every_measurand_is_told_aligned_outside_of_a_transaction_too():
    """S 3.16.3: Clock-aligned, idle: the same eight, without a transactionId."""
    names = [row.split(" ")[1] for row in sampler.MEASURANDS.strip().split("\n")]
    b = Bench(ClockAlignedDataInterval=60, MeterValuesAlignedData=",".join(names)).online(70)
    message = b.sent("MeterValues")[0]
    values = message["meterValue"][0]["sampledValue"]
    assert [v["measurand"] for v in values] == names
    assert "transactionId" not in message
    assert message["meterValue"][0]["timestamp"] == "2027-01-15T08:01:00Z"


def test_the_same_token_stops_without_asking():
    """S 4.1/2: In whatever case; the reason is Local and the token is told."""
    w = V16World().online()
    w.charge("Card1")
    asked = len(w.sent("Authorize"))
    w.tag("cARD1")
    w.pass_time(5)
    stop = w.sent("StopTransaction")[0]
    assert len(w.sent("Authorize")) == asked == 1
    assert (stop["reason"], stop["idTag"].upper()) == ("Local", "CARD1")


def test_suspended_evse_stands_above_suspended_ev():
    """S 4.9/1: Both do not want: the station's word counts; the vehicle's when the station wants
    again.
    """
    w = V16World().online()
    w.charge()
    w.wire.permit = False
    w.until(lambda: w.status == "SuspendedEV", 10)
    body = profile(1, "TxDefaultProfile", 0, [(0, 0)])
    w.call("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": body})
    w.until(lambda: w.status == "SuspendedEVSE", 10)
    w.call("ClearChargingProfile", {})
    w.until(lambda: w.status == "SuspendedEV", 10)
    assert w.told()[-3:] == ["SuspendedEV", "SuspendedEVSE", "SuspendedEV"]


def test_ev_communication_error_names_a_vehicle():
    """S 4.9/3: A silent BMS: the error comes with Preparing, and goes with the vehicle."""
    w = V16World().online()
    w.plug()
    w.pass_time(3)
    w.wire.bms_on = False
    w.until(lambda: w.connector.error_code == "EVCommunicationError", 40)
    assert w.sent("StatusNotification")[-1]["status"] == "Preparing"
    w.unplug()
    w.pass_time(15)
    allowed = ("Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing")
    for p in w.sent("StatusNotification"):
        assert p["errorCode"] != "EVCommunicationError" or p["status"] in allowed
    assert w.sent("StatusNotification")[-1]["errorCode"] == "NoError"


def test_a_fault_leads_back_to_what_was_before():
    """S 4.9/5: I1, I2: from Faulted to Available without a vehicle, to Preparing with one."""
    w = V16World().online()
    for plugged, before in ((False, "Available"), (True, "Preparing")):
        if plugged:
            w.plug()
            w.pass_time(3)
        w.io.pressed = True
        w.until(lambda: w.status == "Faulted", 5)
        w.io.pressed = False
        w.pass_time(3)
        w.station.clear_faults()
        w.until(lambda: w.status != "Faulted", 15)
        assert w.status == before
    assert w.told() == ["Available", "Faulted", "Available", "Preparing", "Faulted", "Preparing"]


def test_a_fault_leads_back_to_unavailable():
    """S 4.9/5: I8: out of service stays so."""
    w = V16World().online()
    w.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    w.io.pressed = True
    w.until(lambda: w.status == "Faulted", 5)
    w.io.pressed = False
    w.pass_time(3)
    w.station.clear_faults()
    w.pass_time(3)
    assert w.told()[-3:] == ["Unavailable", "Faulted", "Unavailable"]


def test_connector_0_has_three_statuses():
    """S 4.9/6: In a charge, out of service and in an emergency."""
    w = V16World().online()
    w.charge()
    w.io.pressed = True
    w.pass_time(3)
    w.io.pressed = False
    w.pass_time(3)
    w.station.clear_faults()
    w.pass_time(3)
    w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    w.pass_time(2)
    assert w.told(0) == ["Available", "Faulted", "Available", "Unavailable"]


def test_a_remote_start_while_one_waits_is_rejected():
    """S 5.11/2, U 10: Concurrent ones: the first has the connector, until ConnectionTimeOut."""
    w = V16World(ConnectionTimeOut=20).online()
    answers = [
        w.call("RemoteStartTransaction", {"idTag": tag, "connectorId": 1})["status"]
        for tag in ("A1", "B2", "A1")
    ]
    assert answers == ["Accepted", "Rejected", "Rejected"]
    assert w.call("RemoteStartTransaction", {"idTag": "C3"})["status"] == "Rejected"
    w.pass_time(25)
    assert w.call("RemoteStartTransaction", {"idTag": "C3"})["status"] == "Accepted"
    w.plug()
    w.until(lambda: w.sent("StartTransaction"), 20)
    assert w.sent("StartTransaction")[0]["idTag"] == "C3"


def test_a_remote_start_that_nobody_follows_tells_no_transaction():
    """E 3.32: Preparing, then Available again; no StartTransaction."""
    w = V16World(ConnectionTimeOut=20).online()
    w.call("RemoteStartTransaction", {"idTag": "A1"})
    w.pass_time(25)
    assert w.told() == ["Available", "Preparing", "Available"]
    assert not w.sent("StartTransaction") and not w.sent("StopTransaction")


def test_a_remote_start_for_a_token_that_is_refused_tells_no_transaction():
    """S 5.11/1: AuthorizeRemoteTxRequests: Accepted means an attempt; Authorize says no."""
    w = V16World(AuthorizeRemoteTxRequests=True).online()
    w.csms.idtag = {"status": "Blocked"}
    w.plug()
    w.pass_time(3)
    assert w.call("RemoteStartTransaction", {"idTag": "A1"})["status"] == "Accepted"
    w.pass_time(10)
    assert w.sent("Authorize") == [{"idTag": "A1"}] and not w.sent("StartTransaction")


def test_a_remote_start_where_nothing_works_is_rejected():
    """S 5.11/2: Faulted, out of service, no such connector."""
    w = V16World(connectors=2).online()

    def start(cid):
        return w.call("RemoteStartTransaction", {"idTag": "A1", "connectorId": cid})["status"]

    w.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    assert (start(1), start(3)) == ("Rejected", "Rejected")
    w.io.pressed = True
    w.pass_time(1)
    assert start(2) == "Rejected"


def test_a_recurrency_kind_without_recurring_means_nothing():
    """E 3.56: an Absolute profile with recurrencyKind Daily is over for good."""
    b = Bench().online().charge()
    body = profile(1, "TxDefaultProfile", 0, [(0, 10)], duration=60)
    body["recurrencyKind"] = "Daily"
    call = {"connectorId": 0, "csChargingProfiles": body}
    assert b.call("SetChargingProfile", call) == {"status": "Accepted"}
    b.run(100)
    b.real += 86_400
    b.clock.set_wall(b.clock.wall() + 86_400 - 130, "csms")
    b.run(60)
    claims = dict((name, amps) for name, amps, _ in b.station.connector(1).limits.claims())
    assert claims["profile"] is None


def test_unlock_key_is_read_only():
    """E 3.84, S 9.1.33, E 3.85: UnlockConnectorOnEVSideDisconnect: told as false, not to be
    changed.
    """
    b = Bench().online()
    key = "UnlockConnectorOnEVSideDisconnect"
    told = b.call("GetConfiguration", {"key": [key]})["configurationKey"]
    assert told == [{"key": key, "readonly": True, "value": "false"}]
    answer = b.call("ChangeConfiguration", {"key": key, "value": "true"})
    assert answer == {"status": "Rejected"}


def test_a_changed_key_survives_a_power_cut():
    """S 9: And counts from the first second after it."""
    b = Bench().online()
    for key, value in (
        ("MeterValueSampleInterval", "7"),
        ("StopTxnSampledData", "SoC"),
        ("LocalPreAuthorize", "true"),
    ):
        assert b.call("ChangeConfiguration", {"key": key, "value": value})["status"] == "Accepted"
    again = b.reboot().online()
    names = ["MeterValueSampleInterval", "StopTxnSampledData", "LocalPreAuthorize"]
    rows = again.call("GetConfiguration", {"key": names})["configurationKey"]
    assert [row["value"] for row in rows] == ["7", "SoC", "true"]
    again.charge().run(8)
    assert len(again.sent("MeterValues")) == 1


def test_readings_come_at_once_with_a_new_key():
    """S 5.3/1: ClockAlignedDataInterval: from the next whole interval on, without a restart."""
    b = Bench(real=WALL + 3).online(2)
    assert b.call("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "60"})
    b.run(60)
    assert [p["meterValue"][0]["timestamp"] for p in b.sent("MeterValues")] == [
        "2027-01-15T08:01:00Z"
    ]


def test_lists_are_as_long_as_their_keys_say():
    """S 9: ..MaxLength is told, that many items are taken, one more is Rejected."""
    b = Bench().online()
    for key in (
        "MeterValuesAlignedData",
        "MeterValuesSampledData",
        "StopTxnAlignedData",
        "StopTxnSampledData",
    ):
        told = b.call("GetConfiguration", {"key": [key + "MaxLength"]})["configurationKey"][0]
        assert told["readonly"]
        most = int(told["value"])
        for count, status in ((most, "Accepted"), (most + 1, "Rejected")):
            value = ",".join(["Voltage"] * count)
            answer = b.call("ChangeConfiguration", {"key": key, "value": value})
            assert answer == {"status": status}, (key, count)


def test_what_is_told_of_the_station():
    """E 3.81, S 9: lengths, retries and names that a central system reads first; all read-only but
    one.
    """
    b = Bench().online()
    for key, value, readonly in (
        ("ConnectorPhaseRotationMaxLength", "13", True),
        ("MeterValuesAlignedDataMaxLength", "8", True),
        ("MeterValuesSampledDataMaxLength", "8", True),
        ("StopTxnAlignedDataMaxLength", "8", True),
        ("StopTxnSampledDataMaxLength", "8", True),
        ("SupportedFeatureProfilesMaxLength", "6", True),
        ("MeterPublicKey2", "", True),
        ("ResetRetries", "1", False),
    ):
        told = b.call("GetConfiguration", {"key": [key]})["configurationKey"]
        assert told == [{"key": key, "readonly": readonly, "value": value}]


def test_profiles_told_are_profiles_served():
    """E 3.2, S 9: SupportedFeatureProfiles names all six, as many as its MaxLength."""
    b = Bench().online()
    names = ["SupportedFeatureProfiles", "SupportedFeatureProfilesMaxLength"]
    rows = b.call("GetConfiguration", {"key": names})["configurationKey"]
    profiles = rows[0]["value"].split(",")
    assert len(profiles) == int(rows[1]["value"]) == 6
    for action, payload in (
        ("ClearCache", {}),  # Core
        ("GetDiagnostics", {"location": "http://h/"}),  # FirmwareManagement
        ("GetLocalListVersion", {}),  # LocalAuthListManagement
        ("CancelReservation", {"reservationId": 1}),  # Reservation
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),  # RemoteTrigger
        ("ClearChargingProfile", {}),  # SmartCharging
    ):
        assert isinstance(b.call(action, payload), dict), action


def test_a_reservation_that_is_not_there_cannot_be_cancelled():
    """S 5.1: Rejected; and once it is cancelled, too."""
    w = V16World().online()
    assert w.call("CancelReservation", {"reservationId": 7}) == {"status": "Rejected"}
    expiry = "2027-01-15T09:00:00Z"
    payload = {"connectorId": 1, "expiryDate": expiry, "idTag": "A", "reservationId": 7}
    assert w.call("ReserveNow", payload) == {"status": "Accepted"}
    for status in ("Accepted", "Rejected"):
        assert w.call("CancelReservation", {"reservationId": 7}) == {"status": status}
    w.pass_time(2)
    assert w.told() == ["Available", "Reserved", "Available"]


def test_free_vend_tells_its_own_token():
    """S 4.8/1: FreeVendIdTag stands in StartTransaction."""
    w = V16World(FreeVend=True, FreeVendIdTag="OPEN-HOUSE").online()
    w.plug()
    w.until(lambda: w.sent("StartTransaction"), 20)
    assert w.sent("StartTransaction")[0]["idTag"] == "OPEN-HOUSE"


def test_the_interval_of_vehicle_news():
    """S 4.3: RivotInterval, while plugged and idle."""
    b = Bench(RivotMessages=True, RivotInterval=20).online()
    b.station.connector(1).plugged = True
    b.run(65)
    times = b.times("DataTransfer")
    assert len(times) == 4 and {b - a for a, b in zip(times, times[1:])} == {20}

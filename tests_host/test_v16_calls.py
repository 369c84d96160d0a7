"""Every call of the CSMS in Core and RemoteTrigger: S 5, E 3.32 to 3.36, 3.87, JE 5."""

import sys

import pytest

import lazy
from v16_bench import Bench, Error


def test_change_configuration():
    """S 5.3/1, S 5.3/2."""
    b = Bench().online()
    for key, value, status in (
        ("HeartbeatInterval", "60", "Accepted"),
        ("heartbeatinterval", "61", "Accepted"),
        ("HeartbeatInterval", "-1", "Rejected"),
        ("HeartbeatInterval", "abc", "Rejected"),
        ("HeartbeatInterval", "", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "yes", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("NoSuchKey", "1", "NotSupported"),
        ("BmsTimeout", "1000", "NotSupported"),
        ("WebSocketPingInterval", "-1", "Rejected"),
        ("ConnectorPhaseRotation", "0.RST,1.TSR", "Accepted"),
        ("ConnectorPhaseRotation", "1.XYZ", "Rejected"),
        ("ConnectorPhaseRotation", "2.RST", "Rejected"),
        ("CsmsUrl", "ws://csms.example/x", "RebootRequired"),
    ):
        assert b.call("ChangeConfiguration", {"key": key, "value": value}) == {"status": status}, (
            key,
            value,
        )
    assert b.config.get("HeartbeatInterval") == 61


def test_get_configuration_of_everything():
    """S 5.8/1."""
    b = Bench().online()
    for payload in ({}, {"key": []}):
        answer = b.call("GetConfiguration", payload)
        keys = {row["key"]: row for row in answer["configurationKey"]}
        assert "unknownKey" not in answer and "AuthorizationKey" not in keys
        assert keys["NumberOfConnectors"]["readonly"] is True
        assert keys["HeartbeatInterval"] == {
            "key": "HeartbeatInterval",
            "readonly": False,
            "value": "300",
        }


REQUIRED = """AuthorizeRemoteTxRequests ClockAlignedDataInterval ConnectionTimeOut
ConnectorPhaseRotation GetConfigurationMaxKeys HeartbeatInterval LocalAuthorizeOffline
LocalPreAuthorize MeterValuesAlignedData MeterValuesSampledData MeterValueSampleInterval
NumberOfConnectors ResetRetries StopTransactionOnInvalidId StopTxnAlignedData StopTxnSampledData
SupportedFeatureProfiles TransactionMessageAttempts TransactionMessageRetryInterval
UnlockConnectorOnEVSideDisconnect""".split()


def test_every_required_key_of_section_9_1_is_there():
    """S 5.8/1, E 3.13."""
    answer = Bench().online().call("GetConfiguration")
    assert not set(REQUIRED) - {row["key"] for row in answer["configurationKey"]}


def test_get_configuration_of_some():
    """S 5.8/2."""
    b = Bench().online()
    answer = b.call(
        "GetConfiguration", {"key": ["Nope", "numberofconnectors", "AuthorizationKey"]}
    )
    assert [row["key"] for row in answer["configurationKey"]] == ["NumberOfConnectors"]
    assert answer["unknownKey"] == ["Nope", "AuthorizationKey"]


def test_get_configuration_max_keys_on_and_outside():
    """JE 5.1."""
    b = Bench().online()
    most = b.config.get("GetConfigurationMaxKeys")
    assert len(b.call("GetConfiguration", {"key": ["x%d" % n for n in range(most)]})) == 2
    answer = b.call("GetConfiguration", {"key": ["x%d" % n for n in range(most + 1)]})
    assert answer[0] == "OccurenceConstraintViolation"


def test_number_of_connectors_is_the_boards():
    """S 3.8."""
    assert Bench(connectors=3).online().config.get("NumberOfConnectors") == 3


def test_remote_start():
    """S 5.11/4."""
    b = Bench().online()
    assert b.call("RemoteStartTransaction", {"idTag": "R1", "connectorId": 1}) == {
        "status": "Accepted"
    }
    b.run(2)
    assert b.sent("StartTransaction")[0]["idTag"] == "R1" and not b.sent("Authorize")


def test_remote_start_that_asks_first():
    """S 5.11/1."""
    b = Bench(AuthorizeRemoteTxRequests=True).online()
    b.csms.idtag = {"status": "Invalid"}
    assert b.call("RemoteStartTransaction", {"idTag": "R1"}) == {"status": "Accepted"}
    b.run(3)
    assert b.sent("Authorize") == [{"idTag": "R1"}] and not b.sent("StartTransaction")


def test_remote_start_refused():
    """S 5.11/2."""
    b = Bench().online()
    b.station.refusal = "emergency stop"
    assert b.call("RemoteStartTransaction", {"idTag": "R1"}) == {"status": "Rejected"}
    b.station.refusal = None
    assert b.call("RemoteStartTransaction", {"idTag": "R1", "connectorId": 9}) == {
        "status": "Rejected"
    }


def test_remote_start_with_a_profile_without_smart_charging():  # S 5.11: ignored
    b = Bench().online()
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.5}],
        },
    }
    answer = b.call("RemoteStartTransaction", {"idTag": "R", "chargingProfile": profile})
    assert answer == {"status": "Accepted"}


def test_the_answer_goes_out_before_what_follows_from_it():
    """S 5.17/1."""
    b = Bench(AuthorizeRemoteTxRequests=True).online()
    order = []
    b.asked["c"] = "RemoteStartTransaction"
    b.cp.receive('[2,"c","RemoteStartTransaction",{"idTag":"A"}]', b.clock.now)
    for _ in range(2):
        text = b.cp.poll(b.clock.now)
        order.append(text[:4] if text else None)
    assert order == ['[3,"', '[2,"']


def test_remote_stop():
    """S 5.12, E 3.33."""
    b = Bench().online().charge().run(3)
    assert b.call("RemoteStopTransaction", {"transactionId": 7}) == {"status": "Rejected"}
    assert b.call("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
    b.run(2)
    assert b.sent("StopTransaction")[0]["reason"] == "Remote"


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_reset_stops_first_and_waits_for_the_answer(kind):
    """S 5.14/1, E 3.36, E 3.82."""
    b = Bench().online().charge().run(3)
    b.csms.silent = ("StopTransaction",)
    assert b.call("Reset", {"type": kind}) == {"status": "Accepted"}
    assert b.station.resets == [kind]
    assert not b.cp.drained(b.clock.now)
    b.cp.receive(b.csms.answer(b.csms.pending.pop()), b.clock.now)
    b.run(1)
    assert b.cp.drained(b.clock.now)
    assert b.sent("StopTransaction")[0]["reason"] == kind + "Reset"


def test_a_reset_offline_waits_for_nobody_and_the_stop_is_queued():
    """S 5.14/2, U 3."""
    b = Bench(MeterValueSampleInterval=10).online().charge().run(3)
    b.offline()
    b.station.reset("Soft")
    assert b.cp.drained(b.clock.now)
    b.cp.flush()
    b = b.reboot().online(3)
    assert b.sent("StopTransaction")[-1]["reason"] == "SoftReset"


def test_flush_saves_the_sample_under_way():
    """S 5.14/2."""
    b = Bench(MeterValueSampleInterval=10).online().charge().run(3)
    b.csms.silent = ("MeterValues",)
    b.run(10)
    b.cp.flush()
    b = b.reboot().online(3)
    times = [p["meterValue"][0]["timestamp"] for p in b.sent("MeterValues")]
    assert len(times) == 2 and len(set(times)) == 1
    assert len(set(b.ids("MeterValues"))) == 1  # JE 3.7


def test_unlock():
    """S 5.18/2, E 3.87."""
    b = Bench().online()
    assert b.call("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert b.call("UnlockConnector", {"connectorId": 9}) == {"status": "NotSupported"}


def test_change_availability():
    """S 5.2/2."""
    b = Bench().online()
    for cid, kind, status in (
        (1, "Inoperative", "Accepted"),
        (0, "Operative", "Accepted"),
        (5, "Operative", "Rejected"),
    ):
        answer = b.call("ChangeAvailability", {"connectorId": cid, "type": kind})
        assert answer == {"status": status}
    assert b.station.availability == [(1, False), (0, True)]


def test_data_transfer():
    """S 4.3, S 5.6."""
    b = Bench().online()
    assert b.call("DataTransfer", {"vendorId": "who"}) == {"status": "UnknownVendorId"}
    b.config.set("RivotMessages", "true")
    answer = b.call("DataTransfer", {"vendorId": "RivotMotors", "messageId": "x"})
    assert answer == {"status": "UnknownMessageId"}


def test_calls_of_other_profiles_and_unknown_ones():
    """J 4.2.3/1."""
    b = Bench().online()
    assert b.call("DiagnosticsStatusNotification")[0] == "NotSupported"
    assert b.call("FlyToTheMoon")[0] == "NotImplemented"
    assert b.call("Reset", {"type": "Warm"})[0] == "PropertyConstraintViolation"
    assert b.call("Reset", {})[0] == "OccurenceConstraintViolation"
    assert b.call("Reset", {"type": 1})[0] == "TypeConstraintViolation"
    assert b.call("Reset", {"type": "Soft", "x": 1})[0] == "FormationViolation"
    assert not b.station.resets


def test_a_call_while_ours_waits_is_answered():
    """J 4.1.1/2."""
    b = Bench().online()
    b.csms.silent = True
    b.station.tag(1, "A1")
    b.pump()
    assert b.call("ClearCache") == {"status": "Accepted"}


def test_handlers_are_dropped_when_things_are_quiet(monkeypatch):
    """U 21."""
    monkeypatch.setattr(lazy, "mem_free", lambda: 1 << 20)
    b = Bench().online()
    for name in [m for m in sys.modules if m.startswith("ocppj.v16.calls.")]:
        del sys.modules[name]  # other tests' stations
    for action, payload in (
        ("ClearCache", {}),
        ("GetConfiguration", {}),
        ("UnlockConnector", {"connectorId": 1}),
    ):
        b.call(action, payload)
    assert "ocppj.v16.calls.unlock_connector" in sys.modules  # kept for a while
    b.run(10)
    left = [m for m in sys.modules if m.startswith("ocppj.v16.calls.")]
    assert not left
    assert b.call("ClearCache") == {"status": "Accepted"}


def test_an_exception_of_a_handler_is_an_internal_error():
    """J 4.2.3/3."""
    b = Bench().online()
    b.log.exc = lambda *args: None
    b.station.unlock = None
    assert b.call("UnlockConnector", {"connectorId": 1})[0] == "InternalError"
    assert b.call("ClearCache") == {"status": "Accepted"}


def test_vendor_messages_of_the_rivot_contract():  # contract a.6
    """S 4.3."""
    import json

    from station import topics

    b = Bench(RivotMessages=True, MeterValueSampleInterval=0).online()
    b.station.connector(1).plugged = True
    b.run(14)
    infos = [p for p in b.sent("DataTransfer") if p["messageId"] == "VehicleInfo"]
    assert b.times("DataTransfer") == [6, 11, 16] and infos[0]["vendorId"] == "RivotMotors"
    assert json.loads(infos[0]["data"]) == {"soc": 45.5, "maxCurrent": 30.5}
    b.charge().run(120)
    assert len(b.sent("DataTransfer")) == 3
    b.bus.emit(topics.ALERT, (1, "BMS_CHARGING_DISABLED", "stop"))
    b.bus.emit(topics.ALERT, (1, "OVER_TEMPERATURE", "hot"))
    b.stop().run(1)
    rest = [(p["messageId"], json.loads(p["data"])) for p in b.sent("DataTransfer")[3:]]
    assert [name for name, _ in rest] == ["BMSAlert", "SystemAlert", "SessionSummary"]
    assert rest[0][1]["alertType"] == "BMS_CHARGING_DISABLED"
    assert rest[2][1] == {"energyDelivered": 0.12, "durationMinutes": 2, "finalSoc": 45.5}


def test_vendor_messages_are_off_by_default_and_survive_a_callerror():
    """S 4.3."""
    b = Bench().online()
    b.station.connector(1).plugged = True
    b.run(20)
    assert not b.sent("DataTransfer")
    b.csms.replies["DataTransfer"] = Error("NotSupported")
    b.config.set("RivotMessages", "true")
    b.run(20)
    assert len(b.sent("DataTransfer")) > 2

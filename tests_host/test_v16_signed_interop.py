"""A charge with a meter that signs, on the wire: the CSMS checks the signatures (SMV).

The firmware's real process with its plant and the meter of tools/sim/meter.py; the central system
is built on the PyPI package `ocpp`, the signatures are checked by `cryptography`.
"""

import base64
import json

import pytest
from ocpp.v16 import call

from bench_world import scenario, until
from test_v16_interop import charging, world
from tools.sim.meter import verify

pytestmark = pytest.mark.xdist_group("interop")


@scenario
async def test_what_the_csms_gets_is_signed_by_the_meter_over_a_power_cut_too(tmp_path):
    """SMV 3.1.4: begin, between, end; the register is the meter's."""
    async with world(
        tmp_path,
        EnergySource="meter",
        SampledDataSignReadings="true",
        SampledDataSignStartedReadings="true",
        SampledDataSignUpdatedReadings="true",
        StartTxnSampledData="Energy.Active.Import.Register",
    ) as (csms, client):
        await client.ask("meter 1 on")
        await until(lambda: csms.statuses()[-1] == "Available")
        await charging(csms, client, "A1")
        await until(lambda: len(csms.seen("MeterValues")) >= 4)
        await client.ask("power off")
        await client.ask("power on")
        await until(lambda: csms.seen("StopTransaction"))
        answer = await csms.peer.call(call.GetConfiguration(key=["MeterPublicKey1"]))
        text = base64.b64decode(answer.configuration_key[0]["value"]).decode()
        key = text.removeprefix("oca:base16:asn1:")
        stop = csms.seen("StopTransaction")[0]
        between = [row for values in csms.seen("MeterValues") for row in values["meter_value"]]
        found = {}
        for row in between + stop["transaction_data"]:
            for value in row["sampled_value"]:
                if value.get("format") == "SignedData":
                    body = base64.b64decode(json.loads(value["value"])["signedMeterData"])
                    payload = verify(body.decode(), key)
                    assert payload["ID"] == "A1"
                    found.setdefault(value["context"], []).append(payload["RD"][0])
        assert {len(found[word]) for word in ("Transaction.Begin",)} == {2}  # at once, in the stop
        assert found["Sample.Periodic"]
        end = found["Transaction.End"][0]
        assert stop["reason"] == "PowerLoss"
        start = csms.seen("StartTransaction")[0]
        begin_wh = round(float(found["Transaction.Begin"][0]["RV"]) * 1000)
        assert abs(begin_wh - start["meter_start"]) <= 1
        assert round(float(end["RV"]) * 1000) >= stop["meter_stop"] >= begin_wh
        state = await client.ask("state")
        assert state["violations"] == []

"""What does a signed meter reading look like in an OCPP 1.6 message? (SMV 3.1, 3.2)

The OCA's application note puts a JSON text into SampledValue.value, with the signed data in
base64; SignedMeterValueFormat plain puts the meter's text there as it is. Imported on demand.
"""

import binascii
import json

from ocppj import signing
from ocppj.datetime import iso
from ocppj.v16 import meter_values


def element(cp, parts, cid, data, at, context, once):
    """Append one MeterValue with `data` (base64 of the text) at Unix seconds `at` to `parts`.

    once: the place where PublicKeyWithSignedMeterValue OncePerTransaction has the public key.
    """
    if parts:
        parts.append(b",")
    parts.append(
        b'{"timestamp":"%s","sampledValue":[{"format":"SignedData","context":"%s",'
        b'"measurand":"Energy.Active.Import.Register","unit":"Wh","value":"'
        % (iso(at).encode(), meter_values.context(context).encode())
    )
    if cp.config.get("SignedMeterValueFormat") == "plain":
        text = binascii.a2b_base64(data).decode()
        parts.append(json.dumps(text)[1:-1].encode())
    else:
        when = cp.config.get("PublicKeyWithSignedMeterValue")
        key = when == "EveryMeterValue" or when == "OncePerTransaction" and once
        parts.append(b'{\\"signedMeterData\\":\\"')
        parts.append(data.encode())
        parts.append(b'\\",\\"signingMethod\\":\\"\\",\\"encodingMethod\\":\\"OCMF\\"')
        parts.append(b',\\"publicKey\\":\\"%s\\"}' % (public_key(cp, cid) if key else "").encode())
    parts.append(b'"}]}')


def public_key(cp, cid):
    """What MeterPublicKey1 says, for any connector: base64 of "oca:base16:asn1:" and the key."""
    name = "MeterPublicKey%d" % cid
    row = cp.config.row(name)
    meter = cp.station.connector(cid).external
    text = ""
    if meter is not None and meter.key:
        text = binascii.b2a_base64(b"oca:base16:asn1:" + meter.key.encode()).decode().strip()
    if row is None or text == cp.config.get(name):
        return text
    if text:
        cp.config.set(name, text, "station")
    return text or cp.config.get(name)


def ends(cp, parts, number, cid):
    """The signed readings of both ends of a transaction around `parts` (SMV 3.1.4)."""
    out = []
    for kind in "BE":
        found = signing.reading(cp.box, number, kind)
        if found:
            element(cp, out, cid, found[1], cp.box.wall(found[0]), kind, kind == "B")
        if kind == "B" and parts:
            out += ([b","] if out else []) + parts
    return out


def begun(cp, session, number):
    """A charge began: SMV 2.3.1."""
    stamp = cp.box.stamp(session.started)
    signing.want(cp, session.cid, number, "B", stamp, session.id_tag)
    public_key(cp, session.cid)

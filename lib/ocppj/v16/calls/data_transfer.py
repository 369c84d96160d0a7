"""What is done with a vendor's own message from the CSMS? (S 4.3, 5.6)"""


def run(cp, payload, now):
    """The Rivot contract knows messages to the CSMS only; every other vendor is unknown."""
    if cp.rivot and payload["vendorId"].lower() == "rivotmotors":
        return {"status": "UnknownMessageId"}
    return {"status": "UnknownVendorId"}

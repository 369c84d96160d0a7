"""How does the CSMS give the station a new firmware? (S 5.19, 6.55, E 3.63)"""

from ocppj.datetime import parse


def run(cp, payload, now):
    """An empty answer; what follows is told by FirmwareStatusNotification.

    A newer request takes the place of one that is under way, but for one being installed.
    """
    if cp.config.get("SecurityProfile"):  # L01.FR.20: from then on only signed ones
        return ["NotSupported", "SignedUpdateFirmware is"]
    transfer = cp.lazy("ocppj.transfer")
    if transfer.installing(cp):
        return ["GenericError", "a firmware is being installed"]
    url = payload["location"]
    get = payload.get
    at = parse(payload["retrieveDate"]) or 0
    name = transfer.file_name(url)
    job = transfer.Job("Firmware", url, get("retries"), get("retryInterval"), at, name)
    return {}, lambda: transfer.begin(cp, job)

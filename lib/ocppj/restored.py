"""What becomes of an update after a boot? (E 3.47; L01.FR.22) Imported then, and forgotten.

transfer.py has the record and its states.
"""

import record
from location import shown


def restore(owner):
    """After a boot: go on with an update, or tell how it ended (E 3.47)."""
    fields = record.unpack(owner.store.read("update"))
    if not fields:
        return
    transfer = owner.lazy("ocppj.transfer")
    url, at, retries, pause_s, state = fields[:5]
    # A boot in a download costs a retry: a file that brings us down is not fetched for ever.
    begun = state == "d"
    job = transfer.Job("Firmware", url, retries - begun, pause_s, at, transfer.file_name(url))
    if len(fields) > 5:
        job.kind = "SignedFirmware"
        job.request, job.install_at = fields[5:]
    if state == "w" or state == "r" or begun and retries > 0:
        transfer.begin(owner, job)
    elif state == "g" or state == "G":
        job.phase = transfer.READY
        job.state = "g"
        for word in ("Downloaded", "SignatureVerified")[: 1 + (job.request is not None)]:
            job.status = word
            if state == "g":
                owner.tell(job.kind, word, job.request)
        transfer.save(owner, job, "G")
        owner.jobs.append(job)
    elif state[0] == "!":
        job.bad, _, job.why = state[1:].partition(" ")
        owner.log.warn("update of %s failed: %s", shown(url), job.why)
        owner.jobs.append(job)
        transfer.failed(owner, job)
    elif state == "I" and transfer.trial(owner) == "trial":
        job.phase = transfer.DONE
        job.status = "Installing"
        owner.jobs.append(job)
    elif state == "I" and not transfer.trial(owner):
        transfer.installed(owner)
        owner.tell(job.kind, "Installed", job.request)
    else:
        if len(state) == 1:
            state = "InstallationFailed" if state in "iI" else "DownloadFailed"
        owner.tell(job.kind, state, job.request)

"""Why did no connection to the central system come about, and who must know?

One line of the log that says what is wrong, and the security event of the whitepaper (section 8).
mbedtls tells a certificate that it does not take in words, and everything else as a number; what
the peer's alert said it does not tell at all, so the peer is asked once more (net/alert.py).
Imported when a connection failed.
"""

import lazy

# mbedtls: the memory outside of Python's heap, or that of Python, is used up.
_NO_MEMORY = (-0x7F00, -0x2880, -0x4290, -0x4310, -0x10, 12)
_ALERT = -0x7780  # the peer sent an alert
_VERSIONS = (-0x6E80, -0x7580)  # of the protocol: not acceptable (mbedtls 2 and 3)
_SUITES = (-0x7380, -0x7880)  # nothing in common
_ENDED = (32, 104, -0x7280)  # EPIPE, ECONNRESET, end of the connection
_INVALID = "InvalidCentralSystemCertificate"


async def tell(app, log, url, error, secure, profile):
    """Log what `error` of net.dial means, and raise its security event."""
    text = str(error).strip()
    event = ""
    status = getattr(error, "status", 0)
    if status in (401, 403):
        text = "the central system refused the password: HTTP %d" % status
        event = "FailedToAuthenticateAtCentralSystem"
    elif isinstance(error, MemoryError):
        text = "no memory: %s" % text
        event = "MemoryExhaustion"
    elif secure and not status:
        text, event = await _tls(app, url, error, text, profile)
    log.warn("no connection to the CSMS: %s", text)
    cp = app.cp
    if event:
        cp.alarm(event, text)
        if event == _INVALID:
            cp.alarm("CentralSystemFailedToAuthenticate", text)
    if cp.store.read("profile"):
        cp.lazy("ocppj.v16.secured").unreachable(cp)


async def _tls(app, url, error, text, profile):
    """(text, event) of what went wrong with TLS; event "" if it was something else."""
    if "certificate" in text:  # mbedtls' words, one line for each thing that is wrong
        lines = [line.strip() for line in text.split("\n")]
        text = "; ".join([line for line in lines if "ertificate" in line]) or text
        return "the certificate of the central system: " + text, _INVALID
    if getattr(error, "errno", 0) == 2:
        what = "no Central System Root certificate"
        return what + (" or no own certificate" if profile == 3 else "") + " is installed", ""
    code = _number(text)
    if code in _NO_MEMORY:
        return "no memory for TLS: %s" % text, "MemoryExhaustion"
    if code in _VERSIONS:
        return "TLS 1.2 is not spoken: %s" % text, "InvalidTLSVersion"
    if code in _SUITES:
        return "no common TLS cipher suite: %s" % text, "InvalidTLSCipherSuite"
    if code != _ALERT and code not in _ENDED:
        return text, ""
    found = await lazy.load("net.alert").ask(url)
    lazy.drop("net.alert")
    if found == "version":
        return "TLS: the central system speaks no TLS 1.2", "InvalidTLSVersion"
    if found == "suite":
        return "TLS: no cipher suite in common", "InvalidTLSCipherSuite"
    if found == "hello":  # so it is what came after: our side of it
        who = "the own certificate" if profile == 3 else "a station without own certificate"
        return "TLS: the central system refused " + who, "FailedToAuthenticateAtCentralSystem"
    return "TLS: " + text, ""


def _number(text):
    """The first whole number in a text, 0 without."""
    for word in text.replace("(", " ").replace(",", " ").split():
        if word.lstrip("-").isdigit():
            return int(word)
    return 0

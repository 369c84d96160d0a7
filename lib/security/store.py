"""How do certificates and keys get into the store, and how are they listed and deleted?

The names of the files are those of shelf.py. Each change that must be whole is the write of one
file, which a power cut leaves undone or done; what is only tidying comes after it and is made up
for by the next change. Keys of the station are made here and read here; nothing hands them out.
"""

import binascii

from security import Invalid, chain, digest, pem, shelf, x509

# certificateType of OCPP 1.6 (whitepaper 6.3): what its files are called
KINDS = {"CentralSystemRootCertificate": "csms", "ManufacturerRootCertificate": "maker"}
_KEPT = 2  # certificates of the charge point: one in use or to come, one to fall back on
_WAITS = "waits"  # a certificate that is not judged yet
_ROOT_MAX = 2048  # characters beyond which nobody's root certificate is


def named(files, use: str):
    """Names of the roots of a certificateType, the one that was replaced among them."""
    return [name for name in files.names() if name.startswith(KINDS[use])]


def reading(files, name: str):
    """Steps; returns the first certificate of a file, None if it cannot be read."""
    try:
        found = yield from chain.reading(files.read(name) or b"", True)
        return found[0]
    except Invalid:
        return None


def anchors(files, use: str, certificates):
    """Steps; returns the roots of a certificateType that may have issued these certificates."""
    issuers = [one.issuer for one in certificates]
    found = []
    for name in named(files, use):
        root = yield from reading(files, name)
        if root and root.subject in issuers:
            found.append(root)
    return found


def install(files, use: str, text: str, now, most: int, replacing: bool):
    """Steps; install a root: InstallCertificate.req (M05). Returns the name of its file.

    use: certificateType. text: PEM, one certificate. now: epoch seconds. most:
    CertificateStoreMaxLength. replacing: AdditionalRootCertificateCheck. Raises Invalid (the
    answer is Rejected) and OSError of the flash (Failed).
    """
    if len(text) > 2 * _ROOT_MAX:
        raise Invalid("format", "certificate of %d characters" % len(text))
    found = yield from chain.reading(text)
    text = None  # a kilobyte that nobody needs when it is read
    if len(found) != 1:
        raise Invalid("format", "expected one certificate, not %d" % len(found))
    root = found[0]
    kind = KINDS[use]
    name = "%s-%s.der" % (kind, shelf.ident(root.der))
    yield
    settle(files)
    yield
    old = [n for n in files.names() if n.startswith(kind)]
    if name in old:
        return name
    if now is None:
        raise Invalid("time", "the time is not known: certificates cannot be judged")
    if now >= root.begins:  # one for the future may come early
        chain.in_time(root, now)
    chain.issues(root)
    current = [n for n in old if n.startswith(kind + "-")] or old
    replacing = replacing and kind == "csms" and len(old) > 0
    if not replacing and count(files) >= most:
        raise Invalid("full", "%d root certificates are installed, %d allowed" % (most, most))
    if replacing or root.subject != root.issuer:
        known = []
        for n in current:
            one = yield from reading(files, n)
            if one and one.subject == root.issuer:
                known.append(one)
        issuer = yield from chain.verify([root], known, max(now, root.begins))
        files.write("ikey-" + shelf.ident(root.der), issuer)
    else:
        links = yield from chain.by_itself(root)
        yield from chain.check(links)
    if replacing:
        gone = [n for n in old if n.startswith("csmsold")]
        files.write("swap", " ".join([name] + gone).encode())
    files.write(name, root.der)
    settle(files)
    return name


def settle(files):
    """Finish or undo what a power cut interrupted while a root was replaced (M05.FR.11).

    swap: the new root's name and those of the fallbacks before it. The new root's file is what
    decides: once it is there, all others become the fallback.
    """
    if shelf.foreign(files):
        adopt(files)
    swap = files.read("swap")
    if swap is None:
        return
    swap = swap.decode().split()
    names = files.names()
    if swap[0] in names:
        for name in swap[1:]:
            _delete(files, name)
        for name in names:
            if name.startswith("csms-") and name != swap[0]:
                files.write("csmsold" + name[4:], files.read(name))
                files.delete(name)
    files.delete("swap")


def confirm(files, root: str):
    """The station is connected: if with the new root, the one before it goes (M05.FR.12).

    root: ID of the root that the handshake used (net.trust.context).
    """
    settle(files)
    names = files.names()
    if "csms-%s.der" % root in names:
        for name in names:
            if name.startswith("csmsold"):
                _delete(files, name)


def count(files) -> int:
    """Root certificates that are installed, the fallback not counted."""
    return len([n for n in files.names() if n.startswith("csms-") or n.startswith("maker")])


def listed(files, use: str):
    """Steps; returns [certificateHashData] of the roots of a certificateType (M03)."""
    found = []
    for name in named(files, use):
        root = yield from reading(files, name)
        if root:
            one = yield from hash_data(files, name, root, "SHA256")
            found.append(one)
    return found


def hash_data(files, name: str, root, algorithm: str):
    """Steps; returns the CertificateHashDataType (whitepaper 6.1, RFC 6960) of a root."""
    key = root.key
    if root.subject != root.issuer:
        key = files.read("ikey-" + name.split(".")[0].split("-")[-1]) or key
    of_name = yield from digest.new(algorithm, root.issuer)
    of_key = yield from digest.new(algorithm, key)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": binascii.hexlify(of_name).decode(),
        "issuerKeyHash": binascii.hexlify(of_key).decode(),
        "serialNumber": _serial(root),
    }


def _serial(one):
    return binascii.hexlify(one.serial).decode().upper().lstrip("0") or "0"


def remove(files, wanted, in_use=None):
    """Steps; DeleteCertificate.req (M04): returns the status, Accepted, NotFound or Failed.

    wanted: certificateHashData, in any case of letters. in_use: ID of the root that the connection
    was checked with: it stays (M04.FR.06), as does the charge point's own (M04.FR.05).
    """
    serial = wanted["serialNumber"].upper().lstrip("0") or "0"
    for use in KINDS:
        for name in named(files, use):
            root = yield from reading(files, name)
            if root is None or _serial(root) != serial:
                continue
            found = yield from hash_data(files, name, root, wanted["hashAlgorithm"])
            if found["issuerNameHash"] != wanted["issuerNameHash"].lower():
                continue
            if found["issuerKeyHash"] != wanted["issuerKeyHash"].lower():
                continue
            if in_use and in_use in name:
                return "Failed"
            _delete(files, name)
            return "Accepted"
    for _, _, _, name in shelf.owned(files):
        one = yield from reading(files, name)
        if one is None:
            continue
        found = yield from digest.new(wanted["hashAlgorithm"], one.issuer)
        if _serial(one) == serial:
            if binascii.hexlify(found).decode() == wanted["issuerNameHash"].lower():
                return "Failed"
    return "NotFound"


def _delete(files, name):
    """Delete a root, and what was kept with it."""
    files.delete(name)
    ident = name.split(".")[0].split("-")[-1]
    if not any([n.endswith("-" + ident + ".der") for n in files.names()]):
        files.delete("ikey-" + ident)


def install_own(files, text: str, now, serial: str, organisation: str):
    """Steps; CertificateSigned.req: returns its name for a person (A02.FR.06 to FR.10).

    text: PEM, the charge point's certificate first. serial, organisation: what its CN and O must
    be. Raises Invalid (Rejected, event InvalidChargePointCertificate) and OSError of the flash.
    """
    steps = _way_of_own(files, text, now, serial, organisation)
    text = None  # a kilobyte or more that nobody needs when it is read
    try:
        said, name, links = yield from steps
        steps = None
        links.pop()
        yield from chain.check(links)
        waiting = [n for n in files.names() if n.startswith(_WAITS)]
        files.write(name, pem.bundle([files.read(n) for n in waiting]))
    finally:
        for n in files.names():
            if n.startswith(_WAITS):
                files.delete(n)
    for old in shelf.owned(files)[:-_KEPT]:
        files.delete(old[3])
        shelf.drop_key(files, old[2])
    return said


def _way_of_own(files, text, now, serial, organisation):
    """Steps; returns (how it is named for a person, name of the file, chain.way()).

    The certificates wait on flash: what was read would be in the way of what checks it.
    """
    found = yield from chain.reading(text)
    text = None
    one = found[0]
    if "key-%s.der" % shelf.ident(one.key) not in files.names():
        raise Invalid("name", "%s is for a key that this station does not have" % one)
    for oid, what, wanted in ((x509.CN, "CN", serial), (x509.O, "O", organisation)):
        yield
        is_now = x509.attribute(one.subject, oid)
        if is_now != wanted:
            raise Invalid("name", "%s: its %s is '%s', not '%s'" % (one, what, is_now, wanted))
    if one.ca:
        raise Invalid("use", "%s is that of a CA" % one)
    known = yield from anchors(files, "CentralSystemRootCertificate", found)
    # One for the future is kept and used when its time has come (A02.FR.08).
    when = now if now is None else max(now, one.begins)
    links = yield from chain.way(found, known, when, x509.CLIENT)
    for i in range(len(found)):
        if found[i].subject != found[i].issuer:
            files.write(_WAITS + "%d" % i, found[i].der)
    return str(one), _own_name(one), links


def _own_name(one):
    return "own-%08x-%08x-%s.pem" % (one.begins, min(one.ends, 0xFFFFFFFF), shelf.ident(one.key))


def firmware_signer(files, text: str, now):
    """Steps; returns (kind, key) of SignedUpdateFirmware.req's certificate, checked (L01.FR.02).

    Invalid if it does not lead to a Manufacturer Root certificate or is not made for it.
    """
    steps = _way_of_signer(files, text, now)
    text = None
    key, links = yield from steps
    steps = None
    links.pop()
    yield from chain.check(links)
    return key


def _way_of_signer(files, text, now):
    found = yield from chain.reading(text)
    known = yield from anchors(files, "ManufacturerRootCertificate", found)
    links = yield from chain.way(found, known, now, x509.CODE)
    return (found[0].kind, found[0].key), links


def adopt(files) -> list:
    """Name what was provisioned (shelf.foreign) as shelf.py has it; returns what is wrong, texts.

    csms*.pem or .der, maker*: roots, one or more in a file. own-X and key-X: a certificate and its
    key, the X alike.
    """
    wrong = []
    for name in files.names():
        kind, _, rest = name.split(".")[0].partition("-")
        try:
            if kind == "own" and len(rest) != 34:
                _adopt_own(files, name, rest)
            elif len(rest) != 16 and (kind[:4] == "csms" or kind[:5] == "maker"):
                kind = "csms" if kind[:4] == "csms" else "maker"
                for one in chain.read(files.read(name)):
                    files.write("%s-%s.der" % (kind, shelf.ident(one.der)), one.der)
                files.delete(name)
        except Invalid as e:
            wrong.append("%s: %s" % (name, e))
    return wrong


def _adopt_own(files, name, rest):
    found = chain.read(files.read(name))
    one = found[0]
    key = [n for n in files.names() if n.split(".")[0] == "key-" + rest]
    if not key:
        raise Invalid("chain", "there is no key-%s" % rest)
    data = files.read(key[0])
    if data[:1] != b"\x30":
        for label in ("EC PRIVATE KEY", "PRIVATE KEY", "RSA PRIVATE KEY"):
            if b"BEGIN " + label.encode() in data:
                data = pem.decode(data, label)[0]
                break
    files.write("key-%s.der" % shelf.ident(one.key), data)
    files.write(_own_name(one), pem.bundle([c.der for c in found]))
    files.delete(name)
    files.delete(key[0])

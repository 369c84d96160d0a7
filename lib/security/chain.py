"""Does a chain of certificates lead to a root that this station trusts?

RFC 5280, section 6, with what this station accepts: names chain byte for byte, every signature,
validity, CA flag, key usage and path length are checked, roots included. Policies and name
constraints are not known here: a certificate in which they are critical cannot be read at all.
"""

from ocppj import datetime
from security import Invalid, digest, pem, run, signature, x509

MOST = 6  # certificates of a chain, the root included
_TRIES = 12  # signatures that are checked before the chain counts as hostile

_NEEDED = {x509.SERVER: "a server", x509.CLIENT: "a client", x509.CODE: "signing firmware"}


def read(text) -> list:
    """Certificates of a PEM text (str or bytes) or of one DER, the first one's own first."""
    return run(reading(text))


def reading(text, known: bool = False):
    """Steps; as read(); known as x509.reading() has it."""
    if isinstance(text, bytes) and text[:1] == b"\x30":
        found = [text]
    else:
        found = yield from pem.reading(text)
    text = None  # a kilobyte or more that nobody needs any more
    for i in range(len(found)):
        found[i] = yield from x509.reading(found[i], known)
    return found


def verify(certificates, roots, now, purpose: int = 0):
    """Steps; returns the key of the root (one of `roots`) that the first certificate leads to.

    certificates: the one in question first, then those between, in any order. now: epoch seconds,
    None when nobody knows the time. purpose: x509.SERVER, CLIENT or CODE, 0 for any. Raises
    Invalid: "time", "use", "signature" or "chain"; the text says which certificate and why.
    """
    links = yield from way(certificates, roots, now, purpose)
    root = links.pop()
    yield from check(links)
    return root


def way(certificates, roots, now, purpose):
    """Steps; the first half of verify(): returns what check() has to check, and the root's key.

    Who has little memory forgets the certificates before the second half: a generator that has
    ended is forgotten with all that it held.
    """
    if now is None:
        raise Invalid("time", "the time is not known: certificates cannot be judged")
    one = certificates[0]
    in_time(one, now)
    suits(one, purpose)
    for root in roots:
        if root.der == one.der:
            return [root.key]
    left = list(certificates[1:])
    links = []
    tries = _TRIES
    between = 0  # CAs so far, those that issued themselves not counted
    while one not in roots:
        if len(links) == MOST - 1:
            raise Invalid("chain", "%s: more than %d certificates to a root" % (one, MOST))
        why = None
        issuers = [c for c in list(roots) + left if c.subject == one.issuer]
        for issuer in issuers:
            yield
            try:
                in_time(issuer, now)
                issues(issuer, between)
            except Invalid as e:
                why = why or e
                continue
            if not tries:
                raise Invalid("chain", "%s: too many certificates to try" % one)
            tries -= 1
            yield
            link = yield from _link(one, issuer)
            if len(issuers) == 1:
                break  # nothing to choose from: it is checked when the way is known
            try:
                yield from check([link])
                break
            except Invalid as e:
                why = e
        else:
            issuer = x509.name_text(one.issuer)
            raise why or Invalid("chain", "%s: its issuer %s is not trusted" % (one, issuer))
        links.append(link)
        if issuer in left:
            left.remove(issuer)
        between += issuer.subject != issuer.issuer
        one = issuer
    links.append(one.key)
    return links


def _link(one, issuer):
    """Steps; returns what checking the signature of `one` by `issuer` needs."""
    found = yield from digest.new(one.how[1], one.signed())
    yield
    who = issuer.subject
    return issuer.kind, issuer.key, one.how, found, one.signature, one.subject, who


def check(links):
    """Steps; Invalid ("signature") if one of them is wrong. It empties the list."""
    while links:
        link = links.pop(0)
        ok = yield from signature.verify_digest(*link[:5])
        if not ok:
            name = x509.name_text(link[5])
            by = "itself" if link[5] == link[6] else "certificate " + x509.name_text(link[6])
            raise Invalid("signature", "certificate %s is not signed by %s" % (name, by))


def by_itself(one):
    """Steps; what check() has to check of a root that signed itself."""
    link = yield from _link(one, one)
    return [link]


def in_time(one, now: int):
    """Invalid ("time") unless the certificate is valid at `now`."""
    if now < one.begins:
        raise Invalid("time", _when("%s: not valid before %s, it is %s", one, one.begins, now))
    if now > one.ends:
        raise Invalid("time", _when("%s: expired %s, it is %s", one, one.ends, now))


def _when(text, one, limit, now):
    return text % (one, datetime.iso(limit), datetime.iso(now))


def issues(one, between: int = 0):
    """Invalid ("use") unless the certificate may sign others, `between` CAs being below it."""
    if not one.ca:
        raise Invalid("use", "%s is not that of a CA" % one)
    if one.usage is not None and not one.usage & x509.KEY_CERT_SIGN:
        raise Invalid("use", "%s: its key usage forbids signing certificates" % one)
    if one.path is not None and between > one.path:
        raise Invalid("use", "%s: %d CAs below it, %d allowed" % (one, between, one.path))


def suits(one, purpose: int):
    """Invalid ("use") unless the certificate is made for that purpose (0: any)."""
    if not purpose:
        return
    what = _NEEDED[purpose]
    if one.purposes is not None and 0 not in one.purposes and purpose not in one.purposes:
        raise Invalid("use", "%s: its extended key usage is not that of %s" % (one, what))
    if one.usage is not None and not one.usage & x509.DIGITAL_SIGNATURE:
        # A server may still have a key that encrypts only (TLS_RSA).
        if purpose != x509.SERVER or not one.usage & 0x2000:
            raise Invalid("use", "%s: its key usage is not that of %s" % (one, what))

"""What does a certificate say?

X.509 version 3 (RFC 5280), read strictly and only as far as this station has a use for it. A
critical extension that is not known here is refused, as RFC 5280 (4.2) demands, and so are
algorithms and keys that signature.py does not accept: a certificate that can be read can be
checked.
"""

from array import array

from ocppj import datetime
from security import Invalid, run, signature
from security.der import INTEGER, OCTETS, SEQUENCE, SET, TIME, UTC_TIME, Reader, oid_text
from ws import utf8

LONGEST = 4096  # bytes of a certificate
CN = b"\x55\x04\x03"
O = b"\x55\x04\x0a"  # noqa: E741 (its name in X.520)
# Key usage, as Reader.flags() has it (RFC 5280, 4.2.1.3).
DIGITAL_SIGNATURE = 0x8000
KEY_CERT_SIGN = 0x0400
# The last bytes of extended key usages, 1.3.6.1.5.5.7.3.n.
_PURPOSE = b"\x2b\x06\x01\x05\x05\x07\x03"
SERVER = 1
CLIENT = 2
CODE = 3
_ANY = b"\x55\x1d\x25\x00"
_TEXTS = (0x0C, 0x13, 0x14, 0x16)  # UTF8, Printable, Teletex, IA5


def reading(der: bytes, known: bool = False):
    """Steps; returns the Certificate; each is some 5 ms on a chip.

    known: it was judged when it was installed: whether its key is one is not looked at again.
    """
    one = Certificate(der, False)
    yield from one.steps(known)
    return one


class Certificate:
    """A certificate that was read: see the attributes. Invalid if that is impossible.

    der bytes; issuer, subject: names, DER; serial: bytes without leading zeros; begins, ends:
    validity, epoch seconds; kind, key: as signature.public_key(); how, signature: who signed it
    how; ca bool; path: most certificates of CAs below, None: any;
    usage: flags or None; purposes: tuple of numbers (SERVER, ..) or None, 0 stands for any;
    names: host names (str) and addresses (bytes) it is for, None without the extension.
    """

    def __init__(self, der: bytes, now: bool = True):
        self.der = der
        if now:
            run(self.steps())

    signature = property(lambda one: one.cut(2))
    issuer = property(lambda one: one.cut(4))
    subject = property(lambda one: one.cut(6))
    key = property(lambda one: one.cut(8))

    def cut(self, i):
        """A part of the certificate, cut out for who asks: nobody needs it for long."""
        return self.der[self.at[i] : self.at[i + 1]]

    def steps(self, known: bool = False):
        """Steps that read it."""
        der = self.der
        if len(der) > LONGEST:
            raise Invalid("format", "certificate of %d bytes: %d are read" % (len(der), LONGEST))
        outer = Reader(der)
        items = outer.into(SEQUENCE)
        outer.close()
        start = items.at
        body = items.into(SEQUENCE)
        # Begin and end of what is signed, signature, issuer, subject and key.
        self.at = array("H", (start, items.at))
        yield
        how = items.whole(SEQUENCE)
        self._part(items, len(items.bits()))
        items.close()
        self.how = signature.algorithm(Reader(how))
        self.ca = False
        self.path = self.usage = self.purposes = self.names = None
        yield
        yield from self._body(body, how, known)

    def __str__(self):
        """How messages name it."""
        return "certificate " + name_text(self.subject)

    def signed(self):
        """What the signature is of (memoryview)."""
        return memoryview(self.der)[self.at[0] : self.at[1]]

    def _part(self, items, size):
        """What was read last, its last `size` bytes, is the next part."""
        self.at.extend(array("H", (items.at - size, items.at)))

    def _body(self, items, how, known):
        if items.peek() != 0xA0:
            raise Invalid("format", "certificate of X.509 version 1: expected version 3")
        version = items.into(0xA0)
        if version.small() != 2:
            raise Invalid("format", "certificate is not of X.509 version 3")
        version.close()
        if items.peek() != INTEGER:
            raise Invalid("format", "certificate without a serial number")
        self.serial = items.integer()
        if len(self.serial) > 20:
            raise Invalid("format", "serial number of %d bytes" % len(self.serial))
        yield
        if items.whole(SEQUENCE) != how:
            raise Invalid("format", "certificate names two signature algorithms")
        yield
        issuer = items.whole(SEQUENCE)
        self._part(items, len(issuer))
        dates = items.into(SEQUENCE)
        self.begins = _time(dates)
        yield
        self.ends = _time(dates)
        dates.close()
        yield
        self._part(items, len(items.whole(SEQUENCE)))
        yield
        self.kind, key = signature.public_key(items.whole(SEQUENCE), known)
        self._part(items, len(key))  # it ends where its item ends
        yield
        for tag in (0x81, 0x82):  # unique identifiers: of no use to anybody
            if items.peek() == tag:
                items.take(tag)
        if items.peek():
            outer = items.into(0xA3)
            yield from self._extensions(outer.into(SEQUENCE))
            outer.close()
        items.close()

    def _extensions(self, items):
        seen = []
        while items.peek():
            one = items.into(SEQUENCE)
            oid = one.oid()
            critical = one.truth()
            value = Reader(one.content(OCTETS))
            one.close()
            if oid in seen:
                raise Invalid("format", "extension %s stands there twice" % oid_text(oid))
            seen.append(oid)
            known = oid[2] if len(oid) == 3 and oid[:2] == b"\x55\x1d" else 0
            if known == 19:
                self._constraints(value)
            elif known == 15:
                self.usage = value.flags()
            elif known == 37:
                self._purposes(value)
            elif known == 17:
                self._names(value)
            elif critical:
                raise Invalid("format", "critical extension %s is unknown" % oid_text(oid))
            else:
                value.at = value.end
            value.close()
            yield

    def _constraints(self, value):
        items = value.into(SEQUENCE)
        self.ca = items.truth()
        if items.peek():
            self.path = items.small()
            if not self.ca:
                raise Invalid("format", "a path length without the CA flag")
        items.close()

    def _purposes(self, value):
        items = value.into(SEQUENCE)
        found = []
        while items.peek():
            oid = items.oid()
            if oid == _ANY:
                found.append(0)
            elif oid[:-1] == _PURPOSE:
                found.append(oid[-1])
        self.purposes = tuple(found)

    def _names(self, value):
        items = value.into(SEQUENCE)
        self.names = found = []
        while items.peek():
            tag = items.peek()
            data = items.content(tag)
            if tag == 0x82:
                found.append(_ascii(data))
            elif tag == 0x87:
                if len(data) not in (4, 16):
                    raise Invalid("format", "address of %d bytes" % len(data))
                found.append(data)


def _ascii(data):
    for c in data:
        if not 32 < c < 127:
            raise Invalid("format", "host name with a character %02x" % c)
    return data.decode()


def _time(items):
    """Epoch seconds of a UTCTime or GeneralizedTime, the one form that DER has of each."""
    tag = UTC_TIME if items.peek() == UTC_TIME else TIME
    data = items.content(tag)
    if tag == UTC_TIME:
        data = (b"19" if data[:1] >= b"5" else b"20") + data
    parts = [data[i : i + 2] for i in range(0, 14, 2)]
    if len(data) == 15 and data[-1:] == b"Z" and b"".join(parts).isdigit():
        parts = tuple([part.decode() for part in parts])
        found = datetime.parse("%s%s-%s-%sT%s:%s:%sZ" % parts)
        if found is not None:
            return found
    raise Invalid("format", "time of a certificate is not YYMMDDhhmmssZ")


def attribute(name: bytes, oid: bytes):
    """Text of an attribute (CN, O) of a DER name, None without it; the last one counts."""
    outer = Reader(name)
    items = outer.into(SEQUENCE)
    outer.close()
    found = None
    while items.peek():
        group = items.into(SET)
        while True:
            pair = group.into(SEQUENCE)
            same = pair.oid() == oid
            tag = pair.peek()
            data = pair.content(tag)
            pair.close()
            if same and tag in _TEXTS:
                found = _text(data)
            if not group.peek():
                break
    return found


def _text(data):
    if utf8.check(b"", data) != b"":
        raise Invalid("format", "name is not UTF-8")
    return data.decode()


def name_text(name: bytes) -> str:
    """A name for a message: its CN, else its O."""
    try:
        found = attribute(name, CN) or attribute(name, O)
    except Invalid:
        found = None
    return "'%s'" % "".join([c if " " <= c <= "~" else "?" for c in (found or "?")[:64]])

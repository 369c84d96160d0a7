"""Which transaction messages does the CSMS still owe us an answer for, and in what order?

The journal is the truth, in every version of OCPP. What is needed often is here; a start and an
end (ledger.py), failures (archive.py), a boot (scan.py) and the clock (dating.py) are imported on
demand. Every message has a number, its place in the
order of events. Two kinds of records (record.py) carry them; each step is one atomic write:

    s0000012   a transaction, named after the number of its start. Written when it starts,
               rewritten when the CSMS has named it, with energy snapshots while it runs, and with
               the number of its stop when it stops; deleted when that stop has been answered.
    m0000013   one meter sample, deleted when answered.
    d0000012   samples for the stop message of transaction 12 (transactionData); optional.
    a0000013   archive: given up after the last attempt, shown by diagnostics, oldest dropped.
    ids        [nonce, first number not yet reserved, operating seconds]: numbers never repeat.

While the CSMS answers, samples stay in RAM (one at a time) and cost no flash.

Times in records: Unix seconds, or, while the wall clock is unknown, -1 - operating seconds (a
count that goes on over reboots); dating.py turns them into Unix seconds as soon as the clock is
known (E 3.11). Times given to this module are uptimes, `up`, in seconds.
"""

from micropython import const

import lazy
import record

# Fields of a transaction record.
CID = const(0)
TAG = const(1)
START_WH = const(2)
START = const(3)
STATE = const(4)
ID = const(5)
LAST_WH = const(6)  # running: the last snapshot; stopped: the meter at the stop
LAST = const(7)
PARENT = const(8)
RESERVATION = const(9)
ATTEMPTS = const(10)
STOP = const(11)  # number of the stop message, 0 while it runs
REASON = const(12)
STOP_TAG = const(13)

# STATE: does the CSMS know of the start?
PENDING = const(0)
ANSWERED = const(1)
GIVEN_UP = const(2)

# Fields of a sample record.
M_TX = const(0)  # number of the transaction, -1 outside of one
M_CID = const(1)
M_TIME = const(2)
M_CONTEXT = const(3)
M_SAMPLE = const(4)
M_ATTEMPTS = const(5)

BLOCK = const(32)  # numbers reserved by one write of `ids`
# Below this, no new transaction: what runs must still be able to end (S 3.7).
RESERVE = const(16384)


def number_of(name) -> int:
    """The number in the name of a journal record, -1 for any other name."""
    if len(name) == 8 and name[0] in "smda":
        try:
            return int(name[1:], 16)
        except ValueError:
            pass
    return -1


class Outbox:
    """The journal of transaction messages.

    store: see core.journal (names, read, write, delete, free). clock: `wall()`, `wall_at(up)`.
    """

    def __init__(self, store, clock, log):
        self.store = store
        self.clock = clock
        self.log = log
        self.item = None  # the head, loaded: (kind 's' | 'm' | 'e', number, record)
        self.wait = 0  # uptime before which the head is not sent again
        self.full = False
        self.ends = {}  # number of a stop message -> number of its transaction
        self.ram = None  # (number, record): the sample that is not in flash
        self.undated = None  # names still to look at, see dating.py
        # Set by scan.py: nonce of the message ids, first number not yet answered, next number,
        # first one not reserved, operating seconds at the start of this boot.
        self.nonce = self.head = self.tail = self.reserved = self.base = None

    # -- records ---------------------------------------------------------------------------------

    def load(self, name):
        """The fields of a record or None; what is damaged is kept aside in the archive."""
        data = self.store.read(name)
        fields = record.unpack(data)
        if fields is None and data:
            lazy.call("ocppj.archive", "aside", self, name, data)
        return fields

    def save(self, letter, number, fields):
        """Write a record: one atomic step of the journal."""
        self.store.write("%s%07x" % (letter, number), record.pack(fields))

    def drop(self, letter, number):
        """Delete a record; one that is not there is ignored."""
        self.store.delete("%s%07x" % (letter, number))

    def tx(self, number):
        """The record of transaction `number`, or None."""
        return self.load("s%07x" % number)

    def message_id(self, number) -> str:
        """Id of a message: the same on every attempt and boot, never used twice (JE 3.1, 3.7)."""
        return "%s-%x" % (self.nonce, number)

    def number_of(self, message_id):
        """The number behind an id of this journal, or None."""
        head, _, tail = message_id.rpartition("-")
        try:
            return int(tail, 16) if head == self.nonce else None
        except ValueError:
            return None

    def next(self) -> int:
        """Take the next number; reserves a block in flash when the last one is used up."""
        number = self.tail
        if number >= self.reserved:
            self.reserved = number + BLOCK
            # Uptime is saved with it: one more witness of operating time.
            fields = [self.nonce, self.reserved, self.base + self.clock.uptime_s()]
            self.store.write("ids", record.pack(fields))
        self.tail = number + 1
        return number

    def measure(self):
        """Look whether flash has room for a new transaction; sets `full`."""
        free = self.store.free()
        self.full = free is not None and free < RESERVE

    # -- time ------------------------------------------------------------------------------------

    def stamp(self, up) -> int:
        """What a record says for an uptime: Unix seconds, or operating seconds below zero."""
        wall = self.clock.wall_at(up)
        return -1 - self.base - up if wall is None else wall

    def wall(self, stamp):
        """Unix seconds of a stamp, or None while they cannot be known."""
        return stamp if stamp >= 0 else self.clock.wall_at(-1 - stamp - self.base)

    # -- events ----------------------------------------------------------------------------------

    def snapshot(self, number, meter_wh, up):
        """Keep the register of a running transaction: what a power cut may lose is bounded."""
        fields = self.tx(number)
        if fields and not fields[STOP] and meter_wh > fields[LAST_WH]:
            fields[LAST_WH] = meter_wh
            fields[LAST] = self.stamp(up)
            self.save("s", number, fields)

    def sample(self, number, cid, at, context, sample, online):
        """A meter sample of transaction `number` (-1: none) at stamp `at`.

        Online with nothing waiting it stays in RAM; else it goes to flash, unless that is full:
        starts and stops come first.
        """
        fields = [number, cid, at, context, sample, 0]
        if online and self.ram is None and self.peek() is None:
            self.ram = (self.next(), fields)
        elif not self.full:
            self.save("m", self.next(), fields)
            self.measure()
        else:
            self.log.warn("journal full, sample of connector %d not kept", cid)

    def flush(self):
        """Put what is only in RAM into flash: the connection is lost, or a reset follows."""
        if self.ram:
            self.save("m", self.ram[0], self.ram[1])
            self.ram = None

    # -- delivery --------------------------------------------------------------------------------

    def peek(self):
        """The message at the head as (kind, number, record), or None if all are delivered."""
        while self.item is None and self.head < self.tail:
            number = self.head
            kind = "m"
            if number in self.ends:
                kind = "e"
                fields = self.tx(self.ends[number])
                if fields is None:
                    self.ends.pop(number)
            elif self.ram and self.ram[0] == number:
                fields = self.ram[1]
            else:
                fields = self.load("m%07x" % number)
                if fields is None:
                    kind = "s"
                    fields = self.tx(number)
                    if fields and fields[STATE] != PENDING:
                        fields = None
            if fields:
                self.item = (kind, number, fields)
            else:
                self.head = number + 1
        return self.item

    def settled(self, number):
        """Message `number` was answered (or given up): forget it."""
        if self.item and self.item[1] == number:
            self.item = None
            self.wait = 0
            self.head = number + 1
        if number in self.ends:
            tx = self.ends.pop(number)
            self.drop("s", tx)
            self.drop("d", tx)
        elif self.ram and self.ram[0] == number:
            self.ram = None
        else:
            self.drop("m", number)

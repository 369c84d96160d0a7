"""How do many lists of names fit into one run of strings? (tools/schema_compiler.py)"""


class Names:
    """Packs lists of names into one run of strings, overlapping where the free order allows it."""

    def __init__(self):
        self.lists = set()
        self.run = []
        self.places = {}

    def add(self, first, rest=()) -> tuple:
        """Register a list; `first` (required keys) stand before `rest`, both in any order. Returns
        its key for `order` and `place`."""
        key = (frozenset(first), frozenset(rest))
        self.lists.add(key)
        return key

    def pack(self):
        """Greedy: always append the list that shares most bytes with the end of the run; of those
        that share nothing, the longest."""
        waiting = sorted(self.lists, key=self._sort_key)
        while waiting:
            waiting = [key for key in waiting if not self._find(key)]
            if not waiting:
                break
            best = max(waiting, key=lambda key: (self._gain(key), size(key), self._sort_key(key)))
            waiting.remove(best)
            start = len(self.run) - self._shared(best)
            self._append(best, waiting)
            self.places[best] = start
        self.offsets = [0]
        for name in self.run:
            self.offsets.append(self.offsets[-1] + len(name) + 1)

    def order(self, key) -> list:
        """The names of a list in the order in which they stand in the run."""
        start = self.places[key]
        return self.run[start : start + count(key)]

    def place(self, key) -> bytes:
        """u16 offset in the strings and u16 length, both quotes included."""
        start = self.places[key]
        begin, end = self.offsets[start], self.offsets[start + count(key)]
        return u16(begin) + u16(end - begin + 1)

    def strings(self) -> bytes:
        """The run as it stands in the blob."""
        return ('"' + "".join(name + '"' for name in self.run)).encode()

    @staticmethod
    def _sort_key(key):
        return sorted(key[0]), sorted(key[1])

    def _find(self, key) -> bool:
        for start in range(len(self.run) - count(key) + 1):
            if fits(self.run[start : start + count(key)], key):
                self.places[key] = start
                return True
        return False

    def _shared(self, key) -> int:
        """How many names at the end of the run can be the beginning of this list."""
        for length in range(min(count(key) - 1, len(self.run)), 0, -1):
            if fits(self.run[-length:], key):
                return length
        return 0

    def _gain(self, key) -> int:
        shared = self._shared(key)
        return sum(len(name) + 1 for name in self.run[len(self.run) - shared :])

    def _append(self, key, waiting):
        used = self.run[len(self.run) - self._shared(key) :]
        for group in key:  # what other lists need too goes last, where they can join
            left = [name for name in group if name not in used]
            self.run += sorted(left, key=lambda name: (popularity(name, waiting), name))


def fits(window: list, key: tuple) -> bool:
    """True if the window can be the first names of the list: required ones first, each once."""
    first, rest = key
    head, tail = window[: len(first)], window[len(first) :]
    return len(set(window)) == len(window) and set(head) <= first and set(tail) <= rest


def count(key: tuple) -> int:
    """Number of names in a list."""
    return len(key[0]) + len(key[1])


def size(key: tuple) -> int:
    """Bytes of a list that shares nothing."""
    return sum(len(name) + 1 for group in key for name in group)


def popularity(name: str, lists: list) -> int:
    """In how many lists a name stands."""
    return sum(name in first or name in rest for first, rest in lists)


def u16(value: int) -> bytes:
    """Two bytes, big endian; raises OverflowError if it does not fit."""
    return value.to_bytes(2, "big")

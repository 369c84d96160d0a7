"""What does a running MicroPython process hold on its heap? Read from outside, nothing in it runs.

The Unix port's memory is read through /proc while the process is stopped. `Snapshot` knows the
shapes of MicroPython's objects (py/obj*.h, object representation A, 32 bits) and the names of the
types, which are symbols of the binary. owners.py says to whom the blocks belong.
"""

import os
import signal
import struct
import subprocess
import time
from pathlib import Path

BLOCK = 16  # bytes of a block of the 32-bit port
FREE, HEAD, TAIL = 0, 1, 2  # of a block in the allocation table


class MemoryReadError(Exception):
    """The process is gone, or is no 32-bit MicroPython of the kind this file knows."""


class Snapshot:
    """The memory of one process at one moment.

    chunks: {address: bytes} of every allocation. live: those reachable from the roots, which is
    what a collection would leave.
    """

    def __init__(self, pid: int):
        os.kill(pid, signal.SIGSTOP)
        try:
            self._wait(pid)
            self._read(pid)
        except (OSError, ValueError, struct.error) as error:
            raise MemoryReadError(f"process {pid}: {error}") from None
        finally:
            os.kill(pid, signal.SIGCONT)
        self.chunks = self._allocations()
        self.live = self._mark()

    # -- what is read ------------------------------------------------------------------------

    @staticmethod
    def _wait(pid):
        for _ in range(100):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
                return
            time.sleep(0.01)
        raise ValueError("it does not stop")

    def _read(self, pid):
        exe = os.readlink(f"/proc/{pid}/exe")
        self._areas = []
        base = None
        with open(f"/proc/{pid}/mem", "rb") as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                words = line.split()
                start, end = (int(word, 16) for word in words[0].split("-"))
                if words[-1] == exe and base is None:
                    base = start
                if "r" not in words[1] or words[-1] in ("[vvar]", "[vdso]"):
                    continue
                named = words[-1] in (exe, "[heap]", "[stack]") or words[-1].endswith(".img")
                if len(words) < 6 or named:  # .img: a ROMFS, tools/sim/rom.py
                    memory.seek(start)
                    self._areas.append((start, end, memory.read(end - start), words[-1]))
        self.symbols = {}
        self._names = {}
        out = subprocess.run(["nm", exe], capture_output=True, text=True, check=True).stdout
        for words in map(str.split, out.splitlines()):
            if len(words) == 3:
                self.symbols.setdefault(words[2], base + int(words[0], 16))
                self._names.setdefault(base + int(words[0], 16), words[2])
        if "mp_state_ctx" not in self.symbols:
            raise ValueError("no MicroPython with its symbols")
        self._find_heap()

    def _find_heap(self):
        # mp_state_mem_area_t: table of 2 bits a block, its length, finalisers, pool begin and end.
        at = self.symbols["mp_state_ctx"]
        for address in range(at, at + 4096, 4):
            table, length, _, begin, end = self.words(address, 5)
            if table and begin > table and 0 < length < 1 << 22:
                if 0 <= end - begin - (length - 1) * 4 * BLOCK <= 4 * BLOCK:
                    try:
                        self._table = self.bytes(table, length)
                    except ValueError:
                        continue  # small numbers that happen to fit
                    self._roots = (at, address)
                    self.heap = (begin, end)
                    return
        raise ValueError("no heap found")

    def bytes(self, address: int, count: int) -> bytes:
        """Memory at an address; ValueError where nothing is mapped."""
        for start, end, data, _ in self._areas:
            if start <= address and address + count <= end:
                return data[address - start : address - start + count]
        raise ValueError(f"{count} bytes at {address:#x} are not there")

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """32-bit words at an address."""
        return struct.unpack(f"<{count}I", self.bytes(address, 4 * count))

    def word(self, address: int) -> int:
        """The 32-bit word at an address."""
        return self.words(address, 1)[0]

    def _kind(self, block):
        return self._table[block >> 2] >> 2 * (block & 3) & 3

    def _allocations(self):
        begin, end = self.heap
        count = (end - begin) // BLOCK
        found = {}
        block = 0
        while block < count:
            size = 1
            if self._kind(block) != FREE:
                while block + size < count and self._kind(block + size) == TAIL:
                    size += 1
                address = begin + block * BLOCK
                found[address] = self.bytes(address, size * BLOCK)
            block += size
        return found

    # -- what lives --------------------------------------------------------------------------

    def pointers(self, data: bytes):
        """Addresses of the allocations that words in `data` point to, as the collector sees it."""
        for (word,) in struct.iter_unpack("<I", data[: len(data) & ~3]):
            if word in self.chunks:
                yield word

    def roots(self):
        """Addresses that the interpreter's state and the C stack point to."""
        begin, end = self._roots
        yield from self.pointers(self.bytes(begin, end - begin))
        for _, _, data, name in self._areas:
            if name == "[stack]":
                yield from self.pointers(data)

    def _mark(self):
        live = set()
        todo = list(self.roots())
        while todo:
            address = todo.pop()
            if address not in live:
                live.add(address)
                todo.extend(self.pointers(self.chunks[address]))
        return live

    # -- what it is --------------------------------------------------------------------------

    def type_name(self, address: int) -> str:
        """C name of the type of an object ("mp_type_dict"); "" if it is none of these."""
        try:
            return self._names.get(self.word(address), "")
        except ValueError:
            return ""

    def text(self, number: int) -> str:
        """The interned name of that number."""
        pool = self.word(self._last_pool())
        while pool:
            prev, total, _, length, _, lengths = self.words(pool, 6)
            total &= 0x7FFFFFFF
            if number >= total:
                index = number - total
                if index >= length:
                    break
                size = self.bytes(lengths + index, 1)[0]
                return self.bytes(self.word(pool + 24 + 4 * index), size).decode(errors="replace")
            pool = prev
        return f"?{number}"

    def _last_pool(self):
        # mp_state_vm_t begins with it; mp_state_thread_t before it differs from build to build.
        if not hasattr(self, "_pool_at"):
            begin, end = self._roots
            fixed = {self.symbols[n] for n in ("mp_qstr_frozen_const_pool",) if n in self.symbols}
            fixed.add(self.symbols["mp_qstr_const_pool"])
            for address in range(begin, end, 4):
                pool = self.word(address)
                if (
                    pool in fixed
                    or pool in self.chunks
                    and self.word(pool) in self.chunks | {a: b"" for a in fixed}
                ):
                    self._pool_at = address
                    break
            else:
                raise MemoryReadError("the table of names was not found")
        return self._pool_at

    def key(self, obj: int) -> str:
        """A word that stands for a name in a dict, as text."""
        if obj & 7 == 2:
            return self.text(obj >> 3)
        return f"{obj >> 1}" if obj & 1 else "?"

    def table(self, address: int):
        """(key, value) of the map that begins at an address (mp_map_t), values as words."""
        _, alloc, table = self.words(address, 3)
        if not table:
            return
        for i in range(alloc):
            key, value = self.words(table + 8 * i, 2)
            if key not in (0, 4):
                yield self.key(key), value

    def function_name(self, address: int) -> str:
        """Name of a bytecode function."""
        _, context, _, code = self.words(address, 4)
        at = self._skip_signature(code)
        at, number = self._uint(at)
        table = self.word(context + 8)
        return self.text(struct.unpack("<H", self.bytes(table + 2 * number, 2))[0])

    def _skip_signature(self, at):
        for _ in range(2):  # the signature, then the sizes: bit 7 says that more follows
            while self.bytes(at, 1)[0] & 0x80:
                at += 1
            at += 1
        return at

    def _uint(self, at):
        value = 0
        while True:
            byte = self.bytes(at, 1)[0]
            at += 1
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                return at, value

"""Whose are the bytes on the heap of a running station? By module, and by object.

    python -m tools.bench.owners [--form frozen|mpy|romfs] [--objects] [--at boot|charge]

Starts a simulated charger on the 32-bit port, waits until nobody has asked its console for a
minute, and looks at it from outside (memory.py). Each allocation belongs to one owner: the module
that a function or class was defined in, the object or running coroutine that holds it. Names are
those of the sources, whatever the linker made of them; `galvani` is what the joined modules share
(their globals, functions inside of functions). What the simulator brings (tools/sim/launch.py) is
in the table but not in its sum.
"""

import argparse
import asyncio
import collections
import sys
from dataclasses import dataclass, field

from tools import build
from tools.bench import charge
from tools.bench.memory import MemoryReadError, Snapshot
from tools.bench.rig import Rig

SETTLED_S = 150  # uptime at which the console and the boot are forgotten
SPEED = 40
LAUNCHER = "launch"
JOINED = "galvani"  # the linker's module, see tools/link
FUNCTIONS = ("mp_type_fun_bc", "mp_type_gen_wrap")
KINDS = ("functions", "classes", "globals", "objects", "coroutines")


@dataclass
class Owner:
    """A module's functions, or an object. size: bytes; count: allocations."""

    module: str
    kind: str
    name: str
    size: int = 0
    count: int = 0
    parts: collections.Counter = field(default_factory=collections.Counter)


class Owners:
    """Every live allocation of a Snapshot with its Owner. `of`: {address: Owner}.

    found: what the linker made of the sources' names, see build.found().
    """

    def __init__(self, shot: Snapshot, found: dict[str, str] | None = None):
        self.shot = shot
        found = found or {}
        modules = {name for name in found if found[name] == JOINED}
        self._sources: dict[str, tuple[str, str]] = {}  # linked name to (module, name)
        for name, linked in found.items():
            module, _, own = name.rpartition(".")
            if module in modules:
                self._sources[linked] = (module, own)
        self.of: dict[int, Owner] = {}
        self._known: dict[tuple[str, str, str], Owner] = {}
        self._modules: dict[int, str] = {}
        types = {address: shot.type_name(address) for address in shot.live}
        self._name_modules(types)
        self._claim_code(types)
        self._claim_objects(types)
        self._spread()

    def _owner(self, module, kind, name=""):
        key = (module, kind, name)
        if key not in self._known:
            self._known[key] = Owner(*key)
        return self._known[key]

    def _name_modules(self, types):
        for address, kind in types.items():
            if kind == "mp_type_module":
                scope = self.shot.word(address + 4)  # its globals: functions know them too
                word = dict(self.shot.table(scope + 4)).get("__name__", 0)
                self._modules[scope] = self.shot.key(word) if word & 7 == 2 else "?"
                self.of[address] = self._owner(self._modules[scope], "globals")

    def _source(self, module, name):
        """(module, name) as the sources have them."""
        return self._sources.get(name, (module, name)) if module == JOINED else (module, name)

    def _function(self, address):
        """(module, name) of a function at the top of a module."""
        context = self.shot.word(address + 4)
        module = self._modules.get(self.shot.word(context + 4), "?")
        return self._source(module, self.shot.function_name(address))

    def _claim_code(self, types):
        for address, kind in types.items():
            if kind == "mp_type_type":
                module = self._class(address)[0]
                self.of[address] = self._owner(module, "classes")
                for _, value in self._members(address):
                    if types.get(value) in FUNCTIONS:
                        self.of[value] = self._owner(module, "functions")
        for address, kind in types.items():
            if kind in FUNCTIONS and address not in self.of:
                self.of[address] = self._owner(self._function(address)[0], "functions")

    def _members(self, address):
        """(name, word) of what stands in a class."""
        for pointer in self.shot.pointers(self.shot.chunks[address]):
            if self.shot.type_name(pointer) == "mp_type_dict":
                yield from self.shot.table(pointer + 4)

    def _class(self, address):
        """(module, name) of a class."""
        # The name's half word follows the flags; the locals dict is the last of the slots.
        name = self.shot.text(self.shot.word(address + 4) >> 16)
        for key, value in self._members(address):
            if key == "__module__" and value & 7 == 2:
                return self._source(self.shot.key(value), name)
        return "?", name

    def _claim_objects(self, types):
        for address in types:
            if address in self.of:
                continue
            kind = self.shot.word(address)
            if types.get(kind) == "mp_type_type":
                self.of[address] = self._owner(
                    self._class(kind)[0], "objects", self._class(kind)[1]
                )
            elif types[address] == "mp_type_gen_instance":
                function = self.shot.word(address + 8)
                module, name = self._function(function)
                if function in self.of:
                    module = self.of[function].module
                self.of[address] = self._owner(module, "coroutines", name)
            elif types[address] == "mp_qstr_frozen_const_pool":
                self.of[address] = self._owner("names", "objects", "table")

    def _spread(self):
        """What nobody claims belongs to the first that points to it: modules, then objects."""
        rank = {kind: n for n, kind in enumerate(KINDS)}
        todo = collections.deque(sorted(self.of, key=lambda a: (rank[self.of[a].kind], a)))
        rest = list(self.shot.roots())
        while todo or rest:
            if not todo:
                address = rest.pop()
                if address in self.of or address not in self.shot.live:
                    continue
                self.of[address] = self._owner("interpreter", "objects", "roots")
                todo.append(address)
            address = todo.popleft()
            for pointer in self.shot.pointers(self.shot.chunks[address]):
                if pointer not in self.of:
                    self.of[pointer] = self.of[address]
                    todo.append(pointer)
        for address, owner in self.of.items():
            owner.size += len(self.shot.chunks[address])
            owner.count += 1
            kind = self.shot.type_name(address).removeprefix("mp_type_") or "memory"
            owner.parts[kind] += len(self.shot.chunks[address])

    def owners(self) -> list[Owner]:
        """All owners, the largest first."""
        return sorted(self._known.values(), key=lambda owner: -owner.size)

    def modules(self) -> dict[str, dict[str, int]]:
        """{module: {kind: bytes}}; kinds are those of KINDS."""
        table: dict[str, dict[str, int]] = {}
        for owner in self._known.values():
            row = table.setdefault(owner.module, dict.fromkeys(KINDS, 0))
            row[owner.kind] += owner.size
        return table

    def total(self) -> int:
        """Live bytes without the launcher's."""
        return sum(o.size for o in self._known.values() if o.module != LAUNCHER)


def launcher(owners: Owners) -> int:
    """Bytes that the simulator's own module holds."""
    return sum(o.size for o in owners.owners() if o.module == LAUNCHER)


async def look(form: str, charging: bool = False) -> Owners:
    """A station after boot with nobody at its console, or in the middle of a charge."""
    async with Rig(form, heap="512k", speed=SPEED, program=("-m", "tools.bench.quiet")) as rig:
        await rig.csms.wait("StatusNotification", connectorId=1, status="Available")
        if charging:
            await charge.begin(rig)
        end = (await rig.ask("state"))["time_s"] + SETTLED_S
        while (await rig.ask("state"))["time_s"] < end:
            rig.csms.check()
            await asyncio.sleep(0.2)
        return Owners(
            Snapshot(rig.ready["station_pid"]), build.found("mpy" if form == "romfs" else form)
        )


def markdown(owners: Owners) -> str:
    """The table by module."""
    lines = ["| module | " + " | ".join(KINDS) + " | bytes |", "|---" + "|---:" * 6 + "|"]
    rows = owners.modules()
    for module, row in sorted(rows.items(), key=lambda item: -sum(item[1].values())):
        cells = [str(row[kind] or "") for kind in KINDS]
        lines.append(f"| {module} | {' | '.join(cells)} | {sum(row.values())} |")
    lines.append(f"| all but {LAUNCHER} | | | | | | {owners.total()} |")
    return "\n".join(lines)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.owners", description=__doc__)
    parser.add_argument("--form", choices=("frozen", "mpy", "romfs"), default="frozen")
    parser.add_argument("--at", choices=("boot", "charge"), default="boot")
    parser.add_argument("--objects", action="store_true", help="by object instead of by module")
    options = parser.parse_args()
    try:
        owners = asyncio.run(look(options.form, options.at == "charge"))
    except MemoryReadError as error:
        print(f"owners: {error}", file=sys.stderr)
        return 1
    if not options.objects:
        print(markdown(owners))
        return 0
    for owner in owners.owners():
        parts = ", ".join(f"{kind} {size}" for kind, size in owner.parts.most_common(5))
        print(f"{owner.size:6} {owner.count:4}  {owner.module} {owner.kind} {owner.name}: {parts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

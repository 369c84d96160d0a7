"""What can be told to the bench over its control port, and what does each word do?

The reserved words of the bench interface; any other line belongs to the station's console. Every
word answers a dict that goes out as JSON, or raises WordError with what was expected.
"""

import asyncio

LINK_S = 5.0  # a card waits so long for a reader that is still starting
USAGE = {
    "plug": "plug N",
    "unplug": "unplug N",
    "tag": "tag N ABC123",
    "button": "button N",
    "soc": "soc N PERCENT",
    "ev": "ev demand N AMPERES VOLTS",
    "bms": "bms silent|stop N on|off",
    "module": "module off N on|off",
    "overtemp": "overtemp N DEGREES|off",
    "weld": "weld gc|tie|mn N on|off",
    "stick": "stick gc|tie|mn N on|off",
    "estop": "estop on|off",
    "can": "can cut on|off",
    "meter": "meter N on|off",
    "state": "state",
    "power": "power off|on|cycle",
    "net": "net off|on",
    "clock": "clock SECONDS",
}
# Words of a profile with a PLC a gun.
PLC_WORDS = {"plc", "identity", "grid"}


class WordError(Exception):
    """A line that cannot be done; the text says why."""


def is_reserved(line: str) -> bool:
    """Does this line belong to the bench? `can dump` and other console words are not ours."""
    words = line.split()
    if not words:
        return True
    if words[0] in PLC_WORDS:
        return True
    if words[0] == "can":
        return words[1:2] == ["cut"]
    return words[0] in USAGE


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise WordError(f"{what} must be {low:g} to {high:g}, not {text}")
    return value


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise WordError(f"on or off expected, not {text}")
    return text == "on"


class Words:
    """The plant's and the machine's words. `bench` has plant, io, hubs, machine, cable, pace."""

    usage = USAGE
    plc_words = PLC_WORDS  # words that this profile does not have

    def __init__(self, bench):
        self.bench = bench
        self._switching = asyncio.Lock()

    async def do(self, line: str) -> dict:
        """Carry out one reserved line."""
        words = line.split()
        if not words:
            raise WordError("an empty line")
        if words[0] in self.plc_words:
            raise WordError(f"{words[0]}: the profile rivot has no PLC and no ring")
        usage = self.usage[words[0]].split()
        if len(words) != len(usage):
            raise WordError("usage: " + self.usage[words[0]])
        if words[0] not in ("state", "power", "net", "clock") and self.bench.plant is None:
            raise WordError("this bench was started without a plant")
        return await getattr(self, "_" + words[0])(*words[1:]) or {}

    def _outlet(self, text):
        plant = self.bench.plant
        try:
            return plant.outlet(int(text))
        except (IndexError, ValueError):
            raise WordError(f"there is no connector {text}, 1 to {len(plant.outlets)}") from None

    # -- people

    async def _plug(self, number):
        self.bench.plant.plug(self._outlet(number).number)

    async def _unplug(self, number):
        self.bench.plant.unplug(self._outlet(number).number)

    async def _tag(self, number, tag):
        await self._to_station(f"tag {self._outlet(number).number} {tag}")

    async def _button(self, number):
        await self._to_station(f"button {self._outlet(number).number}")

    async def _to_station(self, line):
        if not self.bench.machine.power:
            raise WordError("the station has no power: nobody reads that")
        try:
            async with asyncio.timeout(LINK_S):
                await self.bench.io.linked.wait()
        except TimeoutError:
            raise WordError("the station does not read its inputs") from None
        self.bench.io.tell(line)

    async def _estop(self, on):
        self.bench.plant.press_estop(_switch(on))

    # -- vehicle

    async def _soc(self, number, percent):
        self._outlet(number).battery.set_soc(_number(percent, 0, 100, "SoC"))

    async def _ev(self, demand, number, amperes, volts):
        if demand != "demand":
            raise WordError("usage: " + USAGE["ev"])
        outlet = self._outlet(number)
        outlet.bms.demand(_number(amperes, 0, 600, "current"), _number(volts, 1, 1000, "voltage"))

    async def _bms(self, what, number, on):
        bms = self._outlet(number).bms
        if what == "silent":
            bms.silent = _switch(on)
        elif what == "stop":
            bms.stop_forced = _switch(on)
        else:
            raise WordError("usage: " + USAGE["bms"])

    # -- faults

    async def _module(self, off, number, on):
        if off != "off":
            raise WordError("usage: " + USAGE["module"])
        module = self._outlet(number).module
        module.off_line = _switch(on)
        module.cut()

    async def _overtemp(self, number, degrees):
        module = self._outlet(number).module
        if degrees == "off":
            module.forced_temp_c = None
            module.temp_c = module.ambient_c
        else:
            module.forced_temp_c = _number(degrees, -40, 200, "temperature")
            module.warm(0)

    async def _weld(self, which, number, on):
        self._contactor(which, number).welded = _switch(on)

    async def _stick(self, which, number, on):
        self._contactor(which, number).stuck = _switch(on)

    def _contactor(self, which, number):
        if which in ("tie", "mn"):
            raise WordError(f"the profile rivot has no {which} contactor")
        if which != "gc":
            raise WordError(f"gc expected, not {which}")
        return self._outlet(number).contactor

    async def _can(self, cut, on):
        on = _switch(on)
        for hub in self.bench.hubs:
            hub.cut(on)
        if on:
            self.bench.plant.excuse()

    async def _meter(self, number, on):
        self.bench.io.meter(self._outlet(number).number, _switch(on))

    # -- the machine

    async def _state(self):
        bench = self.bench
        state = {
            "time_s": round(bench.pace.now_ms / 1000, 2),
            "power": bench.machine.power,
            "net": bench.cable.on,
            "estop": False,
            "connectors": [],
            "modules": [],
            "ties": [],
            "violations": [],
        }
        if bench.plant is not None:
            state.update(bench.plant.state())
        state["station_pid"] = bench.machine.pid
        state["slipped_s"] = round(bench.pace.slipped_s, 2)
        return state

    async def _power(self, what):
        machine = self.bench.machine
        if what not in ("off", "on", "cycle"):
            raise WordError("usage: " + USAGE["power"])
        async with self._switching:
            if what != "on":
                await machine.switch_off()
            if what != "off":
                return {"station_pid": await machine.switch_on()}
        return {}

    async def _net(self, on):
        self.bench.cable.switch(_switch(on))

    async def _clock(self, seconds):
        shift = int(_number(seconds, -4e9, 4e9, "seconds"))
        if not self.bench.pace.shift_clock(shift):
            raise WordError("the station has no power: no clock runs")

"""How do all guns, their PLCs and the shared modules work together, each 100 ms?

The one place where the ring meets the station: frames in, facts to planner.dispatch, one step,
orders out. A silent PLC makes what it reports unknown; it harms nobody else.
"""

from array import array

from micropython import const

from canproto import plc, plc_v1
from planner import bank
from planner.dispatch import Dispatch
from station.module_bus import ModuleBus
from station.plc_link import PlcLink

_AUX_MS = const(500)  # order to report: the control step, the PLC's 100 ms, the contactor
_FEW = const(4)
_MANY = const(8)
_WATCH_MS = const(280)
_WATCH_SLOW_MS = const(2500)
_AUX_SLOW_MS = const(1000)  # v3: its telemetry comes each 300 ms


class Hall:
    """`guns` guns on a ring of as many slots; `each` modules a slot. send(can_id, buf).

    Gun g has the PLC with number g, home slot g and connector g + 1. links, paths: by gun.
    config: PlcContract, GridLimit, ring times and ModuleCurrentBy. modules: (power_w, current_da)
    of one.
    """

    def __init__(self, guns, each, modules, send, module_send, config):
        version = config.get("PlcContract")
        slot_of = bytes([s for s in range(guns) for _ in range(each)])
        self.d = d = Dispatch(guns, guns, slot_of)
        for m in range(len(slot_of)):
            d.ring.rated_w[m], d.ring.current_da[m] = modules
        for g in range(guns):
            d.seq.home[g] = g
        seq = d.seq
        aux = _AUX_SLOW_MS if version == 3 else _AUX_MS
        self.banks = seq.ties, seq.guns, seq.mns
        # After so long without a word from us a PLC opens its relays (b.2, b.5).
        self.watch_ms = _WATCH_MS if version < 3 else _WATCH_SLOW_MS
        self.turn_ms = 100 if version < 3 or guns <= _FEW else 200
        self._gun_ms = 300 if self.turn_ms > 100 and guns > _MANY else self.turn_ms
        self._idle_ms = 100 if self.turn_ms == 100 else 500
        for row in self.banks:
            row.aux_ms = aux
            row.gone_ms = self.watch_ms
        self.links = [PlcLink(g, version, send) for g in range(guns)]
        self.paths = [None] * guns
        self.modules = ModuleBus(d, module_send, config.get("ModuleCurrentBy") == "part")
        # A dozen guns take turns: (ms since the last turn of each) and of the ring itself.
        self._waited = array("h", [100 * (g % 3) for g in range(guns)])
        self._ring_ms = 0
        self.urgent = False  # a gun is to be cut: the ring does not wait for its turn
        self.tags = []  # (connector, token, source) that PLCs brought
        self.can_ok = True
        self.barred = None  # why no gun may charge at all
        self.budget = ""  # of the bus, for the console
        self.arrivals = 0
        self.limit_w = self.no_limit = d.grid_w  # of the central system for the whole station
        self.reload(config)

    def reload(self, config):
        """Take the settings (CONFIG)."""
        d, seq = self.d, self.d.seq
        self.grid_w = config.get("GridLimit")
        d.up_da = config.get("RampUp")
        d.down_da = config.get("RampDown")
        d.gain_w = config.get("LayoutGain")
        d.gain_ms = config.get("LayoutGainTime")
        d.live_hold_ms = config.get("TieHold")
        d.ring.radius = config.get("IslandRadius")
        d.ring.max_modules = min(config.get("IslandModules"), len(d.on))
        seq.open_da = config.get("OpenCurrent")
        seq.close_dv = config.get("CloseVoltage")
        self.modules.hot_from_dc = config.get("ModuleTempDerate") * 10
        self.modules.hot_dc = config.get("ModuleTempMax") * 10

    # -- as tasks/can_rx sees a path ----------------------------------------------------------

    @property
    def codec(self):
        """For the console: what counts refused frames."""
        return self

    @property
    def rejected(self):
        """Frames of the contracts that were malformed."""
        return self.modules.rejected + sum([n.plc.at[plc.REJECTED] for n in self.links])

    def receive(self, can_id, data, length):
        """Take one extended data frame of the bus."""
        g = plc.number_of(can_id)
        if g < 0:
            return self.modules.receive(can_id, data, length)
        if g >= len(self.links):
            return 0
        link = self.links[g]
        heard = link.receive(can_id, data, length)
        if heard & plc.SEGMENT and link.whole:
            self.paths[g].identity(link.parts.kind, link.whole)
            link.whole = None
        return heard

    def can_state(self, ok):
        """The bus came back (True) or was lost (False)."""
        self.can_ok = ok

    # -- the step -----------------------------------------------------------------------------

    def turn(self, connector, dt_ms):
        """How many ms the connector's step has to count now; 0: it is not its turn.

        Each 200 ms (300 of more than eight), each 500 ms while nobody is there: twelve guns are
        much for a small chip, and a PLC of v3 speaks each 300 ms. Guns of v1 and v2, whose PLCs
        speak each 100 ms, and few guns have every turn; an emergency stop waits for none.
        """
        g = connector.id - 1
        waited = self._waited[g] + dt_ms
        here = connector.plugged or connector.session or connector.faults.mask
        if waited < self._gun_ms or not here and waited < self._idle_ms:
            if self.paths[g].plugged() is connector.plugged:
                self._waited[g] = waited
                return 0
        self._waited[g] = 0
        return waited

    def step(self, dt_ms):
        """After the connectors' steps: reports, plan, orders, frames."""
        self._ring_ms += dt_ms
        if self._ring_ms >= self.turn_ms or self.urgent:
            self._ring(min(self._ring_ms, 30_000))
            self._ring_ms = 0
            self.urgent = False
        self.modules.talk()
        for link in self.links:
            link.step(dt_ms)

    def _ring(self, dt_ms):
        d = self.d
        if dt_ms > self.watch_ms + self.turn_ms:  # we have been away: they have opened
            for row in self.banks:
                for i in range(len(row.cmd)):
                    if row.cmd[i]:
                        row.withdraw(i)
        self._report()
        d.grid_w = min(self.grid_w, self.limit_w)
        self.modules.assess(dt_ms)
        d.step(dt_ms)
        seq = d.seq
        for g in range(len(self.links)):
            link = self.links[g]
            link.relays = seq.guns.cmd[g] | seq.ties.cmd[g] << 1 | seq.mns.cmd[g] << 2
            link.mask = 7

    def _report(self):
        """What the PLCs say of their three contactors: gun, tie, module contactor."""
        seq = self.d.seq
        for g in range(len(self.links)):
            link = self.links[g]
            if link.lost() or not self.can_ok:
                one = two = three = bank.UNKNOWN
            else:
                relays = link.plc.at[plc.RELAYS]
                one, two, three = relays & 1, relays >> 1 & 1, relays >> 2
            seq.guns.fb[g] = one
            seq.ties.fb[g] = two
            seq.mns.fb[g] = three

    def out_now(self, g):
        """The energy of gun `g` is taken away before anything else happens: its modules OFF."""
        self.urgent = True
        d = self.d
        for m in range(len(d.on)):
            s = d.ring.slot_of[m]
            if d.on[m] and (d.carrier[m] == g or d.seq.feeds[s] == g):
                self.modules.off(m)

    def safe(self):
        """Every output away, now: modules first, then the relays."""
        for m in range(len(self.d.on)):
            self.modules.off(m)
        for link in self.links:
            link.relays = 0
            link.bits = plc_v1.FORCE_OFF
            link.step(0)

    def clear(self):
        """A person clears what contactors and PLCs hold."""
        for row in self.banks:
            row.clear()
        for link in self.links:
            link.clear()
        self.d.forced = True

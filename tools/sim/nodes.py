"""What do the charger module and the BMS say on their bus, and when?

The two CAN nodes of one outlet. Commands take effect when the plant's tick hands the frame over;
replies leave REPLY_MS later; unsolicited frames keep their own rhythm in virtual time.
"""

from . import wire as w
from .bms import PERIOD_MS as BMS_PERIOD_MS

TERM_PERIOD_MS = 200
STATUS_PERIOD_MS = 500


class ModuleNode:
    """The charger module's CAN side. `powered` False: no mains, no word."""

    def __init__(self, outlet, bus, wire, rules):
        self.outlet = outlet
        self.bus = bus
        self.wire = wire
        self.rules = rules
        self.powered = True
        self._term_ms = self._status_ms = 0

    def receive(self, frame, due_ms: int, lost: bool) -> None:
        """A frame of the bus; `lost` if noise destroyed it on its way to this node."""
        if frame.can_id == self.wire.control_id:
            order = self.wire.control(frame.data)
            if order is not None:
                self._control(order, due_ms, lost)
        elif frame.can_id == self.wire.request_id and not lost:
            function = self.wire.request(frame.data)
            if function is not None and self._alive():
                self._telemetry(function, due_ms)

    def _alive(self) -> bool:
        return self.powered and not self.outlet.module.off_line

    def _control(self, order, due_ms, lost):
        function, argument, value = order
        module = self.outlet.module
        stop = function == w.OUTPUT and argument != 0
        if function == w.OUTPUT:
            self.rules.ordered(stop, due_ms)
        if lost or not self._alive():
            return
        if stop:
            module.stop()
        elif function == w.OUTPUT:
            module.start()
        elif function == w.VOLTAGE:
            module.set_voltage(value)
            value = module.set_v
        elif function == w.CURRENT:
            module.set_current(value)
            value = module.set_a
        else:
            return
        if function == w.OUTPUT:
            argument = 0 if module.on else 1
        self.bus.send(due_ms, self.wire.echo(function, argument, value))

    def _telemetry(self, function, due_ms):
        module = self.outlet.module
        values = {
            w.TLM_VOLTAGE: module.voltage_v,
            w.TLM_CURRENT: module.current_a,
            w.TLM_TEMP: module.temp_c,
            w.TLM_79: 0,
            w.TLM_83: module.set_v,
        }
        if function in values:
            self.bus.send(due_ms, self.wire.telemetry(function, values[function]))

    def slow(self, now_ms: int, dt_ms: int) -> None:
        """The unsolicited terminal frames."""
        self._term_ms += dt_ms
        self._status_ms += dt_ms
        if not self._alive():
            return
        module = self.outlet.module
        if self._term_ms >= TERM_PERIOD_MS:
            self._term_ms = 0
            self.bus.send(now_ms, self.wire.term_power(module.voltage_v, module.current_a))
        if self._status_ms >= STATUS_PERIOD_MS:
            self._status_ms = 0
            self.bus.send(now_ms, self.wire.term_status(module.active))


class BmsNode:
    """The vehicle's CAN side: it hangs on the bus only while the plug is in."""

    def __init__(self, outlet, bus, wire):
        self.outlet = outlet
        self.bus = bus
        self.wire = wire
        self._request_ms = 0

    def _alive(self) -> bool:
        return self.outlet.plugged and not self.outlet.bms.silent and not self.bus.is_cut

    def receive(self, frame, due_ms: int, lost: bool) -> None:
        """Requests for the ampere-hour counters."""
        if lost or not self._alive():
            return
        battery = self.outlet.battery
        if frame.can_id == self.wire.charge_request_id:
            self.bus.send(due_ms, self.wire.charge_ah(battery))
        elif frame.can_id == self.wire.discharge_request_id:
            self.bus.send(due_ms, self.wire.discharge_ah(battery))

    def slow(self, now_ms: int, dt_ms: int) -> None:
        """The cyclic charge request."""
        self._request_ms += dt_ms
        if self._request_ms >= BMS_PERIOD_MS:
            self._request_ms = 0
            if self._alive():
                self.bus.send(now_ms, self.wire.bms_request(self.outlet.bms.announce()))

"""A charger in virtual time: the real station core, a small battery and module, no sockets.

    w = World()
    w.plug(); w.tag("A1"); w.pass_time(30)
    assert w.connector.status == "Charging"

Everything under test is the product's own code; battery, module and inputs are models written
here from the contract (struct, not the firmware's codec).
"""

from world.hardware import Inputs, Wire
from world.settings import Clock, Log, Settings, Store
from world.station_world import World

__all__ = ["Clock", "Inputs", "Log", "Settings", "Store", "Wire", "World"]

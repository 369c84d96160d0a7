"""Does a running station take a changed setting at once, as one that starts with it?"""

import pytest

from world import World

SETTINGS = {
    "BmsTimeout": 1700,
    "ModuleTimeout": 1900,
    "PlugTimeout": 47,
    "BmsSilentStop": 71,
    "EndCurrent": 23,
    "EndCurrentTime": 37,
    "SuspendedEVStopAfter": 410,
    "ConnectionTimeOut": 59,
    "MeterScalePpm": 1_002_000,
    "MeterOffset": 3,
    "CurrentMax": 410,
    "VoltageMax": 870,
    "VoltageMin": 610,
    "TempDerate": 61,
    "StopTransactionOnEVSideDisconnect": False,
    "UnlockConnectorOnEVSideDisconnect": True,
    "EnergySource": "meter",
    "FreeVend": True,
}


def facts(world):
    """Every plain value that a connector and its parts hold."""
    connector = world.station.connectors[0]
    parts = (connector, connector.path, connector.watch, connector.meter, connector.limits)
    found = {}
    for part in parts:
        for name, value in vars(part).items():
            if isinstance(value, int | str | list):
                found[type(part).__name__, name] = str(value)
    return found


@pytest.mark.parametrize("key", SETTINGS)
def test_a_changed_setting_counts_at_once(key):
    value = SETTINGS[key]
    usual, changed, fresh = World(boot=False), World(boot=False), World(boot=False, **{key: value})
    assert facts(usual) != facts(fresh), "the setting changes nothing"
    changed.config.set(key, value)
    assert facts(changed) == facts(usual)
    changed.station.reload()
    assert facts(changed) == facts(fresh)

"""Which modules of a station always stay in memory, so that the build joins them?"""

# What a station has loaded in the middle of a charge with nobody at the console. A module that is
# forgotten at times (lib/lazy.py) must not be here; tests_host/test_link.py compares it with what
# a running station holds. Drivers are chosen by the board at run time and stand apart.
JOINED = frozenset(
    """
    canproto.fields canproto.rivot core.bus core.clock core.config core.health core.journal
    core.log core.restart core.supervisor drivers.can drivers.wdt lazy main net.websocket
    ocppj.datetime ocppj.outbox ocppj.rpc ocppj.sampler ocppj.schema ocppj.v16.answers
    ocppj.v16.chargepoint ocppj.v16.events ocppj.v16.heard ocppj.v16.keys ocppj.v16.meter_values
    ocppj.v16.status ocppj.v16.transactions record station.connector station.faults station.keys
    station.limits station.meter station.path_rivot station.register station.rules
    station.session station.station station.topics station.watch tasks.can_rx tasks.console
    tasks.control tasks.csms tasks.session tasks.upkeep ws.frames ws.utf8
    """.split()
)

# What large tables of bytes stay on flash where code is in RAM (tables.py).
TABLES = frozenset("ocppj.v16.heard ocppj.v16.keys station.keys station.plc_keys".split())
# What stands for them: joined where there are such tables, and left out where there are none.
TABLE = "core.table"

# Modules that share a page (pages.py) because they are used together.
TOGETHER = {
    "core.bus": "core",
    "core.clock": "core",
    "core.health": "core",
    "core.restart": "core",
    "core.supervisor": "core",
    "record": "core.journal",
    "station.register": "core.journal",
    "ws.utf8": "ws.frames",
    # What runs once ("!"): a page costs its name for ever.
    "station.faults!": "station!",
    "station.limits!": "station!",
    "station.meter!": "station!",
    "canproto.rivot!": "path!",
    "station.path_rivot!": "path!",
    "station.connector!": "path!",
    "station.station!": "path!",
    "core.config!": "core!",
    "drivers.can!": "drivers!",
    "drivers.wdt!": "drivers!",
    "ocppj.outbox!": "ocppj!",
    "ocppj.rpc!": "ocppj!",
    "ocppj.sampler!": "ocppj!",
    "ocppj.v16.status!": "ocppj!",
    "tasks.csms!": "tasks!",
    "tasks.console!": "tasks!",
    "tasks.upkeep!": "tasks!",
}

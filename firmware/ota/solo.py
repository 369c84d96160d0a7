"""How does an update come where the heap has no room for it beside the station?

ocppj/transfer.py writes state "f" into the record "update" and restarts the station when nobody
charges. Then this runs in the station's place, with all outputs off, a part at each start:

    f   network, clock, download into its folder; what is to be judged goes into the record "proof"
    v   the signatures, with nothing else in memory

What came of it goes into the record, and the station starts again: "g", all of it lies there and
is right; else "!" with the kind of the refusal and its text. Each start is counted in the record
before its part begins, so a crash in it, a bite of the watchdog or a power cut is an attempt.
"""

import asyncio

import lazy
import record
from core import log, restart
from core.clock import board_clock
from core.journal import FileStore

_PAUSE = 3  # fields of the record
_ATTEMPTS = 2
_STATE = 4
_STARTS = 3  # for the signatures
_DOG_MS = 120000
_LONGEST_S = 1800  # a download
_NETWORK_S = 180


def run(app):
    """Nothing, or a part of it and then a restart."""
    store = FileStore("journal")
    fields = record.unpack(store.read("update"))
    state = fields[_STATE] if fields else ""
    if state != "f" and state != "v":
        return
    if fields[_ATTEMPTS] <= 0:
        _write(store, fields, "! it never came to its end")
        return
    fields[_ATTEMPTS] -= 1
    _write(store, fields, state)
    app.store = store
    app.log = log.get
    say = app.log("OTA").info
    say("alone, %s: %d more starts", state, fields[_ATTEMPTS])
    state = asyncio.run(_part(app, fields, state))
    say("alone: %s", state)
    _write(store, fields, state)
    if state != "v":
        store.delete("proof")
    restart.Restart(store).note("Soft: Reboot")
    restart.reboot("Soft")


def _write(store, fields, state):
    fields[_STATE] = state[:200]
    store.write("update", record.pack(fields))


async def _part(app, fields, state):
    """What the record says next."""
    from drivers import wdt

    app.dog = wdt.open(_DOG_MS, app.store.path + "/dog")
    feeding = asyncio.create_task(_feed(app.dog))
    try:
        if state == "v":
            return await _judge(app, fields)
        return await asyncio.wait_for(_fetch(app, fields), _LONGEST_S)
    except ValueError as e:
        return "!%s %s" % (getattr(e, "kind", ""), e)
    except (OSError, asyncio.TimeoutError, MemoryError) as e:
        why = repr(e) if isinstance(e, MemoryError) else str(e) or "no answer in time"
        app.log("OTA").warn("alone: %s", why)
        if not fields[_ATTEMPTS]:
            return "! " + why
        await asyncio.sleep(max(fields[_PAUSE], 0))
        return state
    finally:
        feeding.cancel()


async def _feed(dog):
    while True:
        dog.feed()
        await asyncio.sleep(1)


async def _judge(app, fields):
    now, _, proof = (app.store.read("proof") or b"").partition(b"\n")
    if len(proof) < 66:
        raise ValueError("what is to be judged is lost")
    await lazy.load("ota.signer").late(app, proof, int(now) or None, len(fields) > 5)
    if fields[_PAUSE] >= 0:
        return "g"
    import board  # nobody waits for the end of this: no central system

    app.board = board
    lazy.load("ota.place").Update(app).install()
    return "I"


async def _fetch(app, fields):
    import board

    from core.config import Config
    from ocppj.v16 import keys as ocpp_keys
    from station import keys as station_keys

    app.board = board
    app.clock = log.clock = board_clock(app.store, _ignored)
    app.config = Config("config.json", (station_keys.KEYS, ocpp_keys.KEYS), _ignored)
    job = _Job()
    app.station = app.supervisor = job
    if getattr(board, "NET", None):
        from net.link import Link

        app.link = Link(app, *board.NET)
        asyncio.create_task(app.link.keep())
        for _ in range(_NETWORK_S):
            if app.link.ready(True):
                break
            await asyncio.sleep(1)
    place = lazy.load("ota.place").Update(app)
    place.later = True
    await place.make_room()
    await lazy.load("net.files").get(fields[0], place, job, place.most())
    place.end()
    app.store.write("proof", b"%d\n" % (app.clock.wall() or app.clock.floor) + place.proof())
    fields[_ATTEMPTS] = _STARTS
    if not app.config.get("CsmsUrl"):
        fields[_PAUSE] = -1
    return "v"


def _ignored(topic, value):
    pass


class _Job:
    """What net/ takes for the job, the station and its supervisor."""

    over = False
    mark = None
    have = 0
    connectors = ()

    def beat(self, name):
        """A task lives."""

    def reset(self, kind, reason):
        """The network's last resort."""
        restart.reboot(kind)

"""Console: ring. Who owns which slot, what may each gun draw, and why no more?"""

import json

import lazy
from planner import planner

_NOBODY = 255


def ring(app, args, session):
    """Slots, islands, power and its limit of every gun; `--json` for programs (docs/plc.md)."""
    hall = app.station.hall
    if args and args != ["--json"]:
        raise ValueError("expected nothing or --json, got '%s'" % " ".join(args))
    if not hall:
        yield json.dumps(None) if args else "this station has no ring of shared modules"
        return
    data = facts(hall)
    if args:
        yield json.dumps(data)
        return
    yield "grid %d W, %d W drawn" % (data["grid_w"], sum([g["measured_w"] for g in data["guns"]]))
    for slot in data["slots"]:
        yield "slot %d: %s, modules %s, %s; tie to the next %s" % (
            slot["id"],
            "gun %d" % slot["owner"] if slot["owner"] else "idle",
            " ".join([str(m["id"]) + ("+" if m["on"] else "") for m in slot["modules"]]),
            "contactor " + slot["mn"],
            slot["tie"],
        )
    for gun in data["guns"]:
        yield "gun %d: %s, %d W of %d W (%s), slots %s%s" % (
            gun["id"],
            "closed" if gun["contactor"] == "closed" else gun["contactor"],
            gun["measured_w"],
            gun["granted_w"],
            gun["source"] or "-",
            " ".join([str(s) for s in gun["island"]]) or "-",
            "; waits: " + gun["waits"] if gun["waits"] else "",
        )


def facts(hall) -> dict:
    """What `ring --json` answers; ids count from 1."""
    d = hall.d
    seq = d.seq
    waits = lazy.once("station.waits")
    slots = []
    for s in range(d.ring.slots):
        owner = seq.owner[s]
        slots.append(
            {
                "id": s + 1,
                "owner": None if owner == _NOBODY else owner + 1,
                "tie": _state(seq.ties, s),
                "mn": _state(seq.mns, s),
                "modules": [_module(hall, m) for m in range(d.ring.first[s], d.ring.first[s + 1])],
            }
        )
    return {
        "grid_w": d.grid_w,
        "capacity_w": sum([w * h // 1000 for w, h in zip(d.ring.rated_w, d.health_pm)]),
        "slots": slots,
        "guns": [_gun(hall, g, waits) for g in range(len(hall.links))],
    }


def _module(hall, m):
    d = hall.d
    trouble = ""
    if d.volts_dv[m] < 0 or d.amps_da[m] < 0:
        trouble = "silent"
    elif hall.modules.severe[m]:
        trouble = "alarm"
    elif d.health_pm[m] < 1000:
        trouble = "hot"
    return {
        "id": m + 1,
        "on": bool(d.on[m]),
        "set_v": d.set_dv[m] / 10,
        "set_a": d.set_da[m] / 10,
        "voltage_v": d.volts_dv[m] / 10,
        "current_a": max(d.amps_da[m], -1) / 10,  # what a silent one was told stands below
        "health": d.health_pm[m] / 1000,
        "hours": d.ring.hours[m],
        "trouble": trouble,
    }


def _gun(hall, g, waits):
    d = hall.d
    seq = d.seq
    path = hall.paths[g]
    return {
        "id": g + 1,
        "contactor": _state(seq.guns, g),
        "island": [s + 1 for s in range(d.ring.slots) if seq.feeds[s] == g],
        "wants_w": d.demand(g),
        "granted_w": d.granted_w[g],
        "measured_w": d.measured_w[g],
        "source": planner.SOURCES[d.source[g]],
        "limit": path.connector.limits.source,
        "denied": waits.DENIED[d.denied[g]],
        "waits": waits.why(hall, g),
    }


def _state(bank, i):
    if bank.fault[i]:
        return "welded" if bank.fault[i] & 1 else "stuck"
    if bank.fb[i] == 2:
        return "unknown"
    if bank.fb[i] != bank.cmd[i]:
        return "closing" if bank.cmd[i] else "opening"
    return "closed" if bank.fb[i] else "open"

"""How does the planner's answer read in JSON?"""

REASONS = (
    "",
    "its home slot is blocked",
    "its floor is above its demand",
    "the grid's limit does not leave it its floor",
    "it cannot be served even alone: ties, pins or modules of its slots",
    "there is no place for it beside the guns of better rank",
)
SOURCES = ("", "demand", "module", "floor", "grid")  # lib/planner/planner.py


def plan(found: dict, names: dict) -> dict:
    """The plan by ids and whole watts."""
    guns, modules = names["guns"], names["modules"]
    admitted = [i for i, flag in enumerate(found["admitted"]) if flag]
    power = {i: found["power"][i] // names["scale"] for i in admitted}
    feeds = {i: [] for i in admitted}
    for module, gun in zip(modules, found["carrier"], strict=True):
        if gun >= 0:
            feeds[gun].append(module)
    return {
        "ok": True,
        "admitted": [guns[i] for i in admitted],
        "denied": {
            str(guns[i]): REASONS[reason] for i, reason in enumerate(found["denied"]) if reason
        },
        "owner": [None if gun < 0 else guns[gun] for gun in found["owner"]],
        "power_w": {str(guns[i]): power[i] for i in admitted},
        "modules": {str(guns[i]): sorted(feeds[i]) for i in admitted},
        "limit": {str(guns[i]): [power[i], SOURCES[found["source"][i]]] for i in admitted},
    }

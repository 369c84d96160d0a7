"""Which tests have to notice a mistake in which file? For the mutation check (mutants.py)."""

_ORACLE = "test_planner_oracle.py::test_"
PLANS = (
    "test_planner_fill.py",
    "test_planner_scenarios.py",
    "test_planner_kept.py",
    "test_planner_steps.py",
    "test_planner_extremes.py",
    _ORACLE + "the_dp_is_as_fair_as_trying_every_split_of_twelve_slots",
    _ORACLE + "planning_again_from_the_result_changes_nothing",
)
RING = (
    "test_tie_conditions.py",
    "test_dispatch_scenarios.py",
    "test_dc_scenarios.py",
    "test_dc_station.py",
    "test_dispatch_chaos.py",
)
DC = ("test_plc_link.py", "test_dc_scenarios.py", "test_dc_station.py", "test_dc_ocpp.py")
SINGLE = (
    *(
        f"test_station_{name}.py"
        for name in "session limits meter cable trips weld events weaknesses".split()
    ),
    *(f"test_station_{name}.py" for name in "reload faults waits".split()),
    *(
        f"test_v16_{name}.py"
        for name in "authorise status reservation reservation_ends unlock changes".split()
    ),
)
TESTS = {
    "lib/planner/": PLANS,
    **{f"lib/planner/{name}.py": RING for name in "bank deal dispatch parts sequence".split()},
    "lib/station/": SINGLE,
    **{
        f"lib/station/{name}.py": DC
        for name in "hall module_bus path_plc plc_io plc_keys plc_link watch_plc wear".split()
    },
}


def prepare() -> None:
    """What tests compute without the code that is checked: once for all mistakes."""
    import planner_exact_oracle

    for seed in range(500):
        planner_exact_oracle.edge(seed)


def tests_of(path: str) -> tuple[str, ...]:
    """The tests of a file: those of the longest beginning of its path."""
    return TESTS[max((start for start in TESTS if path.startswith(start)), key=len)]


def files(root) -> list[str]:
    """Every file that is checked."""
    found = []
    for folder in ("lib/planner", "lib/station"):
        for file in sorted((root / folder).glob("*.py")):
            path = f"{folder}/{file.name}"
            if any(path.startswith(start) for start in TESTS) and file.read_text().strip():
                found.append(path)
    return found

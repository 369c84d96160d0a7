"""Does tools/plan.py answer every line, as other programs rely on it?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import planner_problems as problems
from planner import planner
from planner_world import plan
from station import waits
from tools.plans import answer, problem

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "tools" / "plan.py"


def asked(**facts):
    """A small problem with `facts` in it; a fact of None is taken out."""
    one = {
        "slots": 3,
        "modules": [{"id": i + 1, "slot": i, "power_w": 30000} for i in range(3)],
        "guns": [{"id": 1, "home": 0, "demand_w": 60000}],
    } | facts
    return {key: value for key, value in one.items() if value is not None}


def run(lines, *options, python=sys.executable):
    """The answers, and the process."""
    done = subprocess.run(
        [python, str(TOOL), *options],
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        cwd="/",
        timeout=240,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done


def test_the_answer_is_what_the_interface_says():
    answers, done = run([json.dumps(asked(grid_w=90000))])
    assert (done.returncode, done.stderr) == (0, "")
    assert answers == [
        {
            "ok": True,
            "admitted": [1],
            "denied": {},
            "owner": [1, None, 1],
            "power_w": {"1": 60000},
            "modules": {"1": [1, 3]},
            "limit": {"1": [60000, "demand"]},
        }
    ]


def test_a_bad_line_is_answered_and_does_not_stop_the_next():
    good = json.dumps(asked())
    answers, done = run([good, "{", "", "[]", good, '{"slots": 3, "guns": [{}]}', good])
    assert done.returncode == 0
    assert [answer["ok"] for answer in answers] == [True, False, False, False, True, False, True]
    assert answers[5] == {"ok": False, "error": "guns[0].id: it is missing"}


def test_no_problem_at_all_is_no_error():
    answers, done = run([])
    assert (answers, done.returncode) == ([], 0)


def test_each_answer_is_there_before_the_next_problem_is_asked():
    with subprocess.Popen(
        [sys.executable, str(TOOL)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for demand in (10000, 20000):
            line = json.dumps(asked(guns=[{"id": 7, "home": 1, "demand_w": demand}]))
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["power_w"] == {"7": demand}
        process.stdin.close()
        assert process.wait(10) == 0


def test_any_python_may_start_it():
    answers, done = run([json.dumps(asked())], python="/usr/bin/python3")
    assert done.returncode == 0
    assert answers[0]["ok"]


@pytest.mark.parametrize("solver", ["exact", "dp"])
def test_micropython_gives_the_same_plans(solver):
    wanted = [problems.make(seed) for seed in range(60)]
    wanted += [problems.make(seed, count=12) for seed in range(20)]
    lines = [json.dumps(one) for one in wanted]
    lines.insert(30, "no json")
    answers, done = run(lines, "--on", "micropython", "--solver", solver)
    assert done.returncode == 0
    assert answers.pop(30)["ok"] is False
    assert answers == [plan(one, solver == "exact") for one in wanted]


def test_an_unknown_option_is_refused():
    _, done = run([], "--solver", "magic")
    assert done.returncode == 2
    assert "--solver" in done.stderr


MODULE = {"id": 1, "slot": 0, "power_w": 30000}
GUN = {"id": 1, "home": 0, "demand_w": 60000}


@pytest.mark.parametrize(
    "facts, error",
    [
        ({"slots": None}, "slots: it is missing"),
        ({"slots": 0}, "slots: it has to be a whole number from 1 to 64"),
        ({"slots": 65}, "slots: it has to be a whole number from 1 to 64"),
        ({"slots": True}, "slots: it has to be a whole number"),
        ({"slots": 2.5}, "slots: it has to be a whole number"),
        ({"modules": {}}, "modules: it has to be a list"),
        ({"modules": [3]}, "modules[0]: it has to be an object"),
        ({"modules": [MODULE, {"id": 2, "slot": 0}]}, "modules[1].power_w: it is missing"),
        ({"modules": [{"power_w": 1}, MODULE]}, "modules[1].id: 1 is there twice"),
        ({"guns": {}}, "guns: it has to be a list"),
        ({"grid_w": 10**18 + 1}, "grid_w: it may be at most"),
        ({"modules": [MODULE, MODULE]}, "modules[1].id: 1 is there twice"),
        ({"modules": [MODULE | {"slot": 3}]}, "modules[0].slot: it has to be a whole number"),
        ({"modules": [MODULE | {"power_w": "1"}]}, "modules[0].power_w: it has to be a number"),
        ({"modules": [MODULE | {"power_w": -1}]}, "modules[0].power_w: it has to be at least 0"),
        ({"modules": [MODULE | {"derate": 1.01}]}, "modules[0].derate: it may be at most 1"),
        ({"modules": [MODULE | {"healthy": 1}]}, "modules[0].healthy: it has to be true or false"),
        ({"guns": [{"id": 1, "demand_w": 1}]}, "guns[0].home: it is missing"),
        ({"guns": [GUN, GUN | {"id": 2}]}, "guns[1].home: slot 0 is already that of gun 1"),
        ({"guns": [GUN | {"weight": 0}]}, "guns[0].weight: it has to be above 0"),
        ({"guns": [GUN | {"min_w": -1}]}, "guns[0].min_w: it has to be at least 0"),
        ({"guns": [GUN | {"demand_w": None}]}, "guns[0].demand_w: it has to be a number"),
        ({"grid_w": -1}, "grid_w: it has to be at least 0"),
        ({"grid_w": "9"}, "grid_w: it has to be a number"),
        ({"tie_closed": [3]}, "tie_closed[0]: it has to be a whole number from 0 to 2"),
        ({"tie_open": [0, -1]}, "tie_open[1]: it has to be"),
        ({"blocked": 1}, "blocked: it has to be a list"),
        ({"pins": {"3": 1}}, "pins.3: the key has to be a slot from 0 to 2"),
        ({"pins": {"1": "1"}}, "pins.1: it has to be a whole number"),
        ({"previous": [None]}, "previous: it has to be a list of 3 entries"),
        ({"previous": [None, None, 1.5]}, "previous[2]: it has to be a whole number"),
        ({"radius": -1}, "radius: it has to be a whole number"),
        ({"max_modules": 1.5}, "max_modules: it has to be a whole number"),
    ],
)
def test_an_error_names_the_key(facts, error):
    with pytest.raises(problem.ProblemError) as caught:
        plan(asked(**facts))
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", "-1e-400000", "1e999999999"])
def test_a_number_that_is_none_is_refused_at_once(text):
    line = json.dumps(asked()).replace("60000", text)
    with pytest.raises(problem.ProblemError):
        problem.check(problem.read(line), None)


def test_numbers_mean_what_is_written():
    # 0.57 is no binary fraction: as a float 0.57 * 30000 is 17099.999...
    module = MODULE | {"derate": 0.57}
    assert plan(asked(modules=[module]))["power_w"] == {"1": 17100}
    # Demands and the grid are rounded down, floors up.
    assert plan(asked(guns=[GUN | {"demand_w": 999.9}]))["power_w"] == {"1": 999}
    assert plan(asked(grid_w=999.9))["power_w"] == {"1": 999}
    assert plan(asked(guns=[GUN | {"demand_w": 9, "min_w": 8.1}], grid_w=9))["admitted"] == [1]
    assert plan(asked(guns=[GUN | {"demand_w": 9, "min_w": 8.1}], grid_w=8.5))["admitted"] == []


def test_three_thirds_are_rounded_once():
    thirds = [MODULE | {"id": i, "power_w": 1000, "derate": 0.3335} for i in range(3)]
    assert plan(asked(modules=thirds))["power_w"] == {"1": 1000}


def test_weights_may_be_fractions():
    guns = [GUN | {"weight": 0.5}, {"id": 2, "home": 1, "demand_w": 60000, "weight": 1.5}]
    assert plan(asked(guns=guns, grid_w=20000))["power_w"] == {"1": 5000, "2": 15000}


def test_pins_and_owners_of_guns_that_are_not_there_do_not_matter():
    facts = {"pins": {"1": 9}, "previous": [9, 9, None]}
    assert plan(asked(**facts))["admitted"] == [1]


def test_null_is_the_default():
    guns = [GUN | {"weight": None, "rank": None, "voltage_v": None, "min_w": None}]
    unknown = ("max_current_a", "derate", "v_max", "healthy", "on", "slot", "id")
    modules = [MODULE | dict.fromkeys(unknown)]
    facts = dict.fromkeys("grid_w tie_closed blocked pins radius max_modules previous".split())
    line = json.dumps(asked(modules=modules, guns=guns) | facts)
    numbers = problem.check(problem.read(line), None)
    assert numbers == problem.check(asked(modules=[MODULE], guns=[GUN]), None)


def test_only_a_few_keys_are_required():
    # Only a module's power_w, slots, and a gun's id, home and demand_w are required.
    nothing = {"admitted": [], "denied": {}, "power_w": {}, "modules": {}, "limit": {}}
    assert plan({"slots": 3}) == {"ok": True, "owner": [None] * 3} | nothing
    small = {"slots": 1, "modules": [{"power_w": 30000}], "guns": [GUN]}
    assert plan(small)["modules"] == {"1": [1]}
    assert plan(small)["limit"] == {"1": [30000, "module"]}
    assert plan({"slots": 2, "guns": [GUN]})["limit"] == {"1": [0, "module"]}


@pytest.mark.parametrize("much", [10**12, 1e15, 10**18])
def test_a_very_large_number_means_no_limit(much):
    assert plan(asked(grid_w=much)) == plan(asked())
    guns = [GUN | {"demand_w": much, "weight": much, "rank": much}]
    assert plan(asked(guns=guns, grid_w=much))["limit"] == {"1": [90000, "module"]}


def test_modules_run_for_the_whole_watts_that_are_answered():
    # Two thirds of 45,001 W are 30,000.67 W; the 30,000 W of the answer take one module.
    guns = [GUN | {"weight": 2}, {"id": 2, "home": 1, "demand_w": 60000}]
    modules = [{"slot": s, "power_w": 30000} for s in (0, 0, 1)]
    found = plan(asked(guns=guns, modules=modules, grid_w=45001))
    assert found["power_w"] == {"1": 30000, "2": 15000}
    assert found["modules"] == {"1": [1], "2": [3]}


def test_trying_everything_ends_at_24_slots():
    assert plan(asked(slots=24), True)["admitted"] == [1]
    with pytest.raises(problem.ProblemError, match="slots: --solver exact takes at most 24"):
        plan(asked(slots=25), True)
    assert plan(asked(slots=64), False) == plan(asked(slots=64))


def test_a_key_that_nobody_knows_does_not_matter():
    assert plan(asked(note="x")) == plan(asked())


def test_the_reasons_are_the_words_of_the_console():
    """tools/plan.py knows nothing of lib/ until it plans, so it has them a second time."""
    assert answer.REASONS == waits.DENIED
    assert answer.SOURCES == planner.SOURCES

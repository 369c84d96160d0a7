"""Do the tests notice small mistakes in the planner and the station? The mutation check, sampled.

docs/mutation.md has the figures of the whole check (`make mutants`).
"""

import ast
import subprocess
import sys
from collections import Counter

import pytest

import mutants
import mutation
import mutation_tests

SOURCE = '''"""A docstring is no code."""
def f(a, b):
    work = 0
    while a < b and not work:
        a += 2
        if a & 1:
            yield
    return a - -b
'''


def texts(source):
    return [mutation.mistake(source, place)[1] for place in mutation.places(source)]


def test_every_operator_makes_its_mistakes():
    assert Counter(texts(SOURCE)) == Counter(
        [
            "4: `a < b and (not work)` becomes `a < b or not work`",
            "4: `while a < b and (not work):` becomes `while not (a < b and (not work)):`",
            "4: `a < b` becomes `a <= b`",
            "4: `a < b` becomes `a >= b`",
            "4: `not work` becomes `not not work`",
            "5: `a += 2` becomes `a -= 2`",
            "5: `a += 2` becomes `pass`",
            "5: `2` becomes `3`",
            "5: `2` becomes `1`",
            "8: `return a - -b` becomes `return None`",
            "8: `a - -b` becomes `a + -b`",
            "8: `-b` becomes `+b`",
        ]
    )


def test_a_mistake_is_code_that_differs_and_every_file_has_tests():
    for path in mutation_tests.files(mutants.ROOT):
        source = (mutants.ROOT / path).read_text()
        whole = ast.unparse(ast.parse(source))
        for place in mutation.places(source)[::199]:
            tree, _ = mutation.mistake(source, place)
            compile(tree, path, "exec")
            assert ast.unparse(tree) != whole
        for name in mutation_tests.tests_of(path):
            assert (mutants.ROOT / "tests_host" / name.partition("::")[0]).exists()


@pytest.mark.long
def test_most_mistakes_in_the_planner_are_noticed():
    # Of a few mistakes more may be none at all than of many: the whole check wants 90 percent.
    files = [f"planner/{name}.py" for name in "admit fill layout refuse ring split".split()]
    done = subprocess.run(
        [sys.executable, mutants.__file__, "--sample", "6", "--wanted", "70", *files],
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-1000:]

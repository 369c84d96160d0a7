"""Does the page of memory by module list what the build keeps in memory?"""

from tools import docs_memory
from tools.link import plan


def test_the_page_lists_every_module_of_the_build_the_largest_first():
    text = docs_memory.page({"mpy": {"lazy": 30, "main": 70}, "frozen": {"main": 5, "names": 1}})
    assert docs_memory.missing(text) == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and "module" not in line]
    assert rows[:3] == ["| main | 70 | 5 |", "| lazy | 30 | 0 |", "| names | 0 | 1 |"]
    assert rows[-1] == "| **all** | 100 | 6 |"


def test_a_module_that_is_not_listed_is_named():
    text = docs_memory.page({"mpy": {}, "frozen": {}}).replace("| core.log | 0 | 0 |\n", "")
    assert docs_memory.missing(text) == ["core.log"] and "core.log" in plan.JOINED


def test_the_page_of_the_repository_is_complete(capsys):
    assert docs_memory.main(["--check"]) == 0, capsys.readouterr().out

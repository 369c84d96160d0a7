"""Does every file, and every function, still fit a reader's head?

A file has at most 350 lines, a function at most 60, its docstring included. Generated files are
exempt: nobody reads them.
"""

import ast
from pathlib import Path

from tools.check import python_files
from tools.check.generated import generator_of

FILE_LINES = 350
FUNCTION_LINES = 60


def problems(root: Path) -> list[str]:
    """One line for each file and function that is too long."""
    found = []
    for path in python_files(root):
        source = path.read_text()
        if generator_of(source):
            continue
        where = path.relative_to(root)
        lines = len(source.splitlines())
        if lines > FILE_LINES:
            found.append(f"{where}: {lines} lines; at most {FILE_LINES}: split it by question")
        for node in ast.walk(ast.parse(source, filename=str(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES:
                    found.append(
                        f"{where}:{node.lineno}: {node.name} has {length} lines; "
                        f"at most {FUNCTION_LINES}"
                    )
    return found

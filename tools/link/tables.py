"""Which tables of bytes stay on flash, where do they lie, and what stands in their place?

`KEYS = (b".." b"..")` of a module of plan.TABLES becomes `KEYS = Table(start, size)`
(firmware/core/table.py); the bytes go into one file beside the modules.
"""

import ast

from tools.link import plan
from tools.link.program import LinkError

NAME = "galvani.tab"
READER = "core.tablefile"  # which looks for the file beside itself


def take(texts: dict[str, str], names: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """(the texts without their tables, the file). texts, names: as of linker.link."""
    out = dict(texts)
    data = b""
    for path in sorted(texts):
        if names[path] not in plan.TABLES:
            continue
        tree = ast.parse(texts[path])
        for node in tree.body:
            value = getattr(node, "value", None)
            if not isinstance(node, ast.Assign) or not isinstance(value, ast.Constant):
                continue
            if isinstance(value.value, bytes):
                place = f"Table({len(data)}, {len(value.value)})"
                node.value = ast.copy_location(ast.parse(place, mode="eval").body, value)
                data += value.value
        tree.body.insert(0, ast.parse("from core.table import Table").body[0])
        out[path] = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return out, data


def place(path: str) -> str:
    """Where the file lies, by the path of the module that reads it."""
    folder, _, _ = path.rpartition("/")
    if not folder:
        raise LinkError(f"{path}: {NAME} needs a folder")
    return f"{folder}/{NAME}"

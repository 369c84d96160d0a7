"""Does every relative link in the documents lead somewhere?

Files and folders only; addresses on the web and anchors within a page are not followed.
"""

import re
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
SKIPPED = {".venv", "build", "node_modules", ".git", ".pytest_cache"}


def problems(root: Path) -> list[str]:
    """One line for each dead link."""
    found = []
    for path in sorted(root.rglob("*.md")):
        if SKIPPED & set(path.relative_to(root).parts):
            continue
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        for target in LINK.findall(text):
            file = target.split("#")[0]
            if file and "://" not in file and not file.startswith("mailto:"):
                if not (path.parent / file).exists():
                    found.append(f"{path.relative_to(root)}: dead link {target}")
    return found

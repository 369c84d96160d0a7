"""Importing this lets a mt_*.py file import the world of tests_host/."""

import sys

for _entry in list(sys.path):
    if _entry.endswith("/tests_host/mpy"):
        sys.path.append(_entry[: -len("/mpy")])

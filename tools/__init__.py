"""What runs on the host: CPython 3.11+, imported from the repository's root as `tools.x`."""

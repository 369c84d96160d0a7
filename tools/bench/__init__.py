"""Which figures decide this project, and does it meet them? `make bench`.

    python -m tools.bench [--only PATTERN] [--list] [--table] [--strict]

One file a group of figures, one small function a measurement; limits.py holds every limit.
Everything is measured on the 32-bit Unix port with single-precision floats: object sizes and
arithmetic of the chip. What runs inside MicroPython lies in device/.
"""

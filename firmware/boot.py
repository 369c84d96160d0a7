"""What must be true before anything else runs? Every output off. Nothing else happens here."""

try:
    import board

    for _pin in getattr(board, "OUTPUT_PINS", ()):
        from machine import Pin

        Pin(_pin, Pin.OUT, value=0)
except Exception as e:  # a board file with a fault must not keep the REPL from the user
    import sys

    sys.print_exception(e)

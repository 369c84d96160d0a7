"""What must be true before anything else runs? Every output off. Nothing else happens here.

board.OUTPUT_PINS: a number is a pin that is active high, `~number` one that is active low.
"""

try:
    import board

    for _pin in getattr(board, "OUTPUT_PINS", ()):
        from machine import Pin

        Pin(_pin if _pin >= 0 else ~_pin, Pin.OUT, value=int(_pin < 0))
except Exception as e:  # a board file with a fault must not keep the REPL from the user
    import sys

    sys.print_exception(e)

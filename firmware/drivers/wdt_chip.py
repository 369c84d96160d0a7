"""How is the chip's watchdog fed, and for a person at the REPL put off?"""

import machine


class ChipDog:
    """feed() or the chip resets after timeout_ms."""

    def __init__(self, timeout_ms: int):
        self._full = timeout_ms
        self.wait(0)

    def wait(self, timeout_ms: int):
        """The next feed may take that long; 0: the usual time again. The ESP32 allows it."""
        self.feed = machine.WDT(timeout=timeout_ms or self._full).feed

    def stop(self):
        """For the REPL: the dog cannot be stopped; an hour later the station comes back."""
        self.wait(3600000)

"""What stands for a watchdog that is switched off?"""


class NoDog:
    """A watchdog that is switched off (file `nowdt`)."""

    def feed(self):
        """Nothing to feed."""

    def wait(self, timeout_ms: int):
        """Nothing to wait for."""

    def stop(self):
        """Nothing to stop."""

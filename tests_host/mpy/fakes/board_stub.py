"""A board, a charge point and a CAN bus for the console's tests: just what commands look at."""

NAME = "TEST"
UPDATE = ""
CONSOLE_PORT = 0
linked = True
registration = "Accepted"
journal_full = False


class Bus:
    """A CAN driver that has seen one receive error."""

    tap = None

    def state(self):
        """STATE_ACTIVE."""
        return 1

    def get_counters(self, out=None):
        """As machine.CAN."""
        return [0, 1, 0, 0, 0, 0, 0, 0]


alarms = []


def alarm(name, info=""):
    """Of the charge point: a security event."""
    alarms.append(name)

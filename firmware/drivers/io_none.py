"""What are the inputs of a board that has none? Absent, which is not the same as off.

Every input may be missing (design: board data); the station then takes the plug from the
battery's own frames and says so in its status. Outputs go nowhere.
"""


class NoIO:
    """Inputs that do not exist (None), outputs without effect."""

    alive = True

    def plug(self, cid):
        """No plug input."""

    def estop(self):
        """No emergency stop loop."""

    def lock(self, cid):
        """No lock feedback."""

    def contactor(self, cid, on):
        """No contactor output."""

    def lock_set(self, cid, on):
        """No lock."""

    def next_tag(self):
        """No reader: there is never a card."""

    def next_button(self):
        """No buttons."""


def open(params, connectors):
    """The inputs and outputs of a board without any."""
    return NoIO()

"""Where do plug, lock and cards of a station with PLCs come from? From the PLCs; the rest from
the board.
"""


class PlcIo:
    """Inputs and outputs as connector.py asks for them. hall: the guns; board: the board's own."""

    def __init__(self, hall, board):
        self.hall = hall
        self.board = board

    def plug(self, cid):
        """Is the plug in a vehicle? None before its PLC was heard."""
        return self.hall.paths[cid - 1].plugged()

    def lock(self, cid):
        """Is the connector locked? None while unknown."""
        return self.hall.paths[cid - 1].locked()

    def lock_set(self, cid, on):
        """The PLC is told in each step (PlcPath.step)."""

    def estop(self):
        """Is the emergency stop pressed? Asked each step: without a detour."""
        return self.board.estop()

    @property
    def alive(self):
        """Are the board's own inputs there?"""
        return self.board.alive

    def contactor(self, cid, on):
        """The PLC has the contactor."""

    def next_tag(self):
        """The oldest card or vehicle: (connector, token[, source]), or None."""
        tags = self.hall.tags
        return tags.pop(0) if tags else self.board.next_tag()

    def __getattr__(self, name):
        """run, next_button, led .. are the board's."""
        return getattr(self.board, name)

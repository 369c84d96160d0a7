"""How does the host work on a board at a serial port? tools/deploy.py has the commands."""


class BoardError(Exception):
    """It did not work; the text says why and what to do."""

"""Who keeps the network up? One loop, net/link.py; boards without NET have no such task."""

import lazy
from net.link import Link


def make(app):
    """The Link of this board (app.link; None where the system has a network of its own)."""
    app.config.guards.append(_guard)
    app.link = Link(app, *app.board.NET)


def _guard(key, value):
    if key == "NetAddress":
        return lazy.call("net.fixed", "wrong", value)


async def run(app):
    """Join and watch, for ever; beats `link`."""
    link = app.link
    link.address = None
    await link.keep()

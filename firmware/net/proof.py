"""The connection to the central system stands: what does that prove, and what waited for it?

Imported when a connection was made and forgotten at once.
"""

from core.journal import FileStore


def good(app, profile, seen):
    """The connection stands: what it proves, and what waited for it (A05.FR.07, M05.FR.12)."""
    cp = app.cp
    cp.failures = 0
    if cp.store.read("profile"):
        cp.lazy("ocppj.v16.secured").connected(cp)
    cp.root = seen[0] if seen else None
    cp.shown = None
    files = cp.certs or FileStore("certs")
    if profile == 3:
        from security import shelf

        cp.shown = shelf.own(files, app.clock.wall())[0]
    if seen and [name for name in files.names() if name.startswith("csmsold")]:
        from security import store

        store.confirm(files, seen[0])
    if profile == 3 or seen:
        import security

        security.forget()

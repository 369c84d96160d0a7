"""How does a program without an event loop use a central system?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .central import CentralSystem
from .events import CallRecord


class CentralThread:
    """A CentralSystem in a thread of its own, with plain methods.

        with CentralThread(accept_all=True) as csms:
            start(csms.ws_url)
            csms.wait_for("BootNotification", timeout=10)
            assert csms.call("X", "Reset", {"type": "Soft"}) == {"status": "Accepted"}

    What is not wrapped here: `csms.run(csms.central.cards.put("A1"))`.
    """

    def __init__(self, **options):
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="csms", daemon=True)
        self.central: CentralSystem | None = None

    def __enter__(self) -> CentralThread:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        """Start the thread and listen."""
        self._thread.start()

        async def build() -> CentralSystem:
            central = CentralSystem(**self._options)
            await central.start()
            return central

        try:
            self.central = self.run(build())
        except BaseException:
            self._end_loop()
            raise

    def stop(self) -> None:
        """Stop the central system and the thread."""
        if self.central is not None:
            self.run(self.central.stop())
            self.central = None
        self._end_loop()

    def _end_loop(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def submit(self, coroutine) -> Future:
        """Start a coroutine in the central system's loop; answers a future."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine) -> Any:
        """Run a coroutine there and wait for its result."""
        return self.submit(coroutine).result()

    @property
    def ws_url(self) -> str:
        """As CentralSystem.ws_url."""
        return self.central.ws_url

    @property
    def http_url(self) -> str:
        """As CentralSystem.http_url."""
        return self.central.http_url

    def connected(self, station_id: str) -> bool:
        """As CentralSystem.connected."""
        return self.central.connected(station_id)

    def mark(self) -> int:
        """As CentralSystem.mark."""
        return self.central.mark()

    def call(
        self,
        station_id: str,
        action: str,
        payload: dict | None = None,
        timeout: float | None = None,
        validate: bool = True,
    ) -> dict:
        """As CentralSystem.call."""
        return self.run(self.central.call(station_id, action, payload, timeout, validate))

    def wait_for(
        self,
        action: str,
        predicate: Callable[[dict], bool] | None = None,
        timeout: float = 30.0,
        station: str | None = None,
        after: int = 0,
    ) -> CallRecord:
        """As CentralSystem.wait_for."""
        return self.run(self.central.wait_for(action, predicate, timeout, station, after))

    def records(self, after: int = 0) -> list[CallRecord]:
        """Every answered CALL above a mark, oldest first."""
        return self.central.hub.records(after)

    def problems(self, station_id: str) -> list[str]:
        """What was wrong with the station's messages, newest first."""
        found = self.run(self.central.traffic.find(station_id, problems=True, limit=1000))
        return [f"{m.direction} {m.action}: {m.problem}" for m in found]

"""How do the parts make one central system, and how does another program drive it?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from . import calls, errors, rpc, schemas
from .cards import Cards
from .charges import Charges
from .events import CallRecord, Hub
from .link import NO_ANSWER, Link
from .live import Live
from .plant import Plants
from .settings import REGISTRATIONS, Clock, Settings
from .store import Store
from .traffic import Traffic
from .web import WebServer
from .ws import PATH, StationServer

log = logging.getLogger("csms")
Hook = Callable[[CallRecord], Awaitable[None]]
Override = Callable[[str, dict], Awaitable[Any]]


class CentralSystem:
    """A central system inside this event loop.

    `CentralSystem(Settings(...))` or `CentralSystem(accept_all=True, ...)`; then `await start()`,
    `.ws_url`, `.http_url`, `await stop()`; or `async with`. Stations are driven by `call`, heard
    by `wait_for`, `on` and `hub`, and deceived, for tests, by `override`.
    """

    NO_ANSWER = NO_ANSWER

    def __init__(self, settings: Settings | None = None, **options):
        if settings is not None and options:
            raise TypeError("give a Settings or its fields, not both")
        self.settings = settings or Settings(**options)
        self.clock = Clock(self.settings.speed)
        self.hub = Hub()
        self.store = Store(self.settings.db)
        self.charges = Charges(self.store)
        self.cards = Cards(self.store, self.settings.accept_all, self.settings.concurrent)
        self.traffic = Traffic(self.store, self.hub, self.settings.messages_kept)
        self.live = Live()
        self.plants = Plants(self.hub)
        self.links: dict[str, Link] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._hooks: list[tuple[str | None, Hook]] = []
        self._overrides: dict[str, Override] = {}
        self._closing: set[asyncio.Task] = set()
        self._stations = StationServer(self)
        self._web = WebServer(self)

    async def __aenter__(self) -> CentralSystem:
        await self.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self.stop()

    @property
    def ws_url(self) -> str:
        """Where stations connect: this, `/` and their percent-encoded identity."""
        return f"ws://{self._shown_host()}:{self._stations.port}{PATH}"

    @property
    def http_url(self) -> str:
        """Where the page is; the API is at `/api` below it."""
        return f"http://{self._shown_host()}:{self._web.port}"

    def _shown_host(self) -> str:
        host = self.settings.host
        return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            host, f"[{host}]" if ":" in host else host
        )

    async def start(self) -> None:
        """Open the database and listen. Raises OSError if a port is taken."""
        await self.store.open()
        for id_tag in self.settings.cards:
            await self.cards.put(id_tag)
        await self.live.load(self.store, self.charges)
        self.traffic.start()
        try:
            if self.settings.http_port is not None:
                await self._web.start()
            await self._stations.start()
        except BaseException:
            await self.stop()
            raise
        for station_id, address in self.settings.plants.items():
            self.register_plant(station_id, address)

    async def stop(self) -> None:
        """Close every connection and the database; may be called twice."""
        await self._stations.stop()
        await self.plants.stop()
        self.hub.close()
        await self._web.stop()
        await self.traffic.stop()
        await self.store.close()

    # --- what another program does with stations

    def connected(self, station_id: str) -> bool:
        """Whether the station has an open connection."""
        return station_id in self.links

    async def call(
        self,
        station_id: str,
        action: str,
        payload: dict | None = None,
        timeout: float | None = None,
        validate: bool = True,
    ) -> dict:
        """Send a CALL and answer the station's result.

        Raises NotConnected; errors.CallError if our payload does not fit the schema (unless
        `validate` is off); CallFailed for its CALLERROR; CallTimeout; BadAnswer.
        """
        link = self.links.get(station_id)
        if link is None:
            raise errors.NotConnected(f"{station_id} is not connected")
        payload = {} if payload is None else payload
        if validate:
            if action not in schemas.to_station(link.version):
                raise errors.CallError(errors.NOT_SUPPORTED, f"{action} is not ours to send")
            schemas.check(link.version, action, payload)
        answer = await link.call(action, payload, timeout or self.settings.call_timeout_s)
        await calls.follow(self, station_id, action, answer)
        return answer

    async def send_raw(self, station_id: str, text: str) -> None:
        """Send any text to a station, for tests."""
        link = self.links.get(station_id)
        if link is None:
            raise errors.NotConnected(f"{station_id} is not connected")
        await link.send_text(text)

    def mark(self) -> int:
        """A point in the order of answered CALLs, for the `after` of `wait_for`."""
        return self.hub.seq

    async def wait_for(
        self,
        action: str,
        predicate: Callable[[dict], bool] | None = None,
        timeout: float = 30.0,
        station: str | None = None,
        after: int = 0,
    ) -> CallRecord:
        """The first CALL of that action, from any or one station, whose payload the predicate
        takes; one that came before counts, unless it came before `after`. TimeoutError if none
        comes in time (seconds)."""

        def fits(record: CallRecord) -> bool:
            return (
                record.action == action
                and station in (None, record.station_id)
                and (predicate is None or predicate(record.payload))
            )

        try:
            return await self.hub.wait_for(fits, timeout, after)
        except TimeoutError:
            raise TimeoutError(f"no {action} that fits in {timeout:g} s") from None

    async def wait_connected(self, station_id: str, timeout: float = 30.0) -> None:
        """Wait until the station has a connection; TimeoutError if it does not come."""
        subscription = self.hub.subscribe(station_id)
        try:
            async with asyncio.timeout(timeout):
                while station_id not in self.links:
                    await subscription.batch()
        finally:
            self.hub.unsubscribe(subscription)

    def on(self, action: str | None, hook: Hook) -> None:
        """Call `await hook(record)` after each answered CALL of an action (None: every)."""
        self._hooks.append((action, hook))

    def override(self, action: str, answer: Override | None) -> None:
        """Answer an action in another way, for tests: `await answer(station_id, payload)` gives
        the payload of the result, NO_ANSWER, or None (as usual); it may raise errors.CallError.
        None as `answer` ends it."""
        if answer is None:
            self._overrides.pop(action, None)
        else:
            self._overrides[action] = answer

    def override_of(self, action: str) -> Override | None:
        """The override of an action, if there is one."""
        return self._overrides.get(action)

    async def set_registration(self, station_id: str, status: str) -> bool:
        """What the station's next BootNotification is answered; False: no such station."""
        if status not in REGISTRATIONS:
            raise ValueError(f"status {status!r}: one of {', '.join(REGISTRATIONS)}")
        station = await self.store.update_station(station_id, registration=status)
        self.hub.publish("station", station_id)
        return station is not None

    def register_plant(self, station_id: str, address: str) -> None:
        """The simulated charger of that station listens for commands at "host:port"."""
        self.plants.register(station_id, address)

    # --- what links tell

    def station_lock(self, station_id: str) -> asyncio.Lock:
        """Held while a CALL of the station is handled, on whichever connection it came."""
        return self._locks.setdefault(station_id, asyncio.Lock())

    def touch(self, station_id: str) -> None:
        """A message has come."""
        link = self.links.get(station_id)
        if link is not None:
            link.last_seen = self.clock.now()

    async def joined(self, link: Link, address: str) -> None:
        """A station has connected; an older connection of it is dead or soon will be."""
        old = self.links.get(link.station_id)
        self.links[link.station_id] = link
        link.last_seen = now = self.clock.now()
        station = await self.store.seen(
            link.station_id, link.socket.subprotocol, self.settings.registration, address, now
        )
        link.registration = station.registration if station.boots else None
        log.info("%s connected from %s", link.station_id, address)
        self.hub.publish("link", link.station_id, True)
        if old is not None:
            # a dead peer never answers the close: nobody waits for it
            task = asyncio.create_task(old.close(1000, "replaced by a new connection"))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def left(self, link: Link) -> None:
        """A connection has ended."""
        if self.links.get(link.station_id) is link:
            del self.links[link.station_id]
            log.info("%s disconnected", link.station_id)
        await self.store.update_station(link.station_id, last_seen=link.last_seen)
        self.hub.publish("link", link.station_id, link.station_id in self.links)

    async def answered(
        self,
        station_id: str,
        frame: rpc.Frame,
        answer: dict | None,
        error: errors.CallError | None,
    ) -> None:
        """A CALL has been answered: tell hooks and waiters."""
        record = self.hub.record(
            station_id,
            frame.action,
            frame.message_id,
            frame.payload if isinstance(frame.payload, dict) else {},
            answer,
            error.code if error else None,
            self.clock.now(),
        )
        for action, hook in self._hooks:
            if action in (None, frame.action):
                try:
                    await hook(record)
                except Exception:
                    log.exception("a hook of %s failed", frame.action)

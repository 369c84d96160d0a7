"""What happens on one station's websocket, from its first message to its last?

The reader takes our answers at once; the station's CALLs go through a queue to one worker, so a
slow handler or a hook never holds up an answer that we wait for.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from time import monotonic
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from . import errors, handlers, rpc, schemas
from .handlers import Context
from .models import Message

if TYPE_CHECKING:
    from .central import CentralSystem

log = logging.getLogger("csms.link")
NO_ANSWER = object()  # what an override returns to leave a CALL unanswered
_LATE_KEPT = 50
_LAST_CALLS_S = 2.0


class Link:
    """One connection. `version` is the OCPP version of its subprotocol; `registration` the last
    verdict that this station got, on this connection or an earlier one."""

    def __init__(self, central: CentralSystem, socket, station_id: str, version: str):
        self.central = central
        self.socket = socket
        self.station_id = station_id
        self.version = version
        self.registration: str | None = None
        self.last_seen = central.clock.now()
        self._calls: asyncio.Queue[rpc.Frame | None] = asyncio.Queue()
        self._turn = asyncio.Lock()  # one outstanding CALL to the station (J 4.1.1)
        self._waiting: dict[str, tuple[str, asyncio.Future]] = {}
        self._gave_up: dict[str, str] = {}  # message id: action, for late answers

    async def run(self) -> None:
        """Serve the connection until it ends."""
        worker = asyncio.create_task(self._work(), name=f"csms-link-{self.station_id}")
        try:
            async for text in self.socket:
                self._receive(text)
        except ConnectionClosed:
            pass
        finally:
            self._calls.put_nowait(None)  # what was received is kept, answered or not
            await asyncio.wait({worker}, timeout=_LAST_CALLS_S)
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            for _, future in self._waiting.values():
                if not future.done():
                    future.set_exception(errors.CallTimeout("the connection ended"))

    async def close(self, code: int = 1001, reason: str = "going away") -> None:
        """Close the connection."""
        await self.socket.close(code, reason)

    async def call(self, action: str, payload: dict, timeout_s: float) -> dict:
        """Send a CALL; answers the payload of the result. Raises CallFailed, CallTimeout,
        BadAnswer."""
        async with self._turn:
            message_id = str(uuid.uuid4())
            future = asyncio.get_running_loop().create_future()
            self._waiting[message_id] = (action, future)
            try:
                await self._send(
                    rpc.call(message_id, action, payload),
                    rpc.Frame(rpc.CALL, message_id, action, payload),
                )
                async with asyncio.timeout(timeout_s):
                    return await future
            except TimeoutError:
                self._remember_late(message_id, action)
                raise errors.CallTimeout(f"{action}: no answer in {timeout_s:g} s") from None
            except ConnectionClosed:
                raise errors.CallTimeout(f"{action}: the connection ended") from None
            finally:
                self._waiting.pop(message_id, None)

    async def send_text(self, text: str) -> None:
        """Send any text, valid or not: for tests of a station."""
        self._log("out", "INVALID", None, None, text)
        await self.socket.send(text)

    def _remember_late(self, message_id: str, action: str) -> None:
        self._gave_up[message_id] = action
        while len(self._gave_up) > _LATE_KEPT:
            del self._gave_up[next(iter(self._gave_up))]

    def _log(
        self,
        direction: str,
        kind: str,
        message_id: str | None,
        action: str | None,
        payload,
        problem: str | None = None,
    ) -> None:
        text = payload if isinstance(payload, str) else rpc.dump(payload)
        self.central.traffic.add(
            Message(
                station_id=self.station_id,
                time=self.central.clock.now(),
                direction=direction,
                kind=kind,
                message_id=message_id,
                action=action,
                payload=text,
                problem=problem,
            )
        )

    async def _send(self, text: str, frame: rpc.Frame, problem: str | None = None) -> None:
        kind = {rpc.CALL: "CALL", rpc.RESULT: "RESULT", rpc.ERROR: "ERROR"}[frame.kind]
        payload = (
            frame.payload
            if frame.kind != rpc.ERROR
            else {"code": frame.code, "description": frame.description, "details": frame.payload}
        )
        self._log("out", kind, frame.message_id, frame.action, payload, problem)
        await self.socket.send(text)

    def _receive(self, text: str | bytes) -> None:
        self.central.touch(self.station_id)
        try:
            frame = rpc.parse(text)
        except rpc.Malformed as error:
            shown = text if isinstance(text, str) else text.hex()
            self._log("in", "INVALID", error.message_id, None, shown, str(error))
            if error.message_id is not None:
                self._calls.put_nowait(
                    rpc.Frame(rpc.ERROR, error.message_id, None, {}, errors.FORMATION, str(error))
                )
            return
        if frame.kind == rpc.CALL:
            self._log(
                "in",
                "CALL",
                frame.message_id,
                frame.action,
                frame.payload,
                self._complaint(frame.action),
            )
            self._calls.put_nowait(frame)
        else:
            self._settle(frame)

    def _settle(self, frame: rpc.Frame) -> None:
        """A CALLRESULT or CALLERROR has come: give it to the one who waits."""
        action, future = self._waiting.get(frame.message_id, (None, None))
        failed = frame.kind == rpc.ERROR
        payload = (
            frame.payload
            if not failed
            else {"code": frame.code, "description": frame.description, "details": frame.payload}
        )
        problem = None
        if future is None or future.done():
            action = action or self._gave_up.pop(frame.message_id, None)
            problem = "a late answer" if action else "an answer to nothing we asked"
        elif failed:
            future.set_exception(
                errors.CallFailed(
                    frame.code,
                    frame.description,
                    frame.payload if isinstance(frame.payload, dict) else {},
                )
            )
        else:
            try:
                schemas.check(self.version, action, payload, answer=True)
                future.set_result(payload)
            except errors.CallError as error:
                problem = str(error)
                future.set_exception(errors.BadAnswer(payload, problem))
        self._log(
            "in", "ERROR" if failed else "RESULT", frame.message_id, action, payload, problem
        )

    async def _work(self) -> None:
        """Answer the station's CALLs in their order."""
        while (frame := await self._calls.get()) is not None:
            try:
                if frame.kind == rpc.ERROR:
                    await self._refuse(frame, errors.CallError(frame.code, frame.description))
                else:
                    await self._serve(frame)
            except ConnectionClosed:
                log.debug("%s: nobody hears the answer to %s", self.station_id, frame.action)
            except Exception:
                log.exception("%s: %s", self.station_id, frame.action)

    async def _serve(self, frame: rpc.Frame) -> None:
        context = Context(self.central, self, frame.message_id)
        answer = error = None
        started = monotonic()
        try:
            self._check(frame)
            async with self.central.station_lock(self.station_id):
                answer = await self._answer(context, frame)
        except errors.CallError as raised:
            error = raised
        except Exception:
            log.exception("%s: the handler of %s failed", self.station_id, frame.action)
            error = errors.CallError(errors.INTERNAL, "the central system failed")
        if answer is NO_ANSWER:
            answer = None
        elif error is not None:
            await self._refuse(frame, error)
        else:
            await self._send(
                rpc.result(frame.message_id, answer),
                rpc.Frame(rpc.RESULT, frame.message_id, frame.action, answer),
            )
        log.debug(
            "%s: %s took %.0f ms", self.station_id, frame.action, (monotonic() - started) * 1000
        )
        await self.central.answered(self.station_id, frame, answer, error)

    async def _answer(self, context: Context, frame: rpc.Frame):
        override = self.central.override_of(frame.action)
        if override is not None:
            answer = await override(self.station_id, frame.payload)
            if answer is not None:
                return answer
        answer = await handlers.find(self.version, frame.action)(context, frame.payload)
        schemas.check(self.version, frame.action, answer, answer=True)
        return answer

    def _check(self, frame: rpc.Frame) -> None:
        """Raise CallError for a CALL that cannot be handled."""
        if schemas.schema(self.version, frame.action) is None:
            raise errors.CallError(errors.NOT_IMPLEMENTED, f"no action {frame.action!r}")
        if handlers.find(self.version, frame.action) is None:
            raise errors.CallError(
                errors.NOT_SUPPORTED, f"{frame.action} is for a central system to send"
            )
        schemas.check(self.version, frame.action, frame.payload)

    def _complaint(self, action: str) -> str | None:
        """What is wrong with the moment of this CALL (S 4.2), or None."""
        if action == "BootNotification" or self.registration == "Accepted":
            return None
        if self.registration == "Rejected":
            return "sent although the BootNotification was rejected"
        return (
            None
            if self.registration == "Pending"
            else "sent before a BootNotification was answered"
        )

    async def _refuse(self, frame: rpc.Frame, error: errors.CallError) -> None:
        await self._send(
            rpc.error(frame.message_id, error.code, error.description, error.details),
            rpc.Frame(
                rpc.ERROR,
                frame.message_id,
                frame.action,
                error.details,
                error.code,
                error.description,
            ),
            None if error.code == errors.INTERNAL else error.description or error.code,
        )

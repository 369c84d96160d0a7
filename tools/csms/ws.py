"""Which stations may connect, at which address, with which subprotocol and password?"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve

from .link import Link

if TYPE_CHECKING:
    from .central import CentralSystem

log = logging.getLogger("csms.ws")
PATH = "/ocpp"
VERSIONS = {"ocpp1.6": "1.6"}  # subprotocol: OCPP version
ID_MAX = 255


def station_id_of(path: str) -> str | None:
    """The identity in a request path: /ocpp/ and one percent-encoded segment (J 3.1.1)."""
    path = urlsplit(path).path
    if not path.startswith(PATH + "/"):
        return None
    segment = path[len(PATH) + 1 :]
    station_id = unquote(segment, errors="replace")
    if not segment or "/" in segment or len(station_id) > ID_MAX or "\ufffd" in station_id:
        return None
    return station_id if station_id.isprintable() else None


def password_fits(header: str | None, station_id: str, password: bytes) -> bool:
    """Whether an Authorization header holds the identity and the password, as bytes."""
    scheme, _, credentials = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(decoded, station_id.encode() + b":" + password)


class StationServer:
    """The websocket server for stations."""

    def __init__(self, central: CentralSystem):
        self._central = central
        self._server = None
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` tells where."""
        settings = self._central.settings
        self._server = await serve(
            self._serve,
            settings.host,
            settings.ws_port,
            process_request=self._admit,
            select_subprotocol=_select,
            compression=None,
            max_size=settings.max_message_bytes,
            ping_interval=settings.ping_s or None,
            ping_timeout=settings.ping_s or None,
            close_timeout=2,
            server_header=None,
            logger=log,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection (1001) and stop listening."""
        if self._server is not None:
            self._server.close(code=1001, reason="the central system stops")
            await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request):
        """None lets the handshake go on; a response refuses it."""
        settings = self._central.settings
        station_id = station_id_of(request.path)
        if station_id is None or (settings.known and station_id not in settings.known):
            log.warning("refused %s: no such station", request.path)
            return connection.respond(HTTPStatus.NOT_FOUND, "no such station\n")
        password = settings.password_bytes(station_id)
        authorization = request.headers.get_all("Authorization")
        if password is not None and not (
            len(authorization) == 1 and password_fits(authorization[0], station_id, password)
        ):
            log.warning("refused %s: wrong or no password", station_id)
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "password needed\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="OCPP"'
            return response
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        """One station, from the end of its handshake to the end of its connection."""
        if connection.subprotocol is None:
            # J 3.1.2: complete the handshake without a subprotocol, then close at once
            await connection.close(1002, "no common subprotocol; ocpp1.6 is spoken here")
            return
        station_id = station_id_of(connection.request.path)
        link = Link(self._central, connection, station_id, VERSIONS[connection.subprotocol])
        address = connection.remote_address
        await self._central.joined(link, f"{address[0]}:{address[1]}" if address else "")
        try:
            await link.run()
        finally:
            await self._central.left(link)


def _select(connection: ServerConnection, offered) -> str | None:
    """The first subprotocol of the station's list that is spoken here (J 3.1.2)."""
    return next((name for name in offered if name in VERSIONS), None)

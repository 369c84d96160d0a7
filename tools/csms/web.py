"""What does the HTTP server serve, and what does it refuse?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from .central import CentralSystem

UI = Path(__file__).parent / "ui"
_NPM = {  # address below /npm/: file below node_modules/
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "sse.js": "htmx-ext-sse/dist/sse.min.js",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
}
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


class _Identity(Convertor):
    """A percent-encoded path segment: a station's identity may hold any character, / too."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor("id", _Identity())


class Shield:
    """Routes by the path as it came, percent-encoded; adds the security headers; refuses what
    a foreign web page sends with the user's browser."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        raw = scope.get("raw_path")
        if raw:
            scope = {**scope, "path": raw.split(b"?")[0].decode("ascii", "replace")}

        async def send_with_headers(message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message["headers"]) + _HEADERS}
            await send(message)

        if scope["method"] not in ("GET", "HEAD") and _foreign(dict(scope["headers"])):
            response = PlainTextResponse("refused: sent by a foreign page", 403)
            await response(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _foreign(headers: dict[bytes, bytes]) -> bool:
    """Whether a browser says that another site's page sent this."""
    if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        return True
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin.decode("latin-1")).netloc != headers.get(
        b"host", b""
    ).decode("latin-1")


def npm_ready() -> bool:
    """Whether the page's scripts are installed."""
    return all((UI / "node_modules" / path).is_file() for path in _NPM.values())


async def npm_file(request: Request) -> Response:
    """One of the installed scripts; nothing else of node_modules is served."""
    path = _NPM.get(request.path_params["name"])
    file = UI / "node_modules" / path if path else None
    if file is None or not file.is_file():
        raise HTTPException(404, "not installed: run make setup")
    return FileResponse(file, headers={"Cache-Control": "max-age=3600"})


async def _failed(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    text = getattr(error, "detail", "") or "the central system failed"
    if request.url.path.startswith("/api"):
        return JSONResponse({"ok": False, "error": text}, status)
    return PlainTextResponse(text + "\n", status)


def build_app(central: CentralSystem) -> Shield:
    """The ASGI application."""
    from . import api, pages

    app = Starlette(
        routes=[
            *pages.routes(),
            Route("/npm/{name}", npm_file),
            Mount("/static", StaticFiles(directory=UI / "static")),
            Mount("/api", routes=api.routes()),
        ],
        exception_handlers={HTTPException: _failed, Exception: _failed},
    )
    app.state.central = central
    return Shield(app)


class _Server(uvicorn.Server):
    """uvicorn inside another program: signals stay with that program."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class WebServer:
    """The HTTP server of the page and the API."""

    def __init__(self, central: CentralSystem):
        self._central = central
        self._task: asyncio.Task | None = None
        self._server: _Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` tells where. Raises OSError if the port is taken."""
        settings = self._central.settings
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server(
            (settings.host, settings.http_port), family=family, backlog=64
        )
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            build_app(self._central),
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=2,
            server_header=False,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="csms-http")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Stop listening, end the streams."""
        if self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

"""How does a file go to an FTP server, or come from one? (RFC 959, 2428, 3659)

Passive mode only, and data comes from the host that was asked, whatever address it names. Used by
net/files.py.
"""

import asyncio

from micropython import const

import location
from net import files

_LINES = const(50)  # of one reply
_LINE_MOST = const(1024)


class _Control:
    """The control connection. Replies 4xx are OSErrors, 5xx ValueErrors (RFC 959, 4.2.1)."""

    async def open(self, where):
        """Connect and log in; anonymous where the URL names no user."""
        self.where = where
        self.rest = b""
        self.stream, self.address = await files.opened(where)
        await self.reply("no greeting")
        user = where[1] or "anonymous"
        if (await self.ask("USER " + user, "user"))[0] == 331:
            password = where[2] if where[2] is not None else "galvani@"
            await self.ask("PASS " + password, "password")
        await self.ask("TYPE I")

    async def ask(self, command, what=None):
        """Send a command: (code, text) of its reply. what: how errors name it (secrets)."""
        for char in command:
            if char in "\r\n\0":
                raise ValueError("line ends in a path or name")
        await files.write(self.stream, command.encode() + b"\r\n")
        return await self.reply(what or command.split(" ")[0])

    async def reply(self, what):
        """The next reply, all its lines read."""
        first = line = await self._line()
        for _ in range(_LINES):
            if line[:3] == first[:3] and line[3:4] in (" ", ""):
                break
            if first[3:4] != "-":
                raise OSError("not FTP")
            line = await self._line()
        else:
            raise OSError("FTP: a reply of too many lines")
        try:
            code = int(line[:3])
        except ValueError:
            raise OSError("not FTP")
        if code >= 400:
            kind = ValueError if code >= 500 else OSError
            if what in ("user", "password"):
                line = line[:3]  # some servers say it again
            raise kind("FTP %s: %s" % (what, line[:60]))
        return code, line[4:]

    async def _line(self):
        while b"\n" not in self.rest:
            more = await files.read(self.stream, 256)
            if not more or len(self.rest) > _LINE_MOST:
                raise OSError("FTP: no reply")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        try:
            return str(line.rstrip(), "utf-8")
        except UnicodeError:
            return str(line[:4], "utf-8") if line[:3].isdigit() else ""

    async def data(self):
        """A data connection of the passive mode."""
        try:
            _, text = await self.ask("EPSV")
            port = int(text[text.rfind("(") + 4 : text.rfind("|")])
        except ValueError:  # unknown there, or nonsense
            _, text = await self.ask("PASV")
            numbers = text.strip().rstrip(".").rstrip(")").split(",")
            try:
                port = int(numbers[-2]) << 8 | int(numbers[-1])
            except (ValueError, IndexError):
                raise OSError("FTP PASV: " + text[:40])
        # No user, no TLS: as the control connection's host by its number.
        stream, _ = await files.opened(self.where, (self.address[0], port))
        return stream

    async def close(self):
        """Say goodbye, and do not wait for the answer."""
        try:
            await files.write(self.stream, b"QUIT\r\n")
        except (OSError, asyncio.TimeoutError):
            pass
        await self.stream.wait_closed()


def _path(where):
    # RFC 1738 would have every part a CWD; servers and people mean the path from the start folder.
    path = location.decoded(where[5])
    return path[1:] if len(path) > 1 else path


async def put(where, path, job):
    """Store a file; in the folder that the URL names, if it is one."""
    control = _Control()
    try:
        await control.open(where)
        target = _path(where)
        if target[-1] == "/":
            target += job.name
        else:
            try:
                await control.ask("CWD " + target)
                target = job.name
            except ValueError:  # no folder: a file's name
                pass
        data = await control.data()
        try:
            await control.ask("STOR " + target)
            await files.send(data, path, job)
        finally:
            await data.wait_closed()
        await control.reply("STOR")
    finally:
        await _closed(control)


async def get(where, sink, job, most):
    """Fetch a file; goes on where an attempt was cut if size and time of it are the same."""
    control = _Control()
    try:
        await control.open(where)
        source = _path(where)
        size = await _fact(control, "SIZE " + source)
        mark = "%s %s" % (size, await _fact(control, "MDTM " + source))
        if mark != job.mark or not size.isdigit():
            job.mark = None
        have = files.resume(sink, job)
        job.mark = mark
        data = await control.data()
        try:
            if have:
                try:
                    await control.ask("REST %d" % have)
                except ValueError:
                    job.have = have = 0
            await control.ask("RETR " + source)
            length = int(size) - have if size.isdigit() else None
            await files.save(data, b"", sink, job, length, most)
        finally:
            await data.wait_closed()
        await control.reply("RETR")
    finally:
        await _closed(control)


async def _fact(control, command):
    """What the server knows of a file, "?" if it does not tell."""
    try:
        return (await control.ask(command))[1].strip()
    except ValueError:
        return "?"


async def _closed(control):
    if hasattr(control, "stream"):
        await control.close()

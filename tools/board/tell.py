"""How is a station told of an update, and how does one hear what becomes of it?

By its console (serial port, or TCP) or by the central system of tools/csms. Both tellers have:
where, a text; before(), a dict of "version" and "place" or None; start(url); statuses(), a
generator of texts (None: nothing new) that ends when the new build stays, with `now` as `before`
gave it; BoardError says why it does not.
"""

import datetime
import os
import re
import time

import httpx
import serial

from tools.board import BoardError, port

ASK_S = 10
LOGIN_S = 40
GONE_S = 180  # for a restart: a chip loads its files from a slow flash
POLL_S = 1.0
_STATUS = re.compile(r"(Downloading|Downloaded|Installing|\d+ KB|the station restarts|error: )")
_RUNS = re.compile(r"(?:^|> )(\S+) (\S+) runs from (the root|folder [ab]|partition \S+)", re.M)


class Gone(Exception):
    """The console does not answer: the station restarts, or the line broke."""


class ByConsole:
    """`update URL` on a console. name: /dev/ttyUSB0, auto, or tcp:HOST:PORT."""

    def __init__(self, name: str):
        if name.startswith("tcp:"):
            host, _, number = name[4:].rpartition(":")
            if not host or not number.isdigit():
                raise BoardError(f"{name}: expected tcp:HOST:PORT")
            self.where, self.host = name, host
            self.url = f"socket://{host}:{number}"
        else:
            self.where = self.url = port.find(name)
            self.host = None
            port.check(self.url)
        self.line = None
        self.text = ""

    def _open(self):
        try:
            self.line = serial.serial_for_url(self.url, 115200, timeout=0.02)
        except (OSError, ValueError, serial.SerialException) as error:
            raise Gone(str(error)) from None
        self.text = ""
        password = os.environ.get("CONSOLE_PASSWORD")
        if password:
            said = self._ask("login " + password, "unlocked until|has no lock|wrong pass", LOGIN_S)
            if "wrong pass" in said:
                raise BoardError("the console did not take the password (ConsoleLock)")

    def close(self):
        """Hang up."""
        if self.line:
            self.line.close()
            self.line = None

    def _say(self, command):
        try:
            if self.line is None:
                self._open()
            self.text = ""
            self.line.write(b"\x15\r" + command.encode() + b"\r")
        except (OSError, serial.SerialException) as error:
            self.close()
            raise Gone(str(error)) from None

    def _hear(self):
        """What has come since, with what came before it."""
        try:
            data = self.line.read(4096)
        except (OSError, serial.SerialException) as error:
            self.close()
            raise Gone(str(error)) from None
        self.text += re.sub(r"\r|\x1b\[\d*\w", "", data.decode(errors="replace"))
        return self.text

    def _ask(self, command, wanted, patience_s=None):
        """What the console says to a command, up to a whole line with `wanted` in it."""
        self._say(command)
        end = time.monotonic() + (patience_s or ASK_S)
        while time.monotonic() < end:
            said = self._hear()
            if "the console is locked" in said:
                raise BoardError("the console is locked: CONSOLE_PASSWORD=... make ota ...")
            if re.search(f"({wanted})[^\n]*\n", said):
                return said
        raise Gone("the console does not answer")

    def before(self) -> dict:
        """What runs now."""
        try:
            return self._state()
        except Gone as error:
            raise BoardError(f"no console at {self.where}: {error}")

    def _state(self):
        said = self._ask("update", "runs from")
        _, version, place = _RUNS.search(said).groups()
        said += self._ask("status --json", '"health": ')
        starts = int(re.search(r'"reboots": (\d+)', said).group(1))
        trial = "on trial: " in said
        return {"version": version, "place": place, "starts": starts, "trial": trial}

    def start(self, url: str) -> None:
        """The station begins to fetch it."""
        self.old = self.before()
        try:
            self._say("update " + url)
        except Gone as error:
            raise BoardError(f"no console at {self.where}: {error}")

    def statuses(self):
        """Until the new build stays."""
        yield from self._comes()
        self.close()
        yield from self._proves()
        self.close()

    def _comes(self):
        seen = 0
        while True:
            try:
                lines = self._hear().split("\n")[:-1]
            except Gone:  # it restarts already, or goes on without us
                return
            if len(lines) == seen:
                yield None
            for line in lines[seen:]:
                found = _STATUS.search(line)
                if found and found.group(1) == "error: ":
                    raise BoardError(f"the station says: {line.partition('error: ')[2]}")
                if found and found.group(1) == "the station restarts":
                    return
                if found and not line.endswith(" KB"):
                    yield line[found.start() :]
            seen = len(lines)

    def _proves(self):
        yield "restarting"
        end = time.monotonic() + GONE_S
        while True:
            time.sleep(POLL_S)
            try:
                self.now = self._state()
            except Gone:
                if time.monotonic() > end:
                    raise BoardError(f"the station did not come back within {GONE_S} s") from None
                yield None
                continue
            end = time.monotonic() + GONE_S
            if self.now["starts"] == self.old["starts"]:
                yield None
            elif self.now["trial"]:
                yield "on trial: the new build has to prove itself"
            elif self.now["place"] != self.old["place"]:
                return
            else:
                raise BoardError(
                    "the new build did not prove itself: the one before it runs again"
                    " (`logs` on its console tells why)"
                )


class ByCentral:
    """UpdateFirmware or SignedUpdateFirmware by the API of tools/csms."""

    def __init__(self, url: str, station: str, signed=None):
        """signed: function that gives signature and certificate chain (base64, PEM), or None."""
        self.api = httpx.Client(base_url=url.rstrip("/") + "/api", timeout=60, trust_env=False)
        self.where = f"{station} at {url}"
        self.path = "/stations/" + station
        self.signed = signed
        self.kind = "FirmwareStatus"
        self.host = httpx.URL(url).host

    def close(self):
        """Hang up."""
        self.api.close()

    def _get(self, path, **params):
        try:
            answer = self.api.get(path, params=params)
        except httpx.HTTPError as error:
            raise BoardError(f"no central system at {self.api.base_url.host}: {error}") from None
        if answer.status_code == 404:
            raise BoardError(f"the central system knows no station of that name: {self.where}")
        try:
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise BoardError(f"the central system's answer is of no use: {error}") from None

    def before(self) -> dict:
        """What runs now, as its last BootNotification said."""
        row = self._get(self.path)
        if not row["connected"]:
            raise BoardError(f"{self.where} is not connected")
        # Where the station came from; a central system on this very host may not know better.
        far = (row["address"] or "").rpartition(":")[0]
        self.host = self.host if far.startswith("127.") or not far else far
        return {"version": row["firmwareVersion"], "place": None}

    def start(self, url: str, signed: bool = False) -> None:
        """The order, a signed one if that is wanted or the station takes no other."""
        newest = self._get(self.path + "/notices", limit=1)
        self.last = newest[0]["id"] if newest else 0
        # An hour ago: a clock that is behind must not wait.
        date = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
        date = date.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if signed:
            self._order_signed(url, date)
            return
        payload = {"location": url, "retrieveDate": date, "retries": 3, "retryInterval": 10}
        answer = self._call("UpdateFirmware", payload)
        if answer.get("code") == "NotSupported":  # from security profile 1 on
            self._order_signed(url, date)
        elif not answer.get("ok"):
            raise BoardError(f"UpdateFirmware was refused: {answer.get('description')}")

    def _order_signed(self, url, date):
        if self.signed is None:
            raise BoardError(
                "this station takes signed requests only: KEY= and CERT= of the signer"
            )
        signature, chain = self.signed()
        self.kind = "SignedFirmwareStatus"
        firmware = {"location": url, "retrieveDateTime": date}
        firmware |= {"signature": signature, "signingCertificate": chain}
        payload = {"requestId": int(time.time()) & 0x3FFFFFFF, "firmware": firmware}
        answer = self._call("SignedUpdateFirmware", payload | {"retries": 3, "retryInterval": 10})
        status = (answer.get("answer") or {}).get("status")
        if status not in ("Accepted", "AcceptedCanceled"):
            why = status or answer.get("description")
            raise BoardError(f"SignedUpdateFirmware was refused: {why}")

    def _call(self, action, payload):
        try:
            answer = self.api.post(
                self.path + "/call", json={"action": action, "payload": payload}
            )
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise BoardError(f"no answer of the central system: {error}") from None

    def statuses(self):
        """The station's notifications, until Installed."""
        while True:
            time.sleep(POLL_S)
            found = self._get(self.path + "/notices", limit=100)
            new = [row for row in reversed(found) if row["id"] > self.last]
            for row in new:
                self.last = row["id"]
                if row["kind"] != self.kind:
                    continue
                status = row["data"]["status"]
                yield status
                if status == "Installed":
                    self.now = self.before()
                    return
                if status.endswith("Failed") or status.startswith("Invalid"):
                    raise BoardError(
                        f"the station says {status} (`logs` on its console, or GetDiagnostics,"
                        " tells why)"
                    )
            if not new:
                yield None

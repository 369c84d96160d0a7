"""What does a station do with TLS servers that it must not talk to? Whitepaper A00.

firmware/net on both ports against OpenSSL: each failure has its line in the log and its event.
"""

import json
import ssl
import subprocess
import warnings

import pytest

import security_world as world
from tls_servers import DAYS, context, leaf, serving  # noqa: F401
from ws_peers import ROOT

CLIENT = """
import asyncio, json, sys, time
sys.path[:0] = [%r, %r]
from core.journal import FileStore
from net import dial
said = []
class Log:
    def warn(self, text, *args):
        said.append(text %% args)
    error = warn
class Secured:
    connected = unreachable = staticmethod(lambda cp: None)
class Cp:
    certs = None
    store = FileStore("journal")
    lazy = staticmethod(lambda name: Secured)
    alarm = staticmethod(lambda name, info="": said.append(name))
class App:
    cp = Cp
    class clock:
        wall = staticmethod(lambda: int(time.time()) if known else None)
    class config:
        get = staticmethod(lambda key: settings[key])
settings = {"Identity": "CP 1", "AuthorizationKey": "00" * 16, "MessageSizeMax": 12288}
settings["WebSocketPingInterval"] = 60
for line in sys.stdin:
    settings["CsmsUrl"], settings["SecurityProfile"], known = json.loads(line)
    ws = asyncio.run(dial.dial(App, Log()))
    print(json.dumps([bool(ws), said]))
    said.clear()
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))


@pytest.fixture(params=[64, 32])
def station(request, tmp_path):
    """station(port, profile): what a station logs that is to connect there, without the lines."""
    port = request.getfixturevalue(f"micropython{request.param}")
    (tmp_path / "client.py").write_text(CLIENT)
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "csms-0123456789abcdef.der").write_bytes(
        world.der(world.root("Root", days=DAYS))
    )
    started = []

    def ask(at, profile=2, scheme="wss", known=True):
        if not started:
            started.append(
                subprocess.Popen(
                    [port, "-X", "heapsize=400k", "client.py"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    cwd=tmp_path,
                    text=True,
                )
            )
        process = started[0]
        process.stdin.write(json.dumps([f"{scheme}://localhost:{at}/x", profile, known]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())[1]

    yield ask
    for process in started:
        process.stdin.close()
        assert process.wait(60) == 0


BAD = ["InvalidCentralSystemCertificate", "CentralSystemFailedToAuthenticate"]


def test_a_certificate_of_somebody_else_is_refused(station, leaf, tmp_path):  # noqa: F811
    """A00.FR.307, A00.FR.309, A00.FR.411."""
    other = context(tmp_path, [leaf(by="Other")], world.key("tls"))
    with serving(other) as port:
        said = station(port)
    assert "not correctly signed by the trusted CA" in said[0]
    assert said[1:] == BAD


def test_names_and_times_are_checked(station, leaf, tmp_path):  # noqa: F811
    """A00.FR.308, A00.FR.310, A00.FR.412, A00.FR.413, A00.FR.414."""
    for one, text in (
        (leaf("other.example"), "does not match with the expected CN"),
        (leaf(days=(-300, -100)), "validity has expired"),
        (leaf(days=(3000, 4000)), "validity starts in the future"),
    ):
        with serving(context(tmp_path, [one], world.key("tls"))) as port:
            said = station(port)
        assert text in said[0] and said[1:] == BAD, text


def test_old_versions_and_weak_suites_are_refused(station, leaf, tmp_path):  # noqa: F811
    """A00.FR.312, A00.FR.313, A00.FR.315, A00.FR.319, A00.FR.322, A00.FR.419, A00.FR.426."""

    def made():
        return context(tmp_path, [leaf()], world.key("tls"))

    old, weak, new = made(), made(), made()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-CHACHA20-POLY1305")
    new.maximum_version = new.minimum_version = ssl.TLSVersion.TLSv1_3
    for server, event in (
        (old, "InvalidTLSVersion"),
        (weak, "InvalidTLSCipherSuite"),
        (new, "InvalidTLSVersion"),
    ):
        with serving(server) as port:
            said = station(port)
        assert said[1:] == [event], said
        assert said[0].startswith("no connection to the CSMS: TLS: "), said


@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    ],
)
def test_the_four_suites_are_spoken(station, tmp_path, suite):
    """A00.FR.318, A00.FR.422."""
    key = world.key("tls") if "ECDSA" in suite else world.key("tls", "2048")
    issuer = world.root("Root", days=DAYS)
    one = world.certificate("localhost", key, issuer, world.key("Root"), days=DAYS)
    made = context(tmp_path, [one], key)
    made.set_ciphers(suite)
    with serving(made) as port:
        assert "404" in station(port)[0]


def test_a_refused_password_and_a_refused_station(station, leaf, tmp_path):  # noqa: F811
    """A00.FR.202, A00.FR.301, A00.FR.401."""
    made = context(tmp_path, [leaf()], world.key("tls"))
    no = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    with serving(made, no) as port:
        said = station(port)
    assert "refused the password" in said[0]
    assert said[1:] == ["FailedToAuthenticateAtCentralSystem"]
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(cadata=world.pem(world.root("Root", days=DAYS)))
    with serving(made) as port:
        said = station(port)
    assert "refused a station without own certificate" in said[0]
    assert said[1:] == ["FailedToAuthenticateAtCentralSystem"]


def test_no_tls_at_all_no_root_and_no_time(station, leaf, tmp_path):  # noqa: F811
    """A00.FR.305, A00.FR.311."""
    with serving(None) as port:
        said = station(port, scheme="ws")  # profile 2 never speaks without TLS
        assert said == [
            "no connection to the CSMS: tls  (-29184, 'SSL - An invalid SSL record was received')"
        ]
        assert "404" in station(port, 1, "ws")[0]
    with serving(context(tmp_path, [leaf()], world.key("tls"))) as port:
        said = station(port, known=False)
        assert said[0].startswith("the time is not known") and "404" in said[1]
        said = station(port, 3)
        assert "no own certificate is installed" in said[0]
        (tmp_path / "certs" / "csms-0123456789abcdef.der").unlink()
        assert "no Central System Root certificate" in station(port)[0]

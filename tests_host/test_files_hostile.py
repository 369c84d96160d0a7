"""Does an upload end well at servers that stall, cut and refuse, and does no password get out?

net/files.py on the 32-bit port: PUT, POST and FTP at real servers (Starlette, pyftpdlib) that
misbehave, and at scripts. Downloads: test_files_interop.py. S 4.4, 5.9; E 3.90; WP N01.
"""

import pytest
from pyftpdlib.handlers import DTPHandler, FTPHandler

import file_servers
from test_files_interop import DATA, OK, client, get, patience, put, shelf  # noqa: F401

SECRET = "Top5ecret"
LOGIN = (b"220 hi\r\n", "line", b"230 in\r\n", "line", b"200 ok\r\n")


@pytest.mark.parametrize(
    "steps, kind, text",
    [
        (("head", "silence"), "TimeoutError", ""),  # takes nothing
        (("head", "hold"), "TimeoutError", ""),  # takes all of it and says nothing
        (("head", "cut"), "OSError", ""),
        (("head", 0.05, "cut"), "OSError", ""),
        ((OK + b"\r\n", "hold"), "ok", ""),  # knows before it has come
        (("head", b"HTTP/1.1 403 No\r\n\r\n"), "OSError", "403"),
        (("head", b"HTTP/1.1 507 Full\r\n\r\n", "hold"), "OSError", "507"),
        (("head", b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.2/\r\n\r\n"), "OSError", "307"),
        (("head", b"HTTP/1.1 100 Go\r\n\r\n"), "OSError", "no answer"),
        (("head", OK), "OSError", "no answer"),
        (("head", b"x" * 9000), "OSError", ""),
    ],
)
def test_http_servers_that_stall_cut_and_refuse_an_upload(client, steps, kind, text):  # noqa: F811
    """307 above: what a station tells goes nowhere else."""
    data = DATA * 8 if "silence" in steps else DATA  # more than the kernel's buffers take
    steps = tuple(30 if step == "silence" else step for step in steps)
    with file_servers.script(steps) as (port, seen):
        (said,) = client(put("http://127.0.0.1:%d/x" % port, wait=patience(kind)), data=data)
    assert said[0] == kind and text in said[1], said


def test_who_knows_no_put_and_breaks_off_in_its_middle_gets_a_post(client):  # noqa: F811
    steps = ("head", b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", 0.2)
    with file_servers.script(steps, ("head", OK + b"\r\n", "hold")) as (port, seen):
        (said,) = client(put("http://127.0.0.1:%d/x" % port))
    assert said[0] == "ok" and [row.split()[0] for row in seen] == [b"PUT", b"POST"]


@pytest.mark.parametrize(
    "steps, kind, text",
    [
        ((b"550 no\r\n", b"553 not here\r\n"), "ValueError", "553"),
        ((b"550 no\r\n", b"452 full\r\n"), "OSError", "452"),
        ((b"550 no\r\n", b"150 go\r\n"), "OSError", "no reply"),  # ends without a word
        ((b"550 no\r\n", "hold"), "TimeoutError", ""),
    ],
)
def test_ftp_servers_that_refuse_and_break_off_an_upload(client, steps, kind, text):  # noqa: F811
    with file_servers.script(("hold",)) as (data, _):
        steps = [steps[0], "line", b"229 (|||%d|)\r\n" % data, "line", *steps[1:]]
        with file_servers.script((*LOGIN, "line", *steps)) as (port, _):
            (said,) = client(put("ftp://127.0.0.1:%d/x" % port, wait=patience(kind)), data=b"text")
    assert said[0] == kind and text in said[1], said


def test_a_user_who_may_only_read(client, shelf):  # noqa: F811
    class Reader(FTPHandler):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            self.authorizer.user_table["me"]["perm"] = "elr"

    with file_servers.ftp(shelf, handler=Reader) as at:
        said = client(
            put("ftp://me:p%40ss@" + at + "/a.txt"), get("ftp://me:p%40ss@" + at + "/fw%202.bin")
        )
    assert said[0][0] == "ValueError" and "550" in said[0][1]
    assert said[1][0] == "ok" and not (shelf / "a.txt").exists()


class Cutting(DTPHandler):
    """Breaks the data connection off after 100 KB."""

    count = 0

    def send(self, data):
        Cutting.count += len(data)
        if Cutting.count > 100_000:
            Cutting.count = -(1 << 30)  # once
            self.close()
            return 0
        return super().send(data)


def test_a_data_connection_that_breaks_off_is_taken_up_again(client, shelf):  # noqa: F811
    class Handler(FTPHandler):
        dtp_handler = Cutting
        use_sendfile = False

    with file_servers.ftp(shelf, handler=Handler) as at:
        url = "ftp://me:p%40ss@" + at + "/fw%202.bin"
        said = client(get(url), get(url, fresh=False))
    assert said[0][0] == "OSError" and 0 < said[0][2] <= 100_000, said
    assert said[1][0] == "ok" and client.got() == DATA


@pytest.mark.parametrize(
    "size, sent, kind, text",
    [
        (5, b"123456789", "ok", ""),
        (9, b"12345", "OSError", "5 of 9"),
        (1 << 30, b"1", "ValueError", ""),
    ],
)
def test_ftp_servers_that_lie_about_the_size(client, size, sent, kind, text):  # noqa: F811
    with file_servers.script((sent,)) as (data, _):
        steps = (*LOGIN, "line", b"213 %d\r\n" % size, "line", b"213 20200101000000\r\n", "line")
        steps += (b"229 (|||%d|)\r\n" % data, "line", b"150 go\r\n", b"226 done\r\n", "hold")
        with file_servers.script(steps) as (port, _):
            (said,) = client(get("ftp://127.0.0.1:%d/x" % port, wait=30))
    assert said[0] == kind and text in said[1], said
    if kind == "ok":
        assert client.got() == sent[:size]


def test_ftps_is_refused_by_name(client):  # noqa: F811
    (said,) = client(put("ftps://127.0.0.1/x"))
    assert said[0] == "ValueError" and "scheme ftps: expected http, https or ftp" in said[1]


def test_no_password_gets_into_what_is_said(client, monkeypatch):  # noqa: F811
    """Not even where a server says it again. What is logged is what is said here, and `shown`."""
    user = "me:%s@127.0.0.1" % SECRET
    echo = b"530 %s is wrong\r\n" % SECRET.encode()
    away = b"HTTP/1.1 302 Go\r\nLocation: http://me:%s@127.0.0.2/\r\n\r\n" % SECRET.encode()
    again = b"HTTP/1.1 401 %s\r\n\r\n" % SECRET.encode()
    with (
        file_servers.script((b"220 hi\r\n", "line", b"331 go on\r\n", "line", echo)) as (first, _),
        file_servers.script((b"220 hi\r\n", "line", echo)) as (second, _),
        file_servers.script(("head", away)) as (third, seen),
        file_servers.script(("head", again)) as (fourth, _),
    ):
        said = client(
            get("ftp://%s:%d/x" % (user, first)),
            put("ftp://%s:%d/x" % (user, second)),
            get("http://%s:%d/x?token=%s" % (user, third, SECRET)),
            put("http://%s:%d/x?token=%s" % (user, fourth, SECRET)),
            get("http://me:%s%%zz@127.0.0.1/x" % SECRET),
            get("http://me:%s@127.0.0.1:port/x" % SECRET),
            get("sftp://%s/x" % user),
        )
    assert all(row[0] in ("OSError", "ValueError") for row in said), said
    assert SECRET not in str(said)
    assert b"Authorization: Basic" in seen[0]

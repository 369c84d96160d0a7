"""Where does a URL of a file point to? (RFC 3986; compared with the standard library)"""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location import decoded, parse, shown

SECRET = "https://bob:s3cret@files.example/a/b.bin?token=abc#x"


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://h", ("http", None, None, "h", 80, "/")),
        ("HTTPS://h/x", ("https", None, None, "h", 443, "/x")),
        ("ftp://h:2121/a/b", ("ftp", None, None, "h", 2121, "/a/b")),
        ("http://h?a=b", ("http", None, None, "h", 80, "/?a=b")),
        ("http://h/x?a=b@c:d/e#f", ("http", None, None, "h", 80, "/x?a=b@c:d/e")),
        ("http://[2001:db8::1]:8080/", ("http", None, None, "2001:db8::1", 8080, "/")),
        ("http://[::1]/", ("http", None, None, "::1", 80, "/")),
        ("ftp://me@h/", ("ftp", "me", None, "h", 21, "/")),
        ("ftp://me:@h/", ("ftp", "me", "", "h", 21, "/")),
        ("ftp://a%40b:c%3Ad@h/", ("ftp", "a@b", "c:d", "h", 21, "/")),
        ("ftp://a@b:c@h/", ("ftp", "a@b", "c", "h", 21, "/")),
        ("http://h:1/", ("http", None, None, "h", 1, "/")),
        ("http://h:65535/", ("http", None, None, "h", 65535, "/")),
    ],
)
def test_parts(url, expected):
    assert parse(url) == expected


@pytest.mark.parametrize(
    "url, why",
    [
        ("", "scheme ?"),
        ("h/x", "scheme ?"),
        ("sftp://h/", "scheme sftp"),
        ("http://", "host and port"),
        ("http:///x", "host and port"),
        ("http://h:0/", "host and port"),
        ("http://h:65536/", "host and port"),
        ("http://h:x/", "host and port"),
        ("http://h/a b", "percent-encoded"),
        ("http://h/\r\nDELE", "percent-encoded"),
        ("http://h/é", "percent-encoded"),
        ("ftp://%zz@h/", "two hex digits"),
        ("ftp://%4@h/", "two hex digits"),
        ("ftp://%ff@h/", "UTF-8"),
    ],
)
def test_what_is_wrong_is_said(url, why):
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        parse(url)


def test_no_secret_is_shown():
    assert shown(SECRET) == "https://files.example/a/b.bin"
    assert shown("nonsense") == "nonsense"
    assert len(shown("http://h/" + "x" * 500)) == 80


@given(st.text(max_size=20))
def test_percent_encoding_is_undone_as_by_the_standard_library(text):
    from urllib.parse import quote

    assert decoded(quote(text, safe="")) == text == unquote(quote(text, safe=""))


@given(
    st.sampled_from(["http", "https", "ftp"]),
    st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True),
    st.integers(1, 65535),
    st.from_regex(r"(/[!-~]{0,10}){0,3}", fullmatch=True),
)
def test_parts_are_those_of_the_standard_library(scheme, host, port, path):
    url = f"{scheme}://{host}:{port}{path}"
    found = urlsplit(url)
    query = "?" + found.query if found.query else ""
    if not path.partition("#")[0].endswith("?"):  # an empty query is none there
        assert parse(url) == (scheme, None, None, host, port, (found.path or "/") + query)

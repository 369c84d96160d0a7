"""Is a text a URI (RFC 3986) exactly when rfc3986-validator, which jsonschema asks, says so?"""

import random

import pytest
from rfc3986_validator import validate_rfc3986

from ocppj.text import is_uri

GOOD = """ftp://user:pw@files.example.com:2121/a/b%20c.bin http://h https://h/?q=a?b/c#f/g?h
mailto:a@b.c urn:x:y a: a:/ a:// x+y-z.1://h http://h: http://h:80 http://1.2.3.4/x
http://[::1]:80/ file:///etc/x http://[2001:db8::1]/fw http://@h http://u:p:q@h
a:b/c//d a:?q a:#f data:,x'(y)*!;=&$""".split()
BAD = """x /path //host 1a:b a_b:c :x http://h/%2 http://h/%zz http://h/%4# http://h:8x
http://h/<x> http://h/" http://h/^ http://h/a|b http://h/\\x http://h/`x http://h/{x}
http://[::1 http://::1]/ http://a[b]/ http://h#a#b http://u@v@h é:x http://é
http://h/é http://[] http://[::1]x http://h:80:90 a:b[c] http://h/[x] http://h?[x]""".split()


@pytest.mark.parametrize("text", GOOD)
def test_a_uri(text):
    assert validate_rfc3986(text) and is_uri(text)


@pytest.mark.parametrize("text", [*BAD, "", "http://h/a b", "http://h/\n", "a b://x"])
def test_no_uri(text):
    assert not validate_rfc3986(text.replace("\n", "\n\n")) and not is_uri(text)


def test_random_damage_is_judged_as_by_the_validator():
    rng = random.Random(5)
    for _ in range(20_000):
        text = rng.choice(GOOD)
        if "[" in text:
            continue  # what stands between brackets is checked by its characters alone
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(text) + 1)
            text = (
                text[:at] + rng.choice("%%:/?#@!$&'()*+,;=-._~ <>\"\\^`{|}aF09") + text[at + 1 :]
            )
        assert is_uri(text) == bool(validate_rfc3986(text)), text

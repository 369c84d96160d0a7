"""The look-up of the CSMS's host without a blocking call: net/resolve.py."""

from net import resolve


def test_identity_in_a_url():  # J 3.1.1
    assert resolve.quoted("CP-1_a.b~") == "CP-1_a.b~"
    assert resolve.quoted("CP 1/ä%") == "CP%201%2F%C3%A4%25"


async def test_addresses_need_no_question():
    assert await resolve.address("ws://192.0.2.7:9000/x") == ("192.0.2.7", 9000)
    assert await resolve.address("wss://192.0.2.7/x") == ("192.0.2.7", 443)
    assert await resolve.address("ws://localhost/") == ("127.0.0.1", 80)


ANSWER = (
    b"ab\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
    b"\x04csms\x07example\x00\x00\x01\x00\x01"
    b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01x\xc0\x11"
    b"\x01x\xc0\x11\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x09"
)


def test_the_first_address_of_an_answer_behind_an_alias():
    assert resolve._first(ANSWER) == "192.0.2.9"


def test_torn_and_empty_answers_give_none():
    for size in range(12, len(ANSWER)):
        assert resolve._first(ANSWER[:size]) is None
    assert resolve._first(b"ab\x81\x83" + bytes(8)) is None


async def test_a_name_that_nobody_knows_is_an_oserror():
    servers, resolve._servers = resolve._servers, lambda: []
    try:
        await resolve.address("ws://nowhere.invalid/")
        raise AssertionError("an address")
    except OSError as e:
        assert "nowhere.invalid" in str(e)
    finally:
        resolve._servers = servers

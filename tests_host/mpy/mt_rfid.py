"""Is a card read once, whole, and never misread? MFRC522, readers on a serial line, Wiegand."""

import sys

import fake_chip
import mt
from fake_mfrc522 import Card, Mfrc522, crc

sys.modules["machine"] = fake_chip

from drivers import rfid_mfrc522, rfid_uart, rfid_wiegand


class Io:
    def __init__(self):
        self.seen = []

    def shown(self, cid, id_tag):
        self.seen.append((cid, id_tag))


def setup():
    fake_chip.fresh()


def poll(reader, ms, step=20):
    for _ in range(ms // step):
        reader.poll(None, step)


# -- MFRC522


def mfrc(**more):
    io = Io()
    chip = fake_chip.devices[5] = Mfrc522()
    params = {"spi": 2, "sck": 18, "mosi": 23, "miso": 19, "cs": 5}
    params.update(more)
    return rfid_mfrc522.open(params, io), chip, io


def test_crc_a():
    for data in (b"", b"\x00\x00", b"\x12\x34", b"\x93\x70\x88\x04\x01\x02\x8f"):
        assert rfid_mfrc522.crc_a(data) == crc(data)
    assert rfid_mfrc522.crc_a(b"\x00\x00") == b"\xa0\x1e"  # ISO 14443-3, annex B


def test_identifiers_of_4_7_and_10_bytes():
    for uid in (b"\xde\xad\xbe\xef", b"\x04\x01\x02\x03\x04\x05\x06", bytes(range(0x10, 0x1A))):
        reader, chip, io = mfrc(connector=2)
        chip.cards = [Card(uid)]
        poll(reader, 400)
        assert io.seen == [(2, "".join(["%02X" % b for b in uid]))]


def test_a_card_is_told_once_while_it_lies_there_and_again_after_a_second_away():
    reader, chip, io = mfrc()
    card = Card(b"\x01\x02\x03\x04")
    chip.cards = [card]
    poll(reader, 5000)
    assert len(io.seen) == 1
    chip.cards = []
    poll(reader, 400)
    chip.cards = [card]
    poll(reader, 1000)
    assert len(io.seen) == 1  # it only moved
    chip.cards = []
    poll(reader, 1400)
    chip.cards = [card]
    poll(reader, 1000)
    assert len(io.seen) == 2


def test_two_cards_at_once_are_no_card():
    reader, chip, io = mfrc()
    chip.cards = [Card(b"\x01\x02\x03\x04"), Card(b"\x05\x06\x07\x08")]
    poll(reader, 3000)
    assert io.seen == []


def test_a_spoilt_reply_is_no_card_and_the_next_try_is():
    reader, chip, io = mfrc()
    chip.cards = [Card(b"\x01\x02\x03\x04")]
    chip.spoil = 0x04  # CRC is not checked by the chip here
    for bit in (0x10, 0x08, 0x02, 0x01):
        chip.spoil = bit
        poll(reader, 200)
    assert io.seen == []
    poll(reader, 1000)
    assert len(io.seen) == 1


def test_a_wrong_check_byte_is_no_card():
    reader, chip, io = mfrc()
    card = Card(b"\x01\x02\x03\x04")
    card.parts = lambda: [b"\x01\x02\x03\x04\x05"]
    chip.cards = [card]
    poll(reader, 1000)
    assert io.seen == []


def test_a_reader_that_is_not_there_or_loses_power_is_told_and_found_again():
    reader, chip, io = mfrc()
    for version in (0, 0xFF):
        chip.version = version
        mt.raises(OSError, reader.poll, None, 200)
    chip.version = 0x91
    chip.cards = [Card(b"\x01\x02\x03\x04")]
    poll(reader, 400)
    assert len(io.seen) == 1
    chip.cards = []
    chip.reset()
    poll(reader, 2000)
    chip.cards = [Card(b"\x01\x02\x03\x04")]
    poll(reader, 2000)
    assert len(io.seen) == 2


# -- a serial line


def serial(**more):
    io = Io()
    params = {"uart": 2, "rx": 16, "tx": 17}
    params.update(more)
    reader = rfid_uart.open(params, io)
    return reader, fake_chip.uarts[2], io


GOOD = b"\x026B00F2DB7D3F\x03"  # 6B ^ 00 ^ F2 ^ DB ^ 7D = 3F


def test_an_rdm6300_frame_in_pieces():
    reader, line, io = serial()
    for i in range(len(GOOD)):
        line.arrive(GOOD[i : i + 1])
        poll(reader, 20)
    assert io.seen == [(1, "6B00F2DB7D")]
    line.arrive(GOOD * 3)
    poll(reader, 900)
    assert len(io.seen) == 1
    poll(reader, 200)
    line.arrive(GOOD)
    poll(reader, 20)
    assert len(io.seen) == 2


def test_rdm6300_frames_that_noise_has_spoilt():
    for bad in (
        GOOD.replace(b"3F", b"3E"),
        GOOD.replace(b"6B", b"6C"),
        b"\x026B00F2DB7D\x03",
        b"\x026B00F2DB7D3F00\x03",
        b"\x02zz00F2DB7D3F\x03",
        b"\x02" + b"A" * 400 + b"\x03",
    ):
        reader, line, io = serial()
        line.arrive(bad)
        poll(reader, 20)
        assert (io.seen, reader.broken) == ([], 1)
        line.arrive(b"junk" + GOOD)
        poll(reader, 20)
        assert len(io.seen) == 1


def test_lines_of_text():
    reader, line, io = serial(format="line", baudrate=115200)
    assert line.baudrate == 115200
    for text, tag in (
        (b"04a1b2c3\r\n", "04A1B2C3"),
        (b"ABCDEFGHIJ0123456789\r", "ABCDEFGHIJ0123456789"),
        (b"ABCDEFGHIJ01234567890\r", None),
        (b"04 A1\r", None),
        (b"\r\n\n", None),
    ):
        del io.seen[:]
        poll(reader, 1100)
        line.arrive(text)
        poll(reader, 20)
        assert io.seen == ([(1, tag)] if tag else [])


# -- Wiegand


def wiegand():
    io = Io()
    fake_chip.drive(12, 1)
    fake_chip.drive(14, 1)
    return rfid_wiegand.open({"d0": 12, "d1": 14}, io), io


def pulses(reader, bits):
    for n, bit in enumerate(bits):
        pin = 14 if bit == "1" else 12
        fake_chip.drive(pin, 0)
        fake_chip.drive(pin, 1)
        if n % 10 == 9:
            reader.poll(None, 20)
    poll(reader, 100)


def with_parity(value, width):
    bits = ""
    for i in range(width - 1, -1, -1):
        bits += str(value >> i & 1)
    half = width // 2
    even = sum([int(b) for b in bits[:half]]) & 1
    odd = 1 - sum([int(b) for b in bits[half:]]) & 1
    return str(even) + bits + str(odd)


def test_wiegand_26_and_34():
    for value, width, tag in (
        (0xA1B2C3, 24, "A1B2C3"),
        (1, 24, "000001"),
        (0x00FF00FF, 32, "00FF00FF"),
    ):
        reader, io = wiegand()
        pulses(reader, with_parity(value, width))
        assert io.seen == [(1, tag)]
        assert reader.broken == 0


def test_every_lost_or_false_wiegand_bit_is_noticed():
    good = with_parity(0xA1B2C3, 24)
    for i in range(26):
        for bad in (
            good[:i] + good[i + 1 :],
            good[:i] + ("0" if good[i] == "1" else "1") + good[i + 1 :],
        ):
            reader, io = wiegand()
            pulses(reader, bad)
            assert (io.seen, reader.broken) == ([], 1)


def test_noise_without_end_fills_no_memory():
    reader, io = wiegand()
    pulses(reader, "10" * 100)
    assert io.seen == []
    assert reader.broken
    assert len(reader.bits) == 40
    pulses(reader, with_parity(5, 24))
    assert io.seen == [(1, "000005")]

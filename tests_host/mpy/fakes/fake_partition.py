"""The app partitions of an ESP32 and its boot loader, as esp32.Partition of MicroPython 1.26 does.

Two slots, the otadata sectors with their states, and the boot loader with its roll-back (ESP-IDF's
app_update). `flash.cut` is the step at which the power goes; writing where the chip must not be
written is an abort, as there.

    flash = fake_partition.install(); flash.boot() ...; fake_partition.remove()

Images of this model: b"\\xe9", 3 bytes, size (4 bytes), 4 bytes, chip (2 bytes), 10 bytes,
contents, SHA-256 of all before.
"""

import hashlib
import sys

BLOCK = 4096
ESP32, ESP32_S3 = b"\x00\x00", b"\x09\x00"


class Cut(BaseException):
    """The power goes."""


class Abort(BaseException):
    """The chip stops: what was written is code that runs (DANGEROUS_WRITE_ABORTS)."""


def image(contents, chip=ESP32):
    """An app image that the boot loader takes."""
    size = 24 + len(contents) + 32
    head = b"\xe9\x01\x02\x20" + bytes((size & 255, size >> 8 & 255, size >> 16, 0))
    body = head + bytes(4) + chip + bytes(10) + contents
    return body + hashlib.sha256(body).digest()


class Flash:
    """Partitions ota_0 and ota_1 of `blocks` blocks. entries: (number, state) by sector."""

    def __init__(self, blocks=3):
        self.size = blocks * BLOCK
        self.data = [bytearray(b"\xff" * self.size), bytearray(b"\xff" * self.size)]
        self.entries = [None, None]
        self.running = 0
        self.slots = 2
        self.steps = 0
        self.cut = None
        self.erased = 0

    def step(self):
        """One primitive step of the flash; the power may go before it."""
        self.steps += 1
        if self.steps == self.cut:
            raise Cut

    def valid(self, slot):
        """Does the boot loader find an image of this chip there?"""
        data = self.data[slot]
        size = data[4] | data[5] << 8 | data[6] << 16
        if data[0] != 0xE9 or bytes(data[12:14]) != ESP32 or not 56 <= size <= self.size:
            return False
        return hashlib.sha256(bytes(data[: size - 32])).digest() == bytes(data[size - 32 : size])

    def _active(self):
        """The sector that counts: the highest number that was not given up."""
        found = None
        for sector in (0, 1):
            entry = self.entries[sector]
            if entry and entry[1] != "aborted":
                if found is None or entry[0] > self.entries[found][0]:
                    found = sector
        return found

    def boot(self):
        """A start: the label of the image that runs. An image on trial has this one start."""
        for sector in (0, 1):
            if self.entries[sector] and self.entries[sector][1] == "pending":
                self.entries[sector] = self.entries[sector][0], "aborted"
        while True:
            sector = self._active()
            if sector is None:
                self.running = 0
                break
            number, state = self.entries[sector]
            self.running = (number - 1) % 2
            if self.valid(self.running):
                if state == "new":
                    self.entries[sector] = number, "pending"
                break
            self.entries[sector] = number, "aborted"
        return "ota_%d" % self.running

    def select(self, slot):
        """esp_ota_set_boot_partition: the sector that does not count is written."""
        if not self.valid(slot):
            raise OSError(-5379, "ESP_ERR_OTA_VALIDATE_FAILED")
        active = self._active()
        number = 0 if active is None else self.entries[active][0]
        while (number := number + 1) % 2 != (slot + 1) % 2:
            pass
        sector = 0 if active is None else 1 - active
        self.step()
        self.entries[sector] = None
        self.step()
        self.entries[sector] = number, "new"
        self.step()

    def confirm(self):
        """esp_ota_mark_app_valid_cancel_rollback: the sector that counts is erased and written."""
        sector = self._active()
        if sector is None:
            raise OSError(-1, "ESP_FAIL")
        number, state = self.entries[sector]
        if state != "valid":
            self.step()
            self.entries[sector] = None
            self.step()
            self.entries[sector] = number, "valid"
            self.step()


flash = None


class Partition:
    """esp32.Partition with blocks of 4096 bytes."""

    BOOT = 0
    RUNNING = 1

    def __init__(self, which):
        self.slot = flash.running if which == self.RUNNING else which - 10

    def get_next_update(self):
        """The other slot; the only one where there is one; an error where it is none."""
        if not flash.slots:
            raise OSError(2)
        return Partition(10 + (1 - self.slot if flash.slots == 2 else self.slot))

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        address = 0x10000 + self.slot * flash.size
        return (0, 16 + self.slot, address, flash.size, "ota_%d" % self.slot, False)

    def readblocks(self, block, data):
        """Any number of bytes."""
        at = block * BLOCK
        data[:] = flash.data[self.slot][at : at + len(data)]

    def writeblocks(self, block, data, offset=None):
        """Without an offset it erases first; with one, bits can only be cleared."""
        if self.slot == flash.running:
            raise Abort
        at = block * BLOCK + (offset or 0)
        if at + len(data) > flash.size:
            raise OSError(-0x104, "ESP_ERR_INVALID_SIZE")
        area = flash.data[self.slot]
        if offset is None:
            flash.step()
            flash.erased += 1
            area[at : at + len(data) // 2] = b"\xff" * (len(data) // 2)
            flash.step()
            area[at : at + len(data)] = b"\xff" * len(data)
        for start in (0, len(data) // 2):
            flash.step()
            for i in range(start, start + len(data) // 2):
                area[at + i] &= data[i]
        flash.step()

    def set_boot(self):
        """The next start is of this one, on trial."""
        flash.select(self.slot)

    @staticmethod
    def mark_app_valid_cancel_rollback():
        """What runs has proved itself."""
        flash.confirm()


class _Esp32:
    Partition = Partition


def install(blocks=3):
    """A chip whose first slot runs; `import esp32` finds it."""
    global flash
    flash = Flash(blocks)
    flash.data[0][:200] = image(b"o" * (200 - 56))
    flash.boot()
    sys.modules["esp32"] = _Esp32
    return flash


def remove():
    """No chip."""
    sys.modules.pop("esp32", None)

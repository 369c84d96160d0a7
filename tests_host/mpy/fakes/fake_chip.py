"""What do the pins, converters and serial ports of an ESP32 do? No hardware, the same failures.

A test plays the outside: `drive(21, 1)` puts a level on a pin, `analog[34] = 1650` millivolts on a
converter's input, `uart.arrive(b"..")` bytes on a line. Reading an input that nothing drives
and that has no pull-up raises Floating: on a board that is noise. `fresh()` starts anew.
"""

import fake_twai

mem32 = fake_twai.mem32
Timer = fake_twai.Timer

outside = {}  # pin number: level from outside
analog = {}  # pin number: millivolts
pins = {}  # pin number: the Pin last made of it
uarts = {}
devices = {}  # chip-select pin: an object with start(), byte(value) -> value, end()


class Floating(Exception):
    """An input was read that nothing drives."""


def fresh():
    """Everything as after power on; returns the TWAI chip."""
    for table in (outside, analog, pins, uarts, devices):
        table.clear()
    PWM.made.clear()
    return fake_twai.fresh()


def drive(number, level):
    """Somebody outside puts a level on a pin; its interrupt runs on an edge."""
    before = outside.get(number)
    outside[number] = level
    pin = pins.get(number)
    if pin and pin.handler and before != level:
        if pin.trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            pin.handler(pin)


class Pin:
    """A GPIO: 0 to 39, of which 34 to 39 are inputs without pulls."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        if isinstance(number, Pin):
            number = number.number
        if not 0 <= number < 40 or number in (24, 28, 29, 30, 31):
            raise ValueError("invalid pin")
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) and number > 33:
            raise ValueError("pin can only be input")
        if pull != -1 and number > 33:
            raise ValueError("pin has no pull")
        self.number = number
        self.mode = mode
        self.pull = pull
        self.level = value or 0
        self.handler = None
        self.trigger = 0
        self.history = [] if value is None else [value]
        pins[number] = self
        if mode != -1:
            fake_twai.chip.pins[number] = "out" if mode == Pin.OUT else "in"

    def value(self, level=None):
        if level is not None:
            if self.mode == Pin.IN:
                return  # as on the chip: it sets a latch nobody sees
            level = int(bool(level))
            if level != self.level or not self.history:
                self.history.append(level)
            if self.level != level and self.number in devices:
                device = devices[self.number]
                device.end() if level else device.start()
            self.level = level
            return
        if self.mode == Pin.OUT:
            return self.level
        if self.number in outside:
            return outside[self.number]
        if self.pull == Pin.PULL_UP:
            return 1
        if self.pull == Pin.PULL_DOWN:
            return 0
        raise Floating("pin %d" % self.number)

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, handler=None, trigger=3, hard=False):
        self.handler = handler
        self.trigger = trigger


class ADC:
    """ADC1 (32 to 39); ADC2 is the WiFi's as soon as that runs."""

    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        number = pin.number if isinstance(pin, Pin) else pin
        if not 32 <= number <= 39:
            raise ValueError("invalid pin")
        self.number = number
        self.atten = atten

    def read_uv(self):
        full = 3100 if self.atten == ADC.ATTN_11DB else 950
        return max(142, min(full, analog.get(self.number, 0))) * 1000

    def read_u16(self):
        return min(65535, self.read_uv() * 65535 // 3300000)


class PWM:
    """A square wave on a pin."""

    made = []

    def __init__(self, pin, freq=None, duty_u16=None):
        self.tones = []
        self._freq = freq
        self.duty = duty_u16 or 0
        PWM.made.append(self)

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        if not 1 <= hz <= 40000000:
            raise ValueError("freq should be from 1 to 40000000")
        self._freq = hz

    def duty_u16(self, duty=None):
        if duty is not None and duty != self.duty:
            self.duty = duty
            self.tones.append((self._freq, duty))
        return self.duty

    def deinit(self):
        self.duty = 0


class UART:
    """A serial port whose calls return at once (timeout=0)."""

    def __init__(self, number, baudrate=115200, **more):
        if number not in (1, 2):
            raise ValueError("UART(%d) does not exist" % number)
        self.baudrate = baudrate
        self.more = more
        self.buffer = b""
        self.written = b""
        self.answer = None  # called with what was written; its bytes arrive
        self.broken = False
        uarts[number] = self

    def arrive(self, data):
        self.buffer = (self.buffer + data)[-self.more.get("rxbuf", 256) :]

    def any(self):
        return len(self.buffer)

    def read(self, n=None):
        if not self.buffer:
            return None
        n = len(self.buffer) if n is None else n
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def readinto(self, buf, n=None):
        data = self.read(len(buf) if n is None else n)
        if data is None:
            return None
        buf[: len(data)] = data
        return len(data)

    def write(self, data):
        if self.broken:
            raise OSError(5)
        self.written += bytes(data)
        if self.answer:
            got = self.answer(bytes(data))
            if got:
                self.arrive(got)
        return len(data)


class SPI:
    """A bus: what goes out reaches the device whose chip select is low."""

    def __init__(self, number, baudrate=1000000, sck=None, mosi=None, miso=None, **more):
        if number not in (1, 2):
            raise ValueError("SPI(%d) doesn't exist" % number)
        self.baudrate = baudrate

    def _exchange(self, value):
        selected = [d for n, d in devices.items() if n in pins and pins[n].level == 0]
        if len(selected) > 1:
            raise Floating("two devices are selected")
        return selected[0].byte(value) if selected else 0xFF

    def write(self, data):
        for value in data:
            self._exchange(value)

    def readinto(self, buf, fill=0):
        for i in range(len(buf)):
            buf[i] = self._exchange(fill)

    def read(self, n, fill=0):
        buf = bytearray(n)
        self.readinto(buf, fill)
        return bytes(buf)

    def write_readinto(self, out, buf):
        if len(out) != len(buf):
            raise ValueError("buffers must be the same length")
        for i in range(len(out)):
            buf[i] = self._exchange(out[i])


class WDT:
    """The watchdog; feeding it is counted. A second one sets the first anew, as on the chip."""

    fed = 0
    last = None

    def __init__(self, timeout=5000):
        WDT.last = timeout

    def feed(self):
        WDT.fed += 1


class RTC:
    """The clock chip."""

    def datetime(self, parts=None):
        return (2000, 1, 1, 5, 0, 0, 0, 0)


PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3


def reset_cause():
    return PWRON_RESET


class Reset(BaseException):
    """machine.reset()."""


def reset():
    raise Reset


def unique_id():
    return b"\x24\x0a\xc4\x00\x01\x02"


def freq():
    return 160000000

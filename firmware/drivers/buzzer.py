"""What does a person hear? A card was read, a charge began or ended, something failed.

A part of drivers/io_pins.py. A passive buzzer is driven with its tones ("pwm": True); one with its
own oscillator is switched on and off.
"""

from machine import PWM, Pin
from micropython import const

from drivers.io_pins import level, output
from station import topics

# Pairs of pitch in 100 Hz (0: silence) and length in 10 ms.
READ = b"\x18\x06"
STARTED = b"\x10\x0c\x00\x04\x18\x14"
STOPPED = b"\x18\x0c\x00\x04\x10\x14"
FAULT = b"\x08\x14\x00\x0a\x08\x14\x00\x0a\x08\x14"
_DUTY = const(32768)


class Buzzer:
    """`params`: {"pin": 14, "pwm": True}."""

    def __init__(self, params, io):
        self.spec = params["pin"]
        self.pwm = None
        if params.get("pwm"):
            self.pwm = PWM(Pin(self.spec), freq=1000, duty_u16=0)
        else:
            self.pin = output(self.spec)
        self.io = io
        self.reads = 0
        self.tune = b""
        self.left = -1  # ms of the present tone; -1: silence
        self.bus = None

    def play(self, tune):
        """Play pairs of pitch and length; what sounds now ends."""
        self.tune = tune
        self.left = 0

    def _listen(self, app):
        self.bus = app.bus
        app.bus.on(topics.TX_STARTED, lambda session: self.play(STARTED))
        app.bus.on(topics.TX_STOPPED, lambda session: self.play(STOPPED))
        app.bus.on(topics.STATUS, lambda cid: self._status(app.station.connector(cid)))

    def _status(self, connector):
        if connector.status == "Faulted":
            self.play(FAULT)

    def _sound(self, pitch):
        if self.pwm is None:
            self.pin.value(level(self.spec, pitch))
            return
        if pitch:
            self.pwm.freq(pitch * 100)
        self.pwm.duty_u16(_DUTY if pitch else 0)

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        if self.bus is None:
            self._listen(app)
        if self.reads != self.io.reads:
            self.reads = self.io.reads
            self.play(READ)
        if self.left < 0:
            return
        self.left -= ms
        if self.left > 0:
            return
        if not self.tune:
            self._sound(0)
            self.left = -1
            return
        self._sound(self.tune[0])
        self.left = self.tune[1] * 10
        self.tune = self.tune[2:]


def open(params, io):
    """The Buzzer of a board's part."""
    return Buzzer(params, io)

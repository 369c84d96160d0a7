"""What do lib's `from micropython import const` and friends mean on CPython?

Only for tests and host tools that import lib/ on CPython: values stay as they are, and a viper or
native function runs as the plain Python it is (so its integers do not wrap).
"""


def const(value):
    """The value itself; on MicroPython the compiler folds it in."""
    return value


def _as_written(function):
    return function


viper = native = bytecode = _as_written


def opt_level(level=None):
    """CPython has no such switch: level 0."""
    return 0


def mem_info(verbose=None):
    """Prints nothing: CPython's memory says nothing about the device's."""


def alloc_emergency_exception_buf(size):
    """CPython needs no such buffer."""


def schedule(function, argument):
    """Calls at once; there are no interrupts."""
    function(argument)

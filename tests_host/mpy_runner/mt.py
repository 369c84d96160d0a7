"""What can a mt_*.py test say beyond `assert`? (`import mt`, on MicroPython.)"""


class Skip(Exception):
    """This machine lacks what the test needs; see `skip`."""


def skip(reason):
    """Ends the test as skipped, with the reason in pytest's output."""
    raise Skip(reason)


def raises(kind, function, *args):
    """Calls `function(*args)` and returns the exception of `kind` that it raises, or fails."""
    try:
        result = function(*args)
    except kind as error:
        return error
    raise AssertionError("no %s raised; the result is %r" % (kind.__name__, result))


# One function an operator of `assert a OP b`.
_OPERATORS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "is": lambda a, b: a is b,
    "is not": lambda a, b: a is not b,
}


def check(left, operator, right):
    """What `assert left OP right` has become on its way here: the failure shows both values."""
    if not _OPERATORS[operator](left, right):
        raise AssertionError("%s %s %s" % (_short(left), operator, _short(right)))


def _short(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."

"""Which commands does the console have?

A row a command: name|arguments|help. Imported to tell of it; console/execute.py knows where its
code is.
"""

TABLE = (
    b"\nhelp|[COMMAND]|this list, or one command"
    b"\nstatus|[--json]|connectors, central system, health at a glance"
    b"\nhealth|[--json]|uptime, memory, delays, errors, restarts"
    b"\ndiagnostics|[--json]|everything a repair needs, in one go"
    b"\nfaults||what is wrong now, and since the start"
    b"\nlogs|[COUNT] [LEVEL] [TAG] or follow on|off|lines kept, or whether they show live"
    b"\nstart|N [ID]|start charging at connector N (token ID, CONSOLE by default)"
    b"\nstop|N|stop the charge at connector N"
    b"\ntag|N ID|as if the card ID were shown at connector N"
    b"\nunlock|N|unlock the cable of connector N; a charge ends first"
    b"\navailable|N on|off|put connector N in or out of service (0: all)"
    b"\nclear||release latched faults whose cause is gone"
    b"\nreset|soft|hard|end all charges in order and restart"
    b"\nconfig|[list [PREFIX]] or get KEY or set KEY VALUE or unset KEY|settings"
    b"\nfactory|reset|all settings to their defaults (says what is kept)"
    b"\nring|[--json]|Slots, islands, power and limits of a ring of shared modules"
    b"\ncan|[dump [SECONDS]]|CAN buses: state and counters, or frames in candump format"
    b"\ntasks||age of every task's beat"
    b"\ntime|[set YYYY-MM-DDThh:mm:ssZ]|wall clock and uptime"
    b"\nupdate|[URL]|which build runs; a signed update from there"
    b"\nmaintenance|[MINUTES] or off|no new charge begins; 15 minutes unless told"
    b"\nlogin|PASSWORD|open a console that is locked (ConsoleLock)"
    b"\nlogout||lock it again"
    b"\nversion||firmware, board, MicroPython"
    b"\nquit||close this connection"
)


def find(name: str):
    """[name, arguments, help] of a command, or None."""
    at = TABLE.find(b"\n" + name.encode() + b"|")
    return row(at) if at >= 0 and name.isalpha() else None


def row(at: int):
    """The row that begins (with its line feed) at an index. Arguments may hold a '|'."""
    end = TABLE.find(b"\n", at + 1)
    text = str(TABLE[at + 1 : end if end >= 0 else len(TABLE)], "utf-8")
    name, rest = text.split("|", 1)
    arguments, _, doc = rest.rpartition("|")
    return [name, arguments, doc]


def rows():
    """Generator of all rows."""
    at = 0
    while at >= 0:
        yield row(at)
        at = TABLE.find(b"\n", at + 1)

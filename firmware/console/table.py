"""Which commands does the console have?

A row a command: name|module|arguments|help. The generator function `name` of console/MODULE.py
runs it: it is imported when the command is typed and dropped afterwards.
"""

TABLE = (
    b"\nhelp|cmd_info|[COMMAND]|this list, or one command"
    b"\nstatus|cmd_status|[--json]|connectors, central system, health at a glance"
    b"\nhealth|cmd_status|[--json]|uptime, memory, delays, errors, restarts"
    b"\ndiagnostics|cmd_diag|[--json]|everything a repair needs, in one go"
    b"\nfaults|cmd_info||what is wrong now, and since the start"
    b"\nlogs|cmd_logs|[COUNT] [LEVEL] [TAG] or follow on|off|lines kept, or whether they show live"
    b"\nstart|cmd_charge|N [ID]|start charging at connector N (token ID, CONSOLE by default)"
    b"\nstop|cmd_charge|N|stop the charge at connector N"
    b"\ntag|cmd_charge|N ID|as if the card ID were shown at connector N"
    b"\nunlock|cmd_charge|N|unlock the cable of connector N; a charge ends first"
    b"\navailable|cmd_charge|N on|off|put connector N in or out of service (0: all)"
    b"\nclear|cmd_charge||release latched faults whose cause is gone"
    b"\nreset|cmd_service|soft|hard|end all charges in order and restart"
    b"\nconfig|cmd_config|[list [PREFIX]] or get KEY or set KEY VALUE or unset KEY|settings"
    b"\nfactory|cmd_service|reset|all settings to their defaults (says what is kept)"
    b"\nring|cmd_ring|[--json]|Slots, islands, power and limits of a ring of shared modules"
    b"\ncan|cmd_can|[dump [SECONDS]]|CAN buses: state and counters, or frames in candump format"
    b"\ntasks|cmd_status||age of every task's beat"
    b"\ntime|cmd_service|[set YYYY-MM-DDThh:mm:ssZ]|wall clock and uptime"
    b"\nupdate|cmd_update|[URL]|which build runs; a signed update from there"
    b"\nmaintenance|cmd_service|[MINUTES] or off|no new charge begins; 15 minutes unless told"
    b"\nlogin|cmd_lock|PASSWORD|open a console that is locked (ConsoleLock)"
    b"\nlogout|cmd_lock||lock it again"
    b"\nversion|cmd_info||firmware, board, MicroPython"
    b"\nquit|cmd_service||close this connection"
)


def find(name: str):
    """[name, module, arguments, help] of a command, or None."""
    at = TABLE.find(b"\n" + name.encode() + b"|")
    return row(at) if at >= 0 and name.isalpha() else None


def row(at: int):
    """The row that begins (with its line feed) at an index. Arguments may hold a '|'."""
    end = TABLE.find(b"\n", at + 1)
    text = str(TABLE[at + 1 : end if end >= 0 else len(TABLE)], "utf-8")
    name, module, rest = text.split("|", 2)
    arguments, _, doc = rest.rpartition("|")
    return [name, module, arguments, doc]


def rows():
    """Generator of all rows."""
    at = 0
    while at >= 0:
        yield row(at)
        at = TABLE.find(b"\n", at + 1)

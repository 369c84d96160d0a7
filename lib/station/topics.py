"""Which events cross the bus, and what does each one carry?

The bus joins subsystems that do not call each other (station, OCPP, journal, console). Numbers,
not names: a topic costs no string. Payloads are fixed here and nowhere else; a listener takes
exactly one argument. Never per-frame data, never a question that wants an answer.
"""

STATUS = 1  # int: id of the connector whose status or error changed (0: the charge point)
TX_STARTED = 2  # session: energy may flow, the transaction began
TX_STOPPED = 3  # session: the transaction ended; stop_reason and meter_stop_wh stand in it
TX_UPDATED = 4  # session: transaction id learned, parent learned, suspended, tag changed
AUTHORIZE = 5  # session or alike (.cid, .id_tag): answer with station.authorised()
FAULT = 6  # tuple (cid, name, on, text): a fault began (on) or ended
ALERT = 7  # tuple (cid, type, message): for the operator, e.g. BMSAlert and SystemAlert
CONFIG = 8  # str: name of the configuration key whose value changed
RESET = 9  # tuple (kind, reason): 'Soft' or 'Hard'; transactions are stopped, main ends the run
ONLINE = 10  # bool: the central system accepted us (True) or is lost (False)
TIME = 11  # int or None: the wall clock jumped by so many seconds; None: it was unknown before
PLUG = 12  # connector: plugged or unplugged
METER = 13  # connector: a meter snapshot was taken

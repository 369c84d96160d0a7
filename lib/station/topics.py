"""Which events cross the bus, and what does each one carry?

The bus joins subsystems that do not call each other (station, OCPP, journal, console). Numbers,
not names: a topic costs no string. Payloads are fixed here and nowhere else; a listener takes
exactly one argument. Never per-frame data, never a question that wants an answer.
"""

from micropython import const

STATUS = const(1)  # int: id of the connector whose status or error changed (0: the charge point)
TX_STARTED = const(2)  # session: energy may flow, the transaction began
TX_STOPPED = const(3)  # session: the transaction ended; stop_reason and meter_stop_wh stand in it
TX_UPDATED = const(4)  # session: transaction id learned, parent learned, suspended, tag changed
AUTHORIZE = const(5)  # session or alike (.cid, .id_tag): answer with station.authorised()
FAULT = const(6)  # tuple (cid, name, on, text): a fault began (on) or ended
ALERT = const(7)  # tuple (cid, type, message): for the operator, e.g. BMSAlert and SystemAlert
CONFIG = const(8)  # str: name of the configuration key whose value changed
RESET = const(9)  # tuple ('Soft' or 'Hard', reason): charges are over, main ends the run
ONLINE = const(10)  # bool: the central system accepted us (True) or is lost (False)
TIME = const(11)  # int: the wall clock jumped by so many s; None: it was unknown before
PLUG = const(12)  # connector: plugged or unplugged
METER = const(13)  # connector: a meter snapshot was taken

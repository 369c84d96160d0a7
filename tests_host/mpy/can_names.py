"""What do the constants of machine.CAN mean that the CAN drivers use? (They keep them private.)"""

FLAG_RTR = 1
FLAG_EXT_ID = 2
STATE_STOPPED = 0
STATE_ACTIVE = 1
STATE_WARNING = 2
STATE_PASSIVE = 3
STATE_BUS_OFF = 4

"""A small node with the firmware's slcan driver, for tests that drive it from outside.

    micropython can_node.py HOST PORT | /dev/TTY

Every frame is sent back with its id's lowest bit flipped and its data reversed; frame 1FFFFFFF
ends it. Prints the state whenever it changes, and restarts the driver 0.1 s after a bus-off.
"""

import sys
import time

import can_names as names

from drivers import can

if len(sys.argv) == 2:
    where = {"tty": sys.argv[1]}
else:
    where = {"host": sys.argv[1], "port": int(sys.argv[2])}
driver = can.open("slcan", where)
driver.set_filters(None)
frame = [0, None, 0, 0]
last = -1
turn = 0
while frame[0] != 0x1FFFFFFF:
    while driver.recv(frame) and frame[0] != 0x1FFFFFFF:
        data = bytes(frame[1])
        driver.send(frame[0] ^ 1, bytes(reversed(data)), frame[2])
    turn += 1
    if turn % 20 == 0:
        state = driver.state()
        if state != last:
            last = state
            print(state)
        elif state == names.STATE_BUS_OFF:
            driver.restart()
    time.sleep_ms(5)
driver.deinit()

"""Which names belong to Python and its modules, so that tools/shorten.py leaves them alone?"""

import asyncio
import binascii
import builtins
import gc
import io
import json
import os
import random
import select
import socket
import sys
import time

# Names of what is not ours, on any port: an attribute that looks like one is left alone.
FOREIGN = {
    name
    for thing in (
        *(value for value in vars(builtins).values() if isinstance(value, type)),
        *(io.BytesIO, io.StringIO, socket.socket, asyncio.StreamReader, asyncio.StreamWriter),
        *(asyncio.Task, asyncio.Event, asyncio.Lock),
        *(asyncio, binascii, gc, json, os, random, select, socket, sys, time),
    )
    for name in dir(thing)
} | set(
    "feed datetime readinto ipoll poll register modify init irq flags recv value sleep_ms "
    "ticks_ms ticks_diff ticks_add mem_alloc mem_free ilistdir statvfs".split()
)

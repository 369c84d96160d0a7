"""What runs on the ports for test_update_station.py: the station's own code is fed an update."""

from ws_peers import ROOT

# Feeds `bundle` to the station as its orders say, and prints what became of it as JSON.
CLIENT = """
import sys
sys.path[:0] = [%r, %r]
import asyncio, builtins, json, os
import ota.place, ota.slots, ota.signer
from ota.place import Update, clear

orders = json.load(open("orders"))
real_open, real = builtins.open, os

class Cut(BaseException):
    pass

steps = 0

def step():
    global steps
    steps += 1
    if steps == orders.get("cut"):
        raise Cut

class File:
    def __init__(self, *args):
        if "w" in args[-1]:
            step()
        self.f = real_open(*args)
    def write(self, data):
        half = len(data) // 2
        if half:
            self.f.write(memoryview(data)[:half])
            step()
        self.f.write(memoryview(data)[half:])
        step()
        return len(data)
    def close(self):
        self.f.close()
    def __enter__(self):
        return self
    def __exit__(self, *rest):
        self.f.close()
    def __iter__(self):
        return iter(self.f)
    def read(self):
        return self.f.read()

class Os:
    ilistdir = os.ilistdir
    def __getattr__(self, name):
        def do(*args):
            step()
            done = getattr(real, name)(*args)
            step()
            return done
        return do

class Board:
    NAME = "TEST"

class Clock:
    def wall(self):
        return orders.get("now")

class Log:
    def info(self, *args):
        pass

class Store:
    def free(self):
        return orders.get("free")

class App:
    store = Store()
    board = Board
    VERSION = orders.get("running", "1.1.0")
    clock = Clock()
    def log(self, tag):
        return Log()

async def take():
    one = Update(App())
    data = real_open("bundle", "rb").read()
    if "free" in orders:
        await one.make_room()
    await one.begin()
    size = orders.get("pieces", 500)
    for at in range(0, len(data), size):
        await one.write(data[at:at + size])
    one.install()

def booted():
    # what boot.py chooses, run as at power-up
    space = {"__name__": "boot"}
    with real_open(orders["boot"]) as f:
        text = f.read()
    path = sys.path[:]
    exec(text, space)
    sys.path[:] = path
    return space["_slot"]

if "cut" in orders:
    for module in (ota.place, ota.slots):
        module.os = Os()
        module.open = File

    class Signer:  # judged by the other tests; here it would take most of the time
        @staticmethod
        async def check(app, bundle):
            pass

    sys.modules["ota.signer"] = Signer
said = "ok"
try:
    asyncio.run(take())
except Cut:
    said = "cut"
except Exception as e:
    said = "%%s: %%s" %% (getattr(e, "kind", type(e).__name__), e)
boots = [booted() for _ in range(orders.get("boots", 1))]
print(json.dumps([said, boots, steps]))
""" % (str(ROOT / "firmware"), str(ROOT / "lib"))

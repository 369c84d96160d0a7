"""How fast is the WebSocket: masking, sending, receiving?"""

from tools.bench import port
from tools.bench.figures import Figure, measures


@measures("ws.mask_plain", "ws.mask_fast", "ws.receive", "ws.send", alone=True, seconds=3)
def speeds():
    """Megabytes (10^6) a second, and microseconds for a message of 300 bytes."""
    found = port.run("websocket_cost.py")
    yield Figure("ws.mask_plain", round(found["mask_plain"], 2), "MB/s", "lib/ws/bulk.py, 1 KB")
    yield Figure("ws.mask_fast", round(found["mask_fast"], 1), "MB/s", "lib/ws/bulk_fast.py, 1 KB")
    yield Figure("ws.receive", round(found["receive"], 1), "us", "lib/ws, a text of 300 B")
    yield Figure("ws.send", round(found["send"], 1), "us", "WebSocket.send_str, a text of 300 B")

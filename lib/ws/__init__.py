"""What speaks the WebSocket protocol (RFC 6455), client side, without doing any input or output?

frames.py turns bytes into messages and messages into bytes, handshake.py and answer.py do the
opening handshake, utf8.py checks text, bulk.py and bulk_fast.py do what has to be done to every
byte. The sockets and the waiting are in firmware/net/websocket.py.
"""

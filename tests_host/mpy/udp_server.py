"""A little UDP server inside a test: answer(data) gives the datagrams that go back, in order."""

import asyncio
import socket


class Server:
    """async with Server(answer) as s: s.port; s.heard holds what came."""

    def __init__(self, answer):
        self.answer = answer
        self.heard = []

    async def __aenter__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        for port in range(20000 + id(self) % 20000, 60000):
            self.port = port
            try:
                self.sock.bind(socket.getaddrinfo("127.0.0.1", self.port)[0][-1])
                break
            except OSError:
                pass
        self.task = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        self.sock.close()

    async def _serve(self):
        while True:
            await asyncio.sleep_ms(5)
            try:
                data, peer = self.sock.recvfrom(600)
            except OSError:
                continue
            self.heard.append(data)
            for text in self.answer(data):
                self.sock.sendto(text, peer)

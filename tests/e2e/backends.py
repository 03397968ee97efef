"""What stands behind the gateway in tests: real servers that others wrote, and raw ones that do as they are told."""
import asyncio
import contextlib
import os
import socket

import websockets
from aiohttp import WSMsgType, web

from wire import PATIENCE, Wire


class Backend:
    """A raw backend: each accepted connection waits in a queue for the test to play its part."""

    def __init__(self, path=None, host="127.0.0.1"):
        self.path, self.host = path, host
        self.accepted = asyncio.Queue()
        self.count = 0

    async def __aenter__(self):
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)
            self.server = await asyncio.start_unix_server(self._on_connection, self.path)
            self.url = f"ws+unix:{self.path}"
        else:
            self.server = await asyncio.start_server(self._on_connection, self.host, 0)
            host, port = self.server.sockets[0].getsockname()[:2]
            self.url = f"ws://[{host}]:{port}" if ":" in host else f"ws://{host}:{port}"
        self.wires = []
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for wire in self.wires:
            wire.writer.transport.abort()

    def _on_connection(self, reader, writer):
        wire = Wire(reader, writer, is_client=False)
        self.count += 1
        self.wires.append(wire)
        self.accepted.put_nowait(wire)

    async def accept(self):
        """The next connection, nothing read from it yet."""
        return await asyncio.wait_for(self.accepted.get(), PATIENCE)

    async def accept_open(self, headers=(), early=b""):
        """The next connection, its handshake answered."""
        wire = await self.accept()
        await wire.accept_handshake(headers, early)
        return wire


async def open_pair(gateway, backend, path="/", **how):
    """A session: the client's end and the backend's end, both open."""
    client = await Wire.connect(gateway.address)
    opening = asyncio.ensure_future(client.open(path, **how))
    try:
        server = await backend.accept_open()
        await opening
    except BaseException:
        opening.cancel()
        client.writer.transport.abort()
        raise
    return client, server


@contextlib.asynccontextmanager
async def session(gateway, backend, path="/", **how):
    client, server = await open_pair(gateway, backend, path, **how)
    try:
        yield client, server
    finally:
        client.writer.transport.abort()
        server.writer.transport.abort()


# ---------------------------------------------------------------- real servers: a talk is a coroutine over a Talk

class Talk:
    """One face for both libraries: send, receive, close, and what was agreed in the handshake."""

    def __init__(self, ws, library):
        self.ws, self.library = ws, library

    async def send(self, message):
        if self.library == "websockets":
            await self.ws.send(message)
        elif isinstance(message, str):
            await self.ws.send_str(message)
        else:
            await self.ws.send_bytes(message)

    async def receive(self):
        """The next message; None at the end."""
        if self.library == "websockets":
            try:
                return await self.ws.recv()
            except websockets.ConnectionClosed:
                return None
        message = await self.ws.receive()
        return message.data if message.type in (WSMsgType.TEXT, WSMsgType.BINARY) else None

    async def close(self, code=1000, reason=""):
        if self.library == "websockets":
            await self.ws.close(code, reason)
        else:
            await self.ws.close(code=code, message=reason.encode())

    @property
    def close_code(self):
        return self.ws.close_code


async def echo(talk):
    while (message := await talk.receive()) is not None:
        await talk.send(message)


@contextlib.asynccontextmanager
async def websockets_server(talk=echo, **options):
    """python3-websockets as a backend; yields its URL."""
    async def handler(ws, *_):
        with contextlib.suppress(websockets.ConnectionClosed):
            await talk(Talk(ws, "websockets"))

    settings = {"max_size": None, "ping_interval": None, "compression": None, **options}
    async with websockets.serve(handler, "127.0.0.1", 0, **settings) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def aiohttp_server(talk=echo, handler=None, **options):
    """aiohttp as a backend; yields its URL. handler replaces the WebSocket one whole."""
    async def upgrade(request):
        ws = web.WebSocketResponse(**{"max_msg_size": 0, "compress": False, **options})
        await ws.prepare(request)
        with contextlib.suppress(ConnectionError):
            await talk(Talk(ws, "aiohttp"))
        return ws

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler or upgrade)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
    await site.start()
    try:
        yield f"ws://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


SERVERS = {"websockets": websockets_server, "aiohttp": aiohttp_server}


@contextlib.asynccontextmanager
async def websockets_client(url, **options):
    settings = {"max_size": None, "ping_interval": None, "compression": None, "open_timeout": PATIENCE, **options}
    async with websockets.connect(url, **settings) as ws:
        yield Talk(ws, "websockets")


@contextlib.asynccontextmanager
async def aiohttp_client(url, **options):
    import aiohttp
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url, max_msg_size=0, **options) as ws:
            yield Talk(ws, "aiohttp")


CLIENTS = {"websockets": websockets_client, "aiohttp": aiohttp_client}


def free_port():
    """A port where nobody listens (nor will, in the next moments: the kernel hands ports out in turn)."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]

"""A TCP or unix connection in the hands of a test: raw bytes, HTTP heads and frames, each wait bounded."""
import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import struct
import time
from typing import NamedTuple

import frames

# What a wait may last: sanitized builds and a shared core are slow, a hang is longer than any of it.
PATIENCE = 15 if os.environ.get("SLUICE_BUILD", "release") == "release" else 45
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def handshake_lines(path="/", host="test.example", key=SAMPLE_KEY):
    """The lines of a good opening handshake; tests leave out, change and add."""
    return [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]


def head_bytes(lines):
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Head(NamedTuple):
    """A request's or a response's head: its first line, and its header lines in order."""
    start: str
    lines: list

    def all(self, name):
        return [value for field, value in self.lines if field.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def status(self):
        return int(self.start.split()[1])

    @property
    def target(self):
        return self.start.split()[1]

    @staticmethod
    def parse(data):
        start, *rest = data.decode("latin-1").split("\r\n")
        lines = [line.partition(":")[::2] for line in rest if line]
        return Head(start, [(name, value.strip()) for name, value in lines])


class Response(NamedTuple):
    head: Head
    body: bytes
    complete: bool  # the body came to the end that its framing promised

    @property
    def status(self):
        return self.head.status


async def until(condition, what="the condition", seconds=None):
    """Waits for condition() to be true; returns what it gave."""
    deadline = time.monotonic() + (seconds or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.01)


class Wire:
    def __init__(self, reader, writer, *, is_client):
        self.reader, self.writer, self.is_client = reader, writer, is_client
        self.request = None  # a backend's side: the head that it was sent
        self.was_reset = False
        sock = writer.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    async def connect(address, **options):
        """address: "127.0.0.1:1", "[::1]:1" or "unix:/path", as the ready line has it."""
        if address.startswith("unix:"):
            opening = asyncio.open_unix_connection(address[5:], **options)
        else:
            host, _, port = address.rpartition(":")
            opening = asyncio.open_connection(host.strip("[]"), int(port), **options)
        reader, writer = await asyncio.wait_for(opening, PATIENCE)
        return Wire(reader, writer, is_client=True)

    # ------------------------------------------------------------ bytes

    async def send(self, data):
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), PATIENCE)

    async def send_apart(self, pieces):
        """Each piece in a segment of its own: the other side gets the time to read it."""
        for piece in pieces:
            try:
                await self.send(bytes([piece]) if isinstance(piece, int) else piece)
            except ConnectionError:
                return  # it has heard enough: what it said before is still to be read
            await asyncio.sleep(0.0005)

    async def read_exactly(self, count):
        return await asyncio.wait_for(self.reader.readexactly(count), PATIENCE)

    async def read_some(self, count=65536):
        return await asyncio.wait_for(self.reader.read(count), PATIENCE)

    async def read_rest(self):
        """All bytes up to the end of the stream, be it a FIN or a reset."""
        data = bytearray()
        while True:
            try:
                piece = await self.read_some()
            except ConnectionError:
                self.was_reset = True
                return bytes(data)
            if not piece:
                return bytes(data)
            data += piece

    async def expect_end(self):
        rest = await self.read_rest()
        assert rest == b"", f"bytes where the end was due: {rest[:200]!r}"

    def pause_reading(self):
        self.reader._limit = 1  # the stream pauses its transport as soon as it holds more than twice this
        self.writer.transport.pause_reading()

    def half_close(self):
        self.writer.write_eof()

    def reset(self):
        """RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self):
        self.writer.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()

    # ------------------------------------------------------------ HTTP

    async def read_head(self):
        data = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        return Head.parse(data[:-4])

    async def read_response(self):
        """A whole response; complete is False where the connection ended before the body did."""
        head = await self.read_head()
        if head.status in (101, 204, 304) or 100 <= head.status < 200:
            return Response(head, b"", True)
        if "chunked" in head.get("Transfer-Encoding", "").lower():
            assert head.get("Content-Length") is None, "both framings in one answer"
            return Response(head, *await self._read_chunks())
        length = head.get("Content-Length")
        if length is None:
            return Response(head, await self.read_rest(), True)
        try:
            return Response(head, await self.read_exactly(int(length)), True)
        except (asyncio.IncompleteReadError, ConnectionError) as short:
            return Response(head, getattr(short, "partial", b""), False)

    async def _read_chunks(self):
        body = bytearray()
        try:
            while True:
                size = int((await asyncio.wait_for(self.reader.readuntil(b"\r\n"), PATIENCE)).split(b";")[0], 16)
                if size == 0:
                    while await asyncio.wait_for(self.reader.readuntil(b"\r\n"), PATIENCE) != b"\r\n":
                        pass  # trailers
                    return bytes(body), True
                body += await self.read_exactly(size)
                assert await self.read_exactly(2) == b"\r\n", "a chunk longer than its size line"
        except (asyncio.IncompleteReadError, ConnectionError) as short:
            return bytes(body + getattr(short, "partial", b"")), False

    # ------------------------------------------------------------ WebSocket

    async def open(self, path="/", *, host="test.example", headers=(), early=b"", extensions=None):
        """A client's opening handshake, checked; returns the answer's head. extensions: what must be agreed on."""
        await self.send(head_bytes(handshake_lines(path, host) + list(headers)) + early)
        response = await self.read_response()
        assert response.status == 101, f"{response.head.start} {response.body[:300]!r}"
        assert response.head.get("Sec-WebSocket-Accept") == accept_of(SAMPLE_KEY)
        assert response.head.get("Upgrade").lower() == "websocket"
        assert "upgrade" in response.head.get("Connection").lower()
        assert response.head.get("Sec-WebSocket-Extensions") == extensions
        return response.head

    async def accept_handshake(self, headers=(), early=b""):
        """A backend's half of the opening handshake."""
        self.request = await self.read_head()
        await self.send(head_bytes(self.answer_lines() + list(headers)) + early)

    def answer_lines(self):
        return ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {accept_of(self.request.get('Sec-WebSocket-Key'))}"]

    def frame(self, opcode, payload=b"", **how):
        """A frame as this side must send it."""
        return (frames.masked if self.is_client else frames.plain)(opcode, payload, **how)

    async def send_frame(self, opcode, payload=b"", **how):
        await self.send(self.frame(opcode, payload, **how))

    async def send_close(self, code=None, reason=""):
        await self.send_frame(frames.CLOSE, b"" if code is None else frames.close_payload(code, reason))

    async def read_frame(self):
        data = await self.read_exactly(2)
        length = data[1] & 0x7F
        if length >= 126:
            extended = await self.read_exactly(2 if length == 126 else 8)
            data, length = data + extended, int.from_bytes(extended, "big")
        data += await self.read_exactly((4 if data[1] & 0x80 else 0) + length)
        (frame,), rest = frames.parse(data)
        assert rest == b""
        assert frame.masked != self.is_client, "masked on the wrong side"
        return frame

    async def read_message(self):
        """(opcode, payload) of the next data message, its fragments joined; a control frame in its way is an error."""
        first = frame = await self.read_frame()
        payload = bytearray(frame.payload)
        assert first.opcode in (frames.TEXT, frames.BINARY), f"opcode {first.opcode}: {first.payload[:60]!r}"
        while not frame.fin:
            frame = await self.read_frame()
            assert frame.opcode == frames.CONTINUATION
            payload += frame.payload
        return first.opcode, bytes(payload)

    async def expect_frame(self, opcode, payload):
        frame = await self.read_frame()
        payload = payload.encode() if isinstance(payload, str) else payload
        assert (frame.opcode, frame.payload, frame.fin) == (opcode, payload, True), frame

    async def read_close(self):
        """(code, reason) of a Close frame, which must be what comes next."""
        frame = await self.read_frame()
        assert frame.opcode == frames.CLOSE, f"opcode {frame.opcode} where a Close was due: {frame.payload[:60]!r}"
        return frames.close_parts(frame.payload)

    async def read_out(self, data=b""):
        """All bytes up to the end. A Close among them is answered, and a backend then ends its stream (RFC 6455 7.1.1
        wants the server to be first), so that nobody has to wait for a timeout."""
        data, answered = bytearray(data), False
        while True:
            if not answered and any(frame.opcode == frames.CLOSE for frame in frames.parse(bytes(data))[0]):
                answered = True
                with contextlib.suppress(ConnectionError):
                    await self.send_close(1000)
                    if not self.is_client:
                        self.half_close()
            try:
                piece = await self.read_some()
            except ConnectionError:
                self.was_reset = True
                return bytes(data)
            if not piece:
                return bytes(data)
            data += piece

    async def expect_close_and_end(self, *codes):
        """A Close with one of these codes, and then, once it is answered, the end."""
        data = await self.read_out()
        closing, left = frames.parse(data)
        assert left == b"" and [frame.opcode for frame in closing] == [frames.CLOSE], f"due was one Close: {data[:200]}"
        code, reason = frames.close_parts(closing[0].payload)
        assert code in codes, f"Close {code} {reason!r}, due was {codes}"
        return reason

    async def expect_close(self, *codes):
        code, reason = await self.read_close()
        assert code in codes, f"Close {code} {reason!r}, due was {codes}"
        return reason

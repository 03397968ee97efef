"""What a client must do, where the gateway is the backend's: its key, its masking keys, its part in the closing."""
import asyncio

import pytest

from backends import Backend, session
from frames import PING, PONG, TEXT
from wire import SAMPLE_KEY, Wire, handshake_lines, head_bytes

COUNT = 20


async def test_each_handshake_has_a_key_of_its_own(shared, backend_path):
    keys = set()
    async with Backend(backend_path) as backend:
        run = shared(backend.url)
        for _ in range(COUNT):
            async with session(run, backend) as (_, server):
                keys.add(server.request.get("Sec-WebSocket-Key"))
    assert len(keys) == COUNT and SAMPLE_KEY not in keys


async def test_the_request_to_a_backend_is_a_handshake_whatever_the_client_wrote(shared, backend_path):
    odd = ["upgrade: h2c , WebSocket", "connection: keep-alive,upgrade"]
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend, headers=odd) as (_, server):
            seen = server.request
            assert seen.start == "GET / HTTP/1.1" and seen.all("Host") == ["test.example"]
            for line in handshake_lines()[2:]:
                name, _, value = line.partition(": ")
                assert len(seen.all(name)) == 1
                assert name == "Sec-WebSocket-Key" or seen.all(name) == [value]


def key_of(frame):
    """The masking key of a short frame."""
    assert frame.masked
    return frame.raw[2:6]


async def test_each_frame_of_the_gateways_own_is_masked_with_a_key_of_its_own(shared, backend_path):
    keys = []
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "ping": {"answer": "edge"}})
        async with session(run, backend) as (client, server):
            for _ in range(COUNT):
                await server.send_frame(PING, b"same")
                pong = await server.read_frame()
                assert (pong.opcode, pong.payload) == (PONG, b"same")
                keys.append(key_of(pong))
            client.close()
            closing = await server.read_frame()
            keys.append(key_of(closing))
    assert len(set(keys)) == COUNT + 1
    assert all(abs(int.from_bytes(a, "big") - int.from_bytes(b, "big")) > 255 for a, b in zip(keys, keys[1:])), keys


async def test_a_clients_masking_goes_on_as_it_chose_it(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            for key in (bytes(4), b"\x01\x02\x03\x04", b"\xff" * 4):
                await client.send_frame(TEXT, "masked", key=key)
                frame = await server.read_frame()
                assert (key_of(frame), frame.payload) == (key, b"masked")


async def test_nothing_is_sent_to_a_backend_before_its_answer(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            early = client.frame(TEXT, "early")
            await client.send(head_bytes(handshake_lines()) + early)
            server = await backend.accept()
            server.request = await server.read_head()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(server.reader.readexactly(1), 0.2)
            await server.send(head_bytes(server.answer_lines()))
            assert await server.read_exactly(len(early)) == early

"""What is still due when one side breaks the protocol: answers to good messages, whole frames, then a Close."""
import asyncio

import pytest

from backends import Backend, session
from frames import BINARY, CLOSE, CONTINUATION, KEY, TEXT, close_parts, header, masked, plain, xor

BAD = {"opcode": (1002, b"\x83\x80" + KEY),
       "text": (1007, masked(TEXT, b"\xff")),
       "rsv": (1002, masked(TEXT, b"x", rsv=0x40))}


async def client_that_fails(client, server, bad):
    """The backend has the good message and the Close that asks it to end; its answer is still on the way."""
    await client.send(masked(TEXT, b"good") + bad)
    await server.expect_frame(TEXT, "good")
    await server.expect_close(1001)


@pytest.mark.parametrize("name", BAD)
async def test_the_answer_that_is_due_comes_before_the_close(shared, backend_path, name):
    code, bad = BAD[name]
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client_that_fails(client, server, bad)
            await asyncio.sleep(0.2)
            await server.send_frame(TEXT, "due")
            await client.expect_frame(TEXT, "due")
            await server.send_close(1000)
            await client.expect_close_and_end(code)


async def test_a_frame_under_way_is_not_cut(shared, backend_path):
    code, bad = BAD["opcode"]
    payload = b"z" * 1000
    frame = plain(BINARY, payload)
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await server.send(frame[:300])
            assert await client.read_exactly(300) == frame[:300]
            await client_that_fails(client, server, bad)
            await server.send(frame[300:])
            assert await client.read_exactly(len(frame) - 300) == frame[300:]
            await server.send_close(1001)
            await client.expect_close_and_end(code)


@pytest.mark.parametrize("how", ["silent", "gone", "reset"])
async def test_a_backend_that_does_not_answer_is_not_waited_for_for_ever(shared, backend_path, how):
    code, bad = BAD["opcode"]
    async with Backend(backend_path) as backend:
        run = shared(backend.url, timeouts={"close": "500ms"})
        async with session(run, backend) as (client, server):
            await client_that_fails(client, server, bad)
            {"silent": lambda: None, "gone": server.close, "reset": server.reset}[how]()
            await client.expect_close_and_end(code)


async def test_a_client_that_fails_inside_its_frame_gets_its_close_at_once(shared, backend_path):
    """The backend cannot be sent a Close inside the frame: nothing more is waited for from it."""
    text = xor(b"good \xff", KEY)
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client.send(header(TEXT, 100, key=KEY) + text[:5])
            assert await server.read_exactly(6 + 5) == header(TEXT, 100, key=KEY) + text[:5]
            await client.send(text[5:])
            await client.expect_close_and_end(1007)
            assert await server.read_out() == b""


async def test_a_client_finishes_its_frame_when_the_backend_fails(shared, backend_path):
    payload = b"z" * 1000
    frame = masked(BINARY, payload)
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client.send(frame[:300])
            assert await server.read_exactly(300) == frame[:300]
            await server.send(plain(TEXT, b"last") + plain(3, b"bad"))
            await client.expect_frame(TEXT, "last")
            await client.expect_close(1014)
            await client.send(frame[300:])
            assert await server.read_exactly(len(frame) - 300) == frame[300:]
            await client.send_close(1000)
            closing = await server.read_frame()
            assert closing.opcode == CLOSE and close_parts(closing.payload)[0] == 1002


async def test_the_input_of_one_that_failed_is_discarded(shared, backend_path):
    code, bad = BAD["opcode"]
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client_that_fails(client, server, bad + masked(CONTINUATION, b"more") * 1000)
            await client.send(masked(TEXT, b"later"))
            await asyncio.sleep(0.1)
            await server.send_close(1001)
            await client.expect_close_and_end(code)
            assert await server.read_out() == b""


async def test_a_client_that_failed_is_told_so_even_when_the_backend_fails_too(shared, backend_path):
    code, bad = BAD["text"]
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client_that_fails(client, server, bad)
            await server.send(plain(3, b"bad too"))
            await client.expect_close_and_end(code)

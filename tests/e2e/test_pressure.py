"""Readers that do not read, writers that write a byte a second, ends that close by half: memory stays bounded, nothing
is lost that can be delivered, and each session ends as it should."""
import asyncio
import hashlib
import os

import pytest

from backends import Backend, open_pair, session
from conftest import bounded
from frames import BINARY, PING, TEXT, plain
from sluice import IS_SANITIZED
from wire import Wire, handshake_lines, head_bytes, until

MIB = 1 << 20
ROOM = (64 if IS_SANITIZED else 8) * MIB  # queues, receive buffers, and what an allocator keeps
LIMITS = {"limits": {"message_size": "1MiB", "backend_message_size": "1MiB"}}


async def pour(wire, block, count):
    """Writes block count times as fast as the other side lets it; wire.poured counts."""
    wire.poured = 0
    for _ in range(count):
        wire.writer.write(block)
        await wire.writer.drain()
        wire.poured += 1


async def until_stalled(*wires):
    """Waits until pour() makes no progress any more on any of them."""
    seen = -1
    while seen != sum(wire.poured for wire in wires):
        seen = sum(wire.poured for wire in wires)
        await asyncio.sleep(0.4)


@pytest.mark.parametrize("slow", ["client", "backend"])
@bounded(4)
async def test_a_reader_that_stops_holds_up_the_writer_and_loses_nothing(gateway, backend_path, slow):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, **LIMITS)
        async with session(run, backend) as (client, server):
            reader, writer = (client, server) if slow == "client" else (server, client)
            reader.pause_reading()
            before = run.rss_bytes
            block = writer.frame(BINARY, os.urandom(16 * 1024)) * 16
            pouring = asyncio.ensure_future(pour(writer, block, 256))  # 64 MiB
            await asyncio.sleep(0.2)
            await until_stalled(writer)
            assert writer.poured < 200, "nobody held the writer up"
            assert run.rss_bytes - before < ROOM
            # The other direction is not held up.
            await reader.send_frame(TEXT, "the other way")
            await writer.expect_frame(TEXT, "the other way")
            due, got = hashlib.sha256(), hashlib.sha256()
            reader.writer.transport.resume_reading()
            left = len(block) * 256
            while left:
                piece = await reader.read_some(min(left, 1 << 18))
                assert piece, "the end came before everything had arrived"
                got.update(piece)
                left -= len(piece)
            await pouring
            for _ in range(256):
                due.update(block)
            assert got.digest() == due.digest()
            assert run.rss_bytes - before < ROOM


@bounded(4)
async def test_fifty_clients_that_do_not_read_cost_their_queues_and_no_more(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, slow_consumer={"queue": "256KiB", "policy": "pause"}, **LIMITS)
        pairs = [await open_pair(run, backend) for _ in range(50)]
        before = run.rss_bytes
        block = plain(BINARY, bytes(60000)) * 4
        for client, server in pairs:
            client.pause_reading()
        pouring = [asyncio.ensure_future(pour(server, block, 1000)) for _, server in pairs]
        await asyncio.sleep(0.3)
        await until_stalled(*(server for _, server in pairs))
        # A queue's limit is 256 KiB; before it is paused for the first time, one turn of the shard may bring more than
        # that, up to all the buffers that are lent: not to every one of the fifty, so half a MiB each will do.
        assert run.rss_bytes - before < 50 * (256 + 512) * 1024 + ROOM
        for client, server in pairs:
            client.reset()
        for task in pouring:
            task.cancel()
        await run.logged("close", 50)
        async with session(run, backend) as (client, server):
            await client.send_frame(TEXT, "room again")
            await server.expect_frame(TEXT, "room again")


async def test_a_session_that_is_stalled_does_not_stall_the_others(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, **LIMITS)
        async with session(run, backend) as (stuck, source), session(run, backend) as (client, server):
            stuck.pause_reading()
            pouring = asyncio.ensure_future(pour(source, plain(BINARY, bytes(60000)), 1000))
            await asyncio.sleep(0.2)
            await until_stalled(source)
            for turn in range(100):
                await client.send_frame(TEXT, f"{turn}")
                await server.expect_frame(TEXT, f"{turn}")
            pouring.cancel()


@pytest.mark.parametrize("slow, gone", [("client", "client"), ("client", "backend"), ("backend", "client"),
                                        ("backend", "backend")])
async def test_a_stalled_session_ends_when_either_side_is_reset(gateway, slow, gone):
    async with Backend() as backend:
        run = gateway(backend.url, **LIMITS)
        async with session(run, backend) as (client, server):
            reader, writer = (client, server) if slow == "client" else (server, client)
            reader.pause_reading()
            pouring = asyncio.ensure_future(pour(writer, writer.frame(BINARY, bytes(60000)), 1000))
            await asyncio.sleep(0.2)
            await until_stalled(writer)
            (client if gone == "client" else server).reset()
            pouring.cancel()
            # The writer that is held up is not read, so its reset may stay unseen until its reader goes on or a
            # timeout ends it; here the reader goes on.
            if writer is (client if gone == "client" else server):
                reader.writer.transport.resume_reading()
                await reader.read_rest()
            await run.logged("close")


async def test_frames_of_a_byte_at_a_time_arrive(shared, backend_path):
    """A byte a second, in a test's time: a byte each tenth of one."""
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            for sender, receiver in ((client, server), (server, client)):
                for byte in sender.frame(TEXT, "slow"):
                    await sender.send(bytes([byte]))
                    await asyncio.sleep(0.1)
                await receiver.expect_frame(TEXT, "slow")


async def test_a_reader_of_a_few_bytes_at_a_time_gets_all(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            stream = b"".join(server.frame(BINARY, bytes([size % 251]) * size) for size in range(300))
            sending = asyncio.ensure_future(server.send(stream))
            got = b""
            while len(got) < len(stream):
                got += await client.read_exactly(min(7, len(stream) - len(got)))
            assert got == stream
            await sending


@pytest.mark.parametrize("sent", [b"", b"GET / HT", head_bytes(handshake_lines())[:-2]],
                         ids=["nothing", "some", "most"])
async def test_a_handshake_that_never_ends_is_ended(shared, sent):
    run = shared("echo", timeouts={"handshake": "400ms"})
    async with await Wire.connect(run.address) as client:
        await client.send(sent)
        answer = await client.read_rest()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


async def test_a_handshake_of_a_byte_a_second_is_ended(shared):
    run = shared("echo", timeouts={"handshake": "400ms"})
    async with await Wire.connect(run.address) as client:
        ended = asyncio.ensure_future(client.read_rest())
        for byte in head_bytes(handshake_lines()):
            if ended.done():
                break
            await client.send_apart([byte])
            await asyncio.sleep(0.05)
        answer = await ended
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


async def test_the_handshake_timeout_ends_with_the_handshake(shared, backend_path):
    async with Backend(backend_path) as backend:
        run = shared(backend.url, timeouts={"handshake": "400ms", "connect": "400ms"})
        async with session(run, backend) as (client, server):
            await asyncio.sleep(0.8)
            await client.send_frame(TEXT, "still open")
            await server.expect_frame(TEXT, "still open")


async def test_a_client_that_closes_by_half_has_said_its_last(shared, backend_path):
    """RFC 6455 knows no half-closed connection: what was sent arrives, then the backend is told."""
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client.send_frame(TEXT, "last words")
            client.half_close()
            await server.expect_frame(TEXT, "last words")
            await server.expect_close_and_end(1001)
            await client.read_rest()


async def test_a_backend_that_closes_by_half_has_said_its_last(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await server.send_frame(TEXT, "last words")
            server.half_close()
            await client.expect_frame(TEXT, "last words")
            await client.expect_close_and_end(1014)
            await server.read_rest()


async def test_a_client_that_closes_by_half_after_its_close_still_gets_the_answer(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            await client.send_close(1000, "bye")
            client.half_close()
            assert await server.read_close() == (1000, "bye")
            await server.send_close(1000, "bye")
            assert await client.read_close() == (1000, "bye")
            await client.expect_end()


@pytest.mark.parametrize("who", ["client", "backend"])
async def test_a_reset_at_each_stage_leaves_nothing_behind(gateway, who):
    async with Backend() as backend:
        run = gateway(backend.url)
        before = run.descriptors
        for stage in range(6):
            client, server = await open_pair(run, backend)
            me, other = (client, server) if who == "client" else (server, client)
            whole = me.frame(BINARY, bytes(1000))
            await me.send([b"", whole[:1], whole[:500], whole, me.frame(PING), me.frame(TEXT, "x", fin=False)][stage])
            me.reset()
            await other.read_out()
            other.close()
        await run.logged("close", 6)
        await until(lambda: run.descriptors <= before, "the descriptors to be given back")

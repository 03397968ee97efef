"""Messages, pings and Closes between real clients and real backends, and byte for byte between raw ones."""
import asyncio
import os
import random

import pytest
import websockets

from backends import CLIENTS, SERVERS, Backend, open_pair, session, websockets_server
from conftest import bounded
from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from sluice import config_of

PAIRS = [(client, server) for client in CLIENTS for server in SERVERS]
BOUNDARIES = [0, 1, 2, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537]
BIG = {"limits": {"message_size": "16MiB", "backend_message_size": "16MiB"}}


# ---------------------------------------------------------------- libraries

def messages(seed, count):
    """Random messages, the same for the same seed: small ones, every boundary of the length forms, up to 1 MiB."""
    dice = random.Random(seed)
    noise = dice.randbytes(1 << 20)
    for index in range(count):
        choice = dice.random()
        if choice < 0.80:
            size = dice.randrange(0, 600)
        elif choice < 0.98:
            size = max(0, dice.choice(BOUNDARIES) + dice.randint(-2, 2))
        elif choice < 0.998:
            size = dice.randrange(1 << 16)
        else:
            size = dice.choice([1 << 20, (1 << 20) - 1, dice.randrange(1 << 20)])
        start = dice.randrange((1 << 20) - size + 1)
        payload = noise[start:start + size]
        yield payload if index % 3 else payload.hex()[:size] if index % 2 else "é" * (size // 2)


async def send_all(talk, seed, count):
    for message in messages(seed, count):
        await talk.send(message)


async def receive_all(talk, seed, count):
    for index, message in enumerate(messages(seed, count)):
        got = await talk.receive()
        assert got == message, f"message {index}: {type(got)} of {len(got or b'')}, due was {len(message)}"


async def both_ways(gateway, server, client, shards, count):
    """Client and backend each send count messages of their own at the same time, and check what they get."""
    verdict = asyncio.get_running_loop().create_future()

    async def talk_of_backend(talk):
        try:
            await asyncio.gather(send_all(talk, "backend", count), receive_all(talk, "client", count))
            await talk.receive()  # the Close
            verdict.set_result(None)
        except BaseException as wrong:
            verdict.set_exception(wrong)

    async with SERVERS[server](talk_of_backend) as url:
        run = gateway(url, shards=shards)
        async with CLIENTS[client](run.url("/both?ways=1")) as talk:
            exchange = asyncio.gather(send_all(talk, "client", count), receive_all(talk, "backend", count))
            done, _ = await asyncio.wait([exchange, verdict], return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            await exchange
            await talk.close(1000, "done")
            assert talk.close_code == 1000
        await verdict
    closed, = await run.logged("close")
    assert (closed["client_messages"], closed["backend_messages"]) == (count, count)


# Four pairs and two directions: 10,000 messages for each number of shards.
@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("client, server", PAIRS)
@bounded(4)
async def test_random_messages_both_ways_at_once(gateway, client, server, shards):
    await both_ways(gateway, server, client, shards, 1250)


@pytest.mark.slow
@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("client, server", PAIRS)
@bounded(20)
async def test_ten_thousand_random_messages_each_way(gateway, client, server, shards):
    await both_ways(gateway, server, client, shards, 10000)


@pytest.mark.parametrize("client, server", PAIRS)
async def test_sixteen_mebibytes_each_way(gateway, client, server):
    async with SERVERS[server]() as url:
        run = gateway(url, **BIG)
        async with CLIENTS[client](run.url()) as talk:
            payload = os.urandom(16 << 20)
            await talk.send(payload)
            assert await talk.receive() == payload
            await talk.close()


@pytest.mark.parametrize("server", SERVERS)
async def test_fragments_empty_messages_and_pings_of_websockets(gateway, server):
    async with SERVERS[server]() as url:
        async with websockets.connect(gateway(url).url(), ping_interval=None) as ws:  # offers permessage-deflate
            assert ws.extensions == []
            for message in ("", b"", "text", b"\x00binary"):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send(["a", "", "bc", "d" * 70000])
            assert await ws.recv() == "abc" + "d" * 70000
            await ws.send([b"\x00", b"\xff" * 65536])
            assert await ws.recv() == b"\x00" + b"\xff" * 65536
            await asyncio.wait_for(await ws.ping(b"are you there"), 10)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
async def test_the_close_of_either_side_reaches_the_other_with_its_reason(gateway, client, server):
    ends = asyncio.Queue()

    async def talk_of_backend(talk):
        first = await talk.receive()
        if first == "you close":
            await talk.close(4321, "as you wish")
        else:
            await talk.receive()
        await ends.put(talk.close_code)

    async with SERVERS[server](talk_of_backend) as url:
        run = gateway(url)
        async with CLIENTS[client](run.url()) as talk:
            await talk.send("you close")
            assert await talk.receive() is None
            assert talk.close_code == 4321
        await ends.get()
        async with CLIENTS[client](run.url()) as talk:
            await talk.send("I close")
            await talk.close(3999, "my wish")
        assert await asyncio.wait_for(ends.get(), 10) == 3999
    first, second = await run.logged("close", 2)
    assert (first["initiator"], first["code"], first["reason"]) == ("backend", 4321, "as you wish")
    assert (second["initiator"], second["code"], second["reason"]) == ("client", 3999, "my wish")


async def test_many_clients_at_once_over_two_shards(gateway):
    async with websockets_server() as url:
        run = gateway(url, shards=2)

        async def one(index):
            async with CLIENTS["websockets"](run.url(f"/{index}")) as talk:
                for turn in range(10):
                    await talk.send(f"{index}.{turn}")
                    assert await talk.receive() == f"{index}.{turn}"

        await asyncio.gather(*map(one, range(100)))
    await run.logged("close", 100)
    opened = run.log("open")
    assert len({line["session"] for line in opened}) == 100
    assert {line["path"].split("?")[0] for line in opened} == {f"/{index}" for index in range(100)}


# ---------------------------------------------------------------- byte for byte

async def test_frames_arrive_byte_for_byte(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            noise = random.Random(1).randbytes(70000)
            for sender, receiver in ((client, server), (server, client)):
                stream = b"".join((
                    sender.frame(TEXT, ""), sender.frame(BINARY, ""), sender.frame(PING, ""), sender.frame(PONG, ""),
                    sender.frame(TEXT, "Grüße, 世界 🎈"), sender.frame(PING, b"\xff" * 125),
                    sender.frame(PONG, b"\x00"),
                    sender.frame(BINARY, "", fin=False), sender.frame(CONTINUATION, "", fin=False),
                    sender.frame(PING, b"between"), sender.frame(CONTINUATION, noise[:65535], fin=False),
                    sender.frame(CONTINUATION, ""),
                    sender.frame(TEXT, "世界".encode()[:2], fin=False),
                    sender.frame(CONTINUATION, "世界".encode()[2:]),
                    *(sender.frame(BINARY, noise[:size]) for size in BOUNDARIES)))
                # Writing waits for the reader, so both run at once.
                _, got = await asyncio.gather(sender.send(stream), receiver.read_exactly(len(stream)))
                assert got == stream


async def test_frames_in_pieces_of_every_size_arrive_byte_for_byte(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            noise = random.Random(2).randbytes(300)
            for sender, receiver in ((client, server), (server, client)):
                stream = b"".join((sender.frame(TEXT, "é" * 50), sender.frame(PING, b"p"), sender.frame(BINARY, noise),
                                   sender.frame(BINARY, "", fin=False), sender.frame(CONTINUATION, "x")))
                for step in (1, 2, 3, 7, 13, 64):
                    await sender.send_apart(stream[at:at + step] for at in range(0, len(stream), step))
                    assert await receiver.read_exactly(len(stream)) == stream


async def test_the_beginning_of_a_long_message_goes_on_before_its_end_has_come(shared, backend_path):
    """Cut-through: a message is not held until it is whole."""
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            for sender, receiver in ((client, server), (server, client)):
                frame = sender.frame(BINARY, os.urandom(1 << 20))
                await sender.send(frame[:600000])
                assert await receiver.read_exactly(500000) == frame[:500000]
                _, rest = await asyncio.gather(sender.send(frame[600000:]), receiver.read_exactly(len(frame) - 500000))
                assert rest == frame[500000:]


async def test_two_megabytes_each_way_at_once_byte_for_byte(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            up, down = (b"".join(side.frame(BINARY, os.urandom(size)) for size in range(0, 2000))
                        for side in (client, server))
            _, _, got_up, got_down = await asyncio.gather(
                client.send(up), server.send(down), server.read_exactly(len(up)), client.read_exactly(len(down)))
            assert got_up == up and got_down == down


async def test_pings_are_answered_at_the_edge_where_the_route_says_so(shared, backend_path):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "ping": {"answer": "edge"}})
        async with session(run, backend) as (client, server):
            for asker, other in ((client, server), (server, client)):
                await asker.send(asker.frame(PING, b"edge") + asker.frame(TEXT, "after"))
                await asker.expect_frame(PONG, b"edge")
                await other.expect_frame(TEXT, "after")


async def test_an_answer_at_the_edge_never_stands_inside_a_frame(shared, backend_path):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "ping": {"answer": "edge"}})
        async with session(run, backend) as (client, server):
            down = server.frame(BINARY, os.urandom(50000))
            await server.send(down[:30000])
            got = await client.read_exactly(20000)
            await client.send_frame(PING, b"now")
            await server.send(down[30000:])
            got += await client.read_exactly(len(down) - 20000)
            assert got == down
            await client.expect_frame(PONG, b"now")


# ---------------------------------------------------------------- closing, frame by frame

@pytest.mark.parametrize("code, reason", [(None, ""), (1000, ""), (1000, "é" * 61), (1001, "r"), (1003, ""),
                                          (1011, "x"),
                                          (1012, "y"), (1013, "z"), (3000, "a"), (4999, "b" * 123)])
@pytest.mark.parametrize("initiator", ["client", "backend"])
async def test_a_close_travels_whole_and_is_answered(shared, backend_path, initiator, code, reason):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            first, second = (client, server) if initiator == "client" else (server, client)
            await first.send_close(code, reason)
            assert await second.read_close() == (code or 1005, reason)
            await second.send_close(code, reason)
            assert await first.read_close() == (code or 1005, reason)
            server.half_close()  # the server ends TCP first (RFC 6455 7.1.1), and there the gateway is the client
            await client.expect_end()
            await server.expect_end()


async def test_messages_before_a_close_arrive_before_it(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            await server.send(server.frame(TEXT, "last words") + server.frame(CLOSE))
            await client.expect_frame(TEXT, "last words")
            assert await client.read_close() == (1005, "")


async def test_a_close_that_is_never_answered_ends_within_the_close_timeout(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url, **BIG), backend) as (client, server):
            await client.send_close(1000, "bye")
            assert await server.read_close() == (1000, "bye")
            await client.read_rest()  # in the end the gateway gives up on the silent backend
            await server.read_rest()


async def test_sessions_go_round_robin_over_the_servers_of_an_upstream(gateway):
    async with Backend() as one, Backend() as two:
        run = gateway(config_of("pool", upstreams={"pool": {"servers": [one.url, two.url]}}))
        for backend in (one, two, one, two):
            client, _ = await open_pair(run, backend)
            client.reset()
        assert (one.count, two.count) == (2, 2)



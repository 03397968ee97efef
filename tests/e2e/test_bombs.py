"""Messages that are small on the wire and huge behind it: what they cost, and how they end."""
import asyncio
import os
import zlib

import pytest

from backends import Backend
from frames import BINARY, CLOSE, CONTINUATION, header, masked, plain
from sluice import IS_SANITIZED
from test_compression import OFFER, RSV1
from wire import Wire, handshake_lines, head_bytes, until

KIB, MIB = 1 << 10, 1 << 20


def zeros(mebibytes):
    """That many MiB of zeros, deflated: each block but the first is the same, for so is what it refers to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)

    def block():
        return packer.compress(bytes(MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)

    first, second, third = block(), block(), block()
    assert second == third
    return (first + second * (mebibytes - 1))[:-4]


class Peak:
    """The largest RSS of a gateway while the block lasts, beyond what it was before."""

    def __init__(self, run):
        self.run, self.before, self.grown = run, run.rss_bytes, 0

    async def watch(self):
        while True:
            self.grown = max(self.grown, self.run.rss_bytes - self.before)
            await asyncio.sleep(0.001)

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self.watch())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()


async def open_compressed(run, backend, answer=()):
    client = await Wire.connect(run.address)
    asking = asyncio.ensure_future(client.open(headers=[OFFER], extensions="permessage-deflate"))
    server = None
    if backend is not None:
        server = await backend.accept()
        await server.accept_handshake(answer)
    await asking
    return client, server


async def swallow(wire):
    try:
        while await wire.read_some():
            pass
    except ConnectionError:
        pass


async def warm_up(client, server):
    """Every receive buffer of the shard is used once: whatever comes first pays for them, a bomb or not."""
    for _ in range(12):
        reading = asyncio.ensure_future((server or client).read_message())
        await client.send_frame(BINARY, os.urandom(MIB))
        await reading


@pytest.mark.parametrize("mode", ["edge", "echo", "inspect"])
async def test_ten_gibibytes_in_ten_mebibytes(gateway, backend_path, mode):
    """Ends with 1009 once max_inflated (16 MiB) is reached; at no time is more than a MiB held for it."""
    bomb = zeros(10240)
    assert len(bomb) > 10 * 1000 * 1000
    compression = {"mode": "passthrough", "inspect": True} if mode == "inspect" else "edge"
    async with Backend(backend_path) as backend:
        run = gateway({"to": "echo" if mode == "echo" else backend.url, "compression": compression},
                      limits={"message_size": "64MiB"})
        has_backend = None if mode == "echo" else backend
        client, server = await open_compressed(run, has_backend, [OFFER] if mode == "inspect" else [])
        await warm_up(client, server)
        async with Peak(run) as peak:
            sending = asyncio.ensure_future(client.send(header(BINARY, len(bomb), rsv=RSV1, key=b"\0\0\0\0") + bomb))
            reading = [asyncio.ensure_future(swallow(server))] if server else []
            frame = await client.read_frame()
            while frame.opcode != CLOSE:
                frame = await client.read_frame()
            assert int.from_bytes(frame.payload[:2], "big") == 1009
            client.close()
            for task in (sending, *reading):
                try:
                    await task
                except ConnectionError:
                    pass
        print(f"{mode}: {peak.grown // KIB} KiB at the peak")
        if not IS_SANITIZED:
            assert peak.grown < MIB, f"{peak.grown // KIB} KiB"


async def test_what_grows_waits_for_a_backend_that_does_not_read(gateway, backend_path):
    """The queue's limit holds for what was inflated; nothing is lost."""
    size = 15 * MIB
    async with Backend(backend_path) as backend:
        run = gateway({"to": backend.url, "compression": "edge", "slow_consumer": {"queue": "64KiB"}})
        client, server = await open_compressed(run, backend)
        server.pause_reading()
        async with Peak(run) as peak:
            await client.send(masked(BINARY, zeros(15), rsv=RSV1))
            await client.send_frame(BINARY, b"behind it")
            await asyncio.sleep(0.5)
            if not IS_SANITIZED:
                assert peak.grown < MIB, f"{peak.grown // KIB} KiB"
        server.reader._transport.resume_reading()
        opcode, got = await server.read_message()
        assert opcode == BINARY and len(got) == size == got.count(0)
        await server.expect_frame(BINARY, b"behind it")


async def test_an_echo_that_grows_waits_for_a_client_that_does_not_read(gateway):
    run = gateway({"to": "echo", "compression": {"mode": "edge", "min_size": "1GiB"},
                   "slow_consumer": {"queue": "64KiB"}})
    client, _ = await open_compressed(run, None)
    client.pause_reading()
    async with Peak(run) as peak:
        for _ in range(4):
            await client.send(masked(BINARY, zeros(15), rsv=RSV1))
        await asyncio.sleep(0.5)
        if not IS_SANITIZED:
            assert peak.grown < MIB, f"{peak.grown // KIB} KiB"
    client.reset()
    await until(lambda: run.log("close"), "the end of the session")


async def test_other_sessions_go_on_while_one_inflates(gateway, backend_path):
    """A message that grows a thousandfold is dealt with a queue's length at a time."""
    async with Backend(backend_path) as backend:
        run = gateway({"to": backend.url, "compression": "edge"})
        client, server = await open_compressed(run, backend)
        other, far = await open_compressed(run, backend)
        await client.send(masked(BINARY, zeros(16), rsv=RSV1) * 10)
        reading = asyncio.ensure_future(swallow(server))
        for _ in range(20):
            await other.send_frame(BINARY, b"hello")
            await far.expect_frame(BINARY, b"hello")
        assert not reading.done()
        reading.cancel()


async def test_what_yields_does_not_wake_the_other_direction(gateway, backend_path):
    """A client that does not read, and whose own messages grow: its queue stays at its limit."""
    async with Backend(backend_path) as backend:
        run = gateway({"to": backend.url, "compression": {"mode": "passthrough", "inspect": True},
                       "slow_consumer": {"queue": "64KiB"}})
        client, server = await open_compressed(run, backend, [OFFER])
        client.pause_reading()
        flood = asyncio.ensure_future(pour(server, plain(BINARY, os.urandom(1000)) * 64))
        await asyncio.sleep(1)
        before = run.rss_bytes
        reading = asyncio.ensure_future(swallow(server))
        bombs = asyncio.ensure_future(pour(client, masked(BINARY, zeros(15), rsv=RSV1)))
        await asyncio.sleep(2)
        if not IS_SANITIZED:
            assert run.rss_bytes - before < 2 * MIB, f"{(run.rss_bytes - before) // KIB} KiB"
        for task in (flood, reading, bombs):
            task.cancel()


async def pour(wire, data):
    while True:
        await wire.send(data)


async def test_nobody_overtakes_who_waits_for_an_inflater(gateway, backend_path):
    """Eight clients, as many as there are inflaters, begin a message whenever one has ended; a ninth has its turn."""
    offer = f"{OFFER}; client_no_context_takeover"
    packed = zlib.compress(os.urandom(200), wbits=-15)
    async with Backend(backend_path) as backend:
        run = gateway({"to": backend.url, "compression": {"mode": "edge", "memory": "1MiB"}})
        pairs = []
        for _ in range(9):
            client = await Wire.connect(run.address)
            await client.send(head_bytes(handshake_lines() + [offer]))
            server = await backend.accept()
            await server.accept_handshake()
            assert (await client.read_response()).status == 101
            pairs.append((client, server))
        last, far = pairs.pop()
        begin = masked(BINARY, packed[:50], fin=False, rsv=RSV1)
        for client, _ in pairs:
            await client.send(begin)
        readers = [asyncio.ensure_future(swallow(server)) for _, server in pairs]
        await asyncio.sleep(0.2)
        await last.send(masked(BINARY, zlib.compress(b"at last", wbits=-15) + b"\0", rsv=RSV1))
        served = asyncio.ensure_future(far.read_frame())
        while not served.done():
            for client, _ in pairs:
                await client.send(masked(CONTINUATION, packed[50:] + b"\0") + begin)
            await asyncio.sleep(0.05)
            assert not run.log("close")
        assert served.result().payload == b"at last"
        for task in readers:
            task.cancel()

"""permessage-deflate (RFC 7692) with libraries that we did not write on both sides, and with raw frames."""
import asyncio
import random
import zlib

import pytest

from backends import CLIENTS, SERVERS, Backend, open_pair, session
from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_parts, masked, parse, plain
from wire import Wire

MODES = {"edge": "edge", "passthrough": "passthrough", "inspect": {"mode": "passthrough", "inspect": True}}
OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
SIZES = (0, 1, 10, 63, 64, 65, 125, 126, 127, 1000, 4096, 16384, 65535, 65536, 70000)
RSV1 = 0x40


def mixed_messages(count, seed):
    """Text and binary of mixed sizes, from what compresses well to what does not at all."""
    dice = random.Random(seed)
    for at in range(count):
        size, kind = dice.choice(SIZES) if dice.random() < 0.3 else dice.randrange(300), dice.random()
        if kind < 0.5:
            yield (f'{{"id": {at}, "name": "Grüße aus 世界", "tags": ["a", "b"]}}\n' * (size // 40 + 1))[:size]
        elif kind < 0.8:
            yield dice.randbytes(size)
        else:
            yield bytes(size)


async def exchange(talk, count, seed=7692):
    """Sends each and gets it back, a few at a time, so that both directions are busy at once."""
    window = asyncio.Semaphore(8)
    messages = list(mixed_messages(count, seed))

    async def send():
        for message in messages:
            await window.acquire()
            await talk.send(message)

    sending = asyncio.ensure_future(send())
    for at, message in enumerate(messages):
        got = await talk.receive()
        assert got == message, f"message {at} of {len(message)} came back as {len(got or '')}"
        window.release()
    await sending


def extensions_of(talk):
    if talk.library == "websockets":
        return [extension.name for extension in talk.ws.extensions]
    return ["permessage-deflate"] * bool(talk.ws.compress)


COMPRESSED = {"websockets": {"compression": "deflate"}, "aiohttp": {"compress": 15}}
SERVER_COMPRESSED = {"websockets": {"compression": "deflate"}, "aiohttp": {"compress": True}}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("mode", MODES)
async def test_a_thousand_messages_of_mixed_sizes(gateway, mode, client, server):
    async with SERVERS[server](**SERVER_COMPRESSED[server]) as url:
        run = gateway({"to": url, "compression": MODES[mode]}, limits={"message_size": "16MiB"})
        async with CLIENTS[client](run.url("/"), **COMPRESSED[client]) as talk:
            assert extensions_of(talk) == ["permessage-deflate"]
            await exchange(talk, 1000)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [
    {"server_no_context_takeover": True}, {"client_no_context_takeover": True},
    {"server_max_window_bits": 9}, {"client_max_window_bits": 9}, {"server_max_window_bits": 15},
    {"server_no_context_takeover": True, "client_no_context_takeover": True, "server_max_window_bits": 10},
], ids=lambda options: "+".join(options))
async def test_every_parameter(gateway, mode, options):
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
    offer = ClientPerMessageDeflateFactory(**{"client_max_window_bits": True, **options})
    async with SERVERS["websockets"](compression="deflate") as url:
        run = gateway({"to": url, "compression": MODES[mode]})
        async with CLIENTS["websockets"](run.url("/"), compression=None, extensions=[offer]) as talk:
            (agreed,) = talk.ws.extensions
            if options.get("server_no_context_takeover"):
                assert agreed.remote_no_context_takeover
            assert agreed.remote_max_window_bits <= options.get("server_max_window_bits", 15)
            await exchange(talk, 100)


async def test_echo_compresses(shared):
    run = shared({"to": "echo", "compression": "edge"})
    for name, client in CLIENTS.items():
        async with client(run.url("/"), **COMPRESSED[name]) as talk:
            assert extensions_of(talk) == ["permessage-deflate"]
            await exchange(talk, 300)


@pytest.mark.parametrize("mode", ["off", "edge", "passthrough"])
async def test_a_client_that_offers_nothing_is_plain(shared, mode):
    async with SERVERS["websockets"](compression="deflate") as url:
        async with CLIENTS["websockets"](shared({"to": url, "compression": mode}).url("/")) as talk:
            assert extensions_of(talk) == []
            await exchange(talk, 50)


async def test_off_neither_accepts_nor_offers(shared, backend_path):
    async with Backend(backend_path) as backend:
        client, server = await open_pair(shared(backend.url), backend, headers=[OFFER])
        assert server.request.get("Sec-WebSocket-Extensions") is None
        client.close(), server.close()


async def test_edge_offers_the_backend_nothing(shared, backend_path):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "compression": "edge"})
        async with session(run, backend, headers=[OFFER], extensions="permessage-deflate") as (_, server):
            assert server.request.get("Sec-WebSocket-Extensions") is None


@pytest.mark.parametrize("offer, forwarded", [
    ("permessage-deflate", "permessage-deflate"),
    ("permessage-deflate; client_max_window_bits, permessage-deflate",
     "permessage-deflate; client_max_window_bits, permessage-deflate"),
    ("x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=10",
     "permessage-deflate; server_max_window_bits=10"),
    ("permessage-bzip2", None),
])
async def test_passthrough_forwards_the_offers(shared, backend_path, offer, forwarded):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "compression": "passthrough"})
        async with session(run, backend, headers=[f"Sec-WebSocket-Extensions: {offer}"]) as (_, server):
            assert server.request.get("Sec-WebSocket-Extensions") == forwarded


@pytest.mark.parametrize("offer, answer", [
    ("permessage-deflate", "permessage-deflate; client_max_window_bits=10"),  # not offered
    ("permessage-deflate; server_no_context_takeover", "permessage-deflate"),  # the offer demands it
    ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=11"),
    ("permessage-deflate", "permessage-deflate; nonsense"),
    ("permessage-deflate", "permessage-deflate; server_max_window_bits=16"),
    ("permessage-deflate", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"),
    ("permessage-deflate", "permessage-deflate, permessage-deflate"),
    ("permessage-deflate", "x-other"),
    ("x-other", "permessage-deflate"),
])
async def test_an_answer_that_does_not_fit_the_offer_is_502(shared, backend_path, offer, answer):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "compression": "passthrough"})
        async with await Wire.connect(run.address) as client:
            asking = asyncio.ensure_future(client.open(headers=[f"Sec-WebSocket-Extensions: {offer}"]))
            server = await backend.accept()
            await server.accept_handshake([f"Sec-WebSocket-Extensions: {answer}"])
            with pytest.raises(AssertionError, match=" 502 "):
                await asking


# ---------------------------------------------------------------- raw frames

class Packer:
    """The client's end of the extension, with contexts kept."""

    def __init__(self):
        self.packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.unpacker = zlib.decompressobj(-15)

    def pack(self, payload):
        return (self.packer.compress(payload) + self.packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def unpack(self, payload):
        return self.unpacker.decompress(payload + b"\0\0\xff\xff")


def edge_session(shared, backend, **settings):
    run = shared({"to": backend.url, "compression": {"mode": "edge", **settings}}, timeouts={"close": "500ms"})
    return session(run, backend, headers=[OFFER], extensions="permessage-deflate")


async def test_fragments_empty_last_ones_and_control_frames_between(shared, backend_path):
    async with Backend(backend_path) as backend, edge_session(shared, backend) as (client, server):
        packed = Packer().pack(b"a message in pieces, " * 20)
        await client.send(masked(TEXT, packed[:5], fin=False, rsv=RSV1) + masked(PING, b"p") +
                          masked(CONTINUATION, packed[5:9], fin=False) + masked(CONTINUATION, b"", fin=False) +
                          masked(CONTINUATION, packed[9:], fin=False) + masked(CONTINUATION, b""))
        got, pings = b"", 0
        while True:
            frame = await server.read_frame()
            if frame.opcode == PING:
                pings += 1
                continue
            assert frame.rsv == 0
            got += frame.payload
            if frame.fin:
                break
        assert got == b"a message in pieces, " * 20 and pings == 1


@pytest.mark.parametrize("size, is_packed", [(0, False), (1, False), (63, False), (64, True), (5000, True)])
async def test_messages_below_min_size_are_not_compressed(shared, backend_path, size, is_packed):
    async with Backend(backend_path) as backend, edge_session(shared, backend, min_size=64) as (client, server):
        message = b"x" * size
        frame = plain(BINARY, message)
        await server.send(frame[:1])  # cut anywhere, its size is known from its header
        await asyncio.sleep(0.05)
        await server.send(frame[1:])
        payload, first = b"", await client.read_frame()
        frame = first
        while True:
            payload += frame.payload
            if frame.fin:
                break
            frame = await client.read_frame()
        assert first.rsv == (RSV1 if is_packed else 0) and first.opcode == BINARY
        assert (Packer().unpack(payload) if is_packed else payload) == message


async def test_contexts_are_taken_over(shared, backend_path):
    async with Backend(backend_path) as backend, edge_session(shared, backend) as (client, server):
        ours, text = Packer(), random.Random(1).randbytes(500).hex().encode()
        sizes = []
        for _ in range(3):
            await client.send(masked(TEXT, ours.pack(text), rsv=RSV1))
            await server.expect_frame(TEXT, text)
            await server.send(plain(TEXT, text))
            frame = await client.read_frame()
            assert ours.unpack(frame.payload) == text
            sizes.append(len(frame.payload))
        assert sizes[1] < sizes[0] / 10 and sizes[2] < sizes[0] / 10, sizes


BAD = {
    "not deflate": (1007, masked(BINARY, b"\xff\xff\xff\xff", rsv=RSV1)),
    "cut short": (1007, masked(BINARY, Packer().pack(b"a message that is cut short")[:10], rsv=RSV1)),
    "text that is not UTF-8": (1007, masked(TEXT, Packer().pack(b"caf\xe9 au lait"), rsv=RSV1)),
    "text that ends inside a code point": (1007, masked(TEXT, Packer().pack("née €".encode()[:-1]), rsv=RSV1)),
    "RSV1 on a continuation": (1002, masked(TEXT, b"", fin=False) + masked(CONTINUATION, b"x", rsv=RSV1)),
    "RSV1 on a ping": (1002, masked(PING, b"x", rsv=RSV1)),
    "RSV1 on a close": (1002, masked(CLOSE, b"\x03\xe8", rsv=RSV1)),
    "RSV2": (1002, masked(TEXT, b"x", rsv=0x20)),
    "RSV1 and RSV3": (1002, masked(TEXT, b"x", rsv=0x50)),
    "too large inflated": (1009, masked(BINARY, Packer().pack(bytes(100_001)), rsv=RSV1)),
}


@pytest.mark.parametrize("mode", ["edge", "echo", "inspect"])
@pytest.mark.parametrize("name", BAD)
async def test_what_a_client_can_do_wrong(shared, backend_path, name, mode):
    code, bad = BAD[name]
    compression = {"max_inflated": "100000B", **(MODES["inspect"] if mode == "inspect" else {"mode": "edge"})}
    async with Backend(backend_path) as backend:
        route = {"to": "echo" if mode == "echo" else backend.url, "compression": compression}
        run = shared(route, timeouts={"close": "500ms"})
        async with await Wire.connect(run.address) as client:
            asking = asyncio.ensure_future(client.open(headers=[OFFER], extensions="permessage-deflate"))
            if mode != "echo":
                server = await backend.accept()
                await server.accept_handshake([OFFER] if mode == "inspect" else [])
            await asking
            await client.send(bad)
            rest = await client.read_out()
            closes = [frame for frame in parse(rest)[0] if frame.opcode == CLOSE]
            assert len(closes) == 1 and close_parts(closes[0].payload)[0] == code
            if mode == "inspect":
                got = parse(await server.read_out())[0]
                assert [frame.opcode for frame in got if frame.opcode not in (CLOSE, TEXT)] == []


@pytest.mark.parametrize("mode", ["edge", "passthrough"])
async def test_a_backend_that_compresses_unasked_is_1014(shared, backend_path, mode):
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "compression": mode}, timeouts={"close": "500ms"})
        headers = [OFFER] if mode == "edge" else []
        extensions = "permessage-deflate" if mode == "edge" else None
        async with session(run, backend, headers=headers, extensions=extensions) as (client, server):
            await server.send(plain(TEXT, Packer().pack(b"unasked"), rsv=RSV1))
            await client.expect_close_and_end(1014)


async def test_passthrough_relays_what_it_does_not_look_into(shared, backend_path):
    """Without inspect compressed text is the receiver's to check: docs/threat-model.md says so."""
    async with Backend(backend_path) as backend:
        run = shared({"to": backend.url, "compression": "passthrough"})
        async with await Wire.connect(run.address) as client:
            asking = asyncio.ensure_future(client.open(headers=[OFFER], extensions="permessage-deflate"))
            server = await backend.accept()
            await server.accept_handshake([OFFER])
            await asking
            frame = masked(TEXT, Packer().pack(b"caf\xe9"), rsv=RSV1)
            await client.send(frame)
            assert await server.read_exactly(len(frame)) == frame
            await client.send(masked(PING, b"x"))
            assert (await server.read_frame()).opcode == PING
            await server.send(plain(PONG, b"x"))
            assert (await client.read_frame()).opcode == PONG


async def test_edge_behind_a_talk_that_closes(gateway):
    """Close codes go through a compressed session like through any other."""
    async def leave(talk):
        await talk.send(await talk.receive())
        await talk.close(4321, "enough")

    async with SERVERS["websockets"](leave) as url:
        run = gateway({"to": url, "compression": "edge"})
        async with CLIENTS["websockets"](run.url("/"), compression="deflate") as talk:
            await talk.send("x" * 1000)
            assert await talk.receive() == "x" * 1000
            assert await talk.receive() is None and talk.close_code == 4321

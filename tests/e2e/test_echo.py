"""The built-in echo: what comes is what goes back, unmasked."""
import random

import pytest

from backends import CLIENTS
from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, plain
from wire import Wire

SIZES = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 1000, 4095, 4096, 4097, 65534, 65535, 65536, 65537, 1 << 20]


@pytest.mark.parametrize("library", CLIENTS)
async def test_returns_every_size_to_a_client_that_we_did_not_write(shared, library):
    gateway = shared("echo")
    noise = random.Random(library).randbytes(SIZES[-1])
    async with CLIENTS[library](gateway.url("/echo")) as talk:
        for size in SIZES:
            await talk.send(noise[:size])
            assert await talk.receive() == noise[:size]
            await talk.send("é" * (size // 2))
            assert await talk.receive() == "é" * (size // 2)
        await talk.close(1000, "enough")
        assert talk.close_code == 1000


async def test_answers_pings_with_their_payload(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        await wire.open()
        for payload in (b"", b"x", b"\x00\xff" * 62):
            await wire.send_frame(PING, payload)
            await wire.expect_frame(PONG, payload)
        await wire.send_frame(PONG, b"nobody asked")
        await wire.send_frame(TEXT, "still here")
        await wire.expect_frame(TEXT, "still here")


async def test_returns_a_fragmented_message_around_a_ping(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        await wire.open()
        await wire.send(wire.frame(TEXT, "Gr", fin=False) + wire.frame(PING, "p") +
                        wire.frame(CONTINUATION, "üß".encode()[:3], fin=False) +
                        wire.frame(CONTINUATION, "üß".encode()[3:] + b"e"))
        got, text = [], b""
        while True:
            frame = await wire.read_frame()
            got.append(frame.opcode)
            if frame.opcode in (TEXT, CONTINUATION):
                text += frame.payload
                if frame.fin:
                    break
        assert text.decode() == "Grüße" and got.count(PONG) + (await_pong := PONG not in got) == 1
        if await_pong:
            await wire.expect_frame(PONG, "p")


async def test_echoes_the_close_and_ends_tcp_first(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        await wire.open()
        await wire.send_close(3123, "ä reason")
        assert await wire.read_close() == (3123, "ä reason")
        await wire.expect_end()


async def test_an_empty_close_is_answered(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        await wire.open()
        await wire.send_close()
        assert (await wire.read_close())[0] in (1000, 1005)
        await wire.expect_end()


async def test_what_is_due_is_sent_before_a_violation_ends_it(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        await wire.open()
        await wire.send(wire.frame(TEXT, "before") + wire.frame(3, b"reserved") + wire.frame(TEXT, "after"))
        await wire.expect_frame(TEXT, "before")
        await wire.expect_close(1002)
        await wire.expect_end()


async def test_a_whole_pipeline_in_one_segment_comes_back_in_order(shared):
    async with await Wire.connect(shared("echo").address) as wire:
        early = b"".join(wire.frame(BINARY, bytes([i]) * i) for i in range(100))
        await wire.open(early=early + wire.frame(CLOSE, close_payload(1000)))
        rest = await wire.read_rest()
        assert rest == b"".join(plain(BINARY, bytes([i]) * i) for i in range(100)) + plain(CLOSE, close_payload(1000))

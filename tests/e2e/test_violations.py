"""Every way to break RFC 6455 on an open connection, by either side; and what the other side must not see of it.

Each case is played twice: the bad frame whole, in one segment with what is good before it, and byte by byte. A raw
backend (or client) on the other side records every byte. Nothing of a bad frame that came whole may arrive there; of
one that came in pieces, no byte from the first bad one on.
"""
import asyncio
import contextlib
import random
from typing import NamedTuple

import pytest

from backends import Backend, session
from frames import (BINARY, CLOSE, CONTINUATION, KEY, PING, PONG, TEXT, close_payload, header, masked, parse, plain,
                    xor)

LIMIT, LIMIT_TEXT = 4096, "4KiB"
HELLO = "Grüße, 世界 🎈!".encode()
PROMPT = {"timeouts": {"close": "500ms"}}


class Case(NamedTuple):
    code: int  # what a client earns; a backend's violation always earns its client 1014
    bad: bytes  # one frame, or the beginning of one that need not be waited for
    good: bytes = b""  # whole frames before it
    clean: int = 0  # bytes of bad that may go on when they come in pieces: those before the first that is wrong
    also: tuple = ()  # codes that would be as right


def cases(frame, wrong_side, key):
    """All cases for one side. frame: builds as that side must; wrong_side: as the other; key: the header's."""
    yield from header_cases(frame, wrong_side, key)
    yield from order_cases(frame)
    yield from close_cases(frame)
    yield from size_cases(frame, key)
    yield from utf8_cases(frame, key)


def header_cases(frame, wrong_side, key):
    for name, opcode in (("text", TEXT), ("binary", BINARY), ("ping", PING), ("pong", PONG), ("close", CLOSE)):
        payload = close_payload(1000) if opcode == CLOSE else b"xy"
        yield f"masking of the other side, {name}", Case(1002, wrong_side(opcode, payload))
        yield f"masking of the other side, empty {name}", Case(1002, wrong_side(opcode))
        for rsv in (0x40, 0x20, 0x10, 0x70):
            yield f"rsv {rsv:02x}, {name}", Case(1002, frame(opcode, payload, rsv=rsv))
    for rsv in (0x40, 0x20, 0x10):
        yield f"rsv {rsv:02x}, continuation", Case(
            1002, frame(CONTINUATION, b"y", rsv=rsv), frame(TEXT, b"x", fin=False))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"opcode {opcode}", Case(1002, frame(opcode, b"xy"), frame(TEXT, b"good"))
        yield f"opcode {opcode}, empty", Case(1002, frame(opcode))
        yield f"opcode {opcode}, not final", Case(1002, frame(opcode, b"xy", fin=False))
    for name, opcode in (("ping", PING), ("pong", PONG), ("close", CLOSE)):
        yield f"fragmented {name}", Case(1002, frame(opcode, b"", fin=False), frame(TEXT, b"good"))
        yield f"{name} of 126", Case(1002, frame(opcode, b"\x03\xe8" + b"x" * 124), frame(BINARY, b""))
        yield f"{name} of 300", Case(1002, frame(opcode, b"\x03\xe8" + b"x" * 298))
        yield f"{name} of 125 in 16 bits", Case(1002, frame(opcode, b"\x03\xe8" + b"x" * 123, form=16))
    for opcode in (TEXT, BINARY):
        for form, lengths in ((16, (0, 1, 125)), (64, (0, 1, 125, 126, 1000))):
            for length in lengths:
                yield f"{length} in {form} bits, opcode {opcode}", Case(1002, frame(opcode, b"x" * length, form=form))
    for length in (1 << 63, (1 << 63) + 5, (1 << 64) - 1):
        yield f"length {length:x}", Case(1002, header(BINARY, length, key=key), frame(BINARY, b"good"))
    yield "65535 in 64 bits", Case(1002, header(BINARY, 65535, key=key, form=64), also=(1009,))


def order_cases(frame):
    yield "continuation of nothing", Case(1002, frame(CONTINUATION, b"x"))
    yield "continuation of nothing, not final", Case(1002, frame(CONTINUATION, b"x", fin=False))
    yield "empty continuation of nothing", Case(1002, frame(CONTINUATION))
    yield "continuation of a whole message", Case(1002, frame(CONTINUATION, b"x"), frame(TEXT, b"whole"))
    yield "continuation after the last", Case(
        1002, frame(CONTINUATION, b"x"), frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b"))
    for name, opcode in (("text", TEXT), ("binary", BINARY)):
        yield f"{name} inside a message", Case(1002, frame(opcode, b"x"), frame(BINARY, b"a", fin=False))
        yield f"{name} inside a message, after a ping", Case(
            1002, frame(opcode, b"x", fin=False), frame(TEXT, b"", fin=False) + frame(PING, b"p"))


def close_cases(frame):
    yield "close of one byte", Case(1002, frame(CLOSE, b"\x03"), frame(TEXT, b"good"))
    dice = random.Random(6455)
    codes = [0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 65535]
    codes += [dice.randrange(0, 1000) for _ in range(4)] + [dice.randrange(1016, 3000) for _ in range(8)]
    codes += [dice.randrange(5000, 65536) for _ in range(8)]
    for code in sorted(set(codes)):
        yield f"close {code}", Case(1002, frame(CLOSE, close_payload(code, "why")))
    for name, reason in (("ff", b"ok \xff"), ("cut", "é".encode()[:1]), ("surrogate", b"\xed\xa0\x80"),
                         ("overlong", b"\xc0\xaf"), ("late", b"x" * 122 + b"\x80")):
        yield f"close with bad UTF-8, {name}", Case(1007, frame(CLOSE, close_payload(1000, reason)))


def size_cases(frame, key):
    yield "too big by one", Case(1009, frame(BINARY, b"x" * (LIMIT + 1)), frame(BINARY, b"x" * 100))
    yield "too big, text", Case(1009, frame(TEXT, b"x" * (LIMIT + 1)))
    yield "too big, only announced", Case(1009, header(BINARY, LIMIT + 1, key=key))
    yield "64 KiB, only announced", Case(1009, header(BINARY, 1 << 16, key=key))
    yield "2^40, only announced", Case(1009, header(BINARY, 1 << 40, key=key))
    yield "2^63 - 1, only announced", Case(1009, header(BINARY, (1 << 63) - 1, key=key))
    yield "2^63 - 1 after a first byte", Case(
        1009, header(CONTINUATION, (1 << 63) - 1, key=key), frame(BINARY, b"x", fin=False))
    yield "too big in fragments", Case(1009, frame(CONTINUATION, b"xx"), frame(BINARY, b"x" * (LIMIT - 1), fin=False))
    yield "too big in many fragments", Case(
        1009, frame(CONTINUATION, b"x", fin=False),
        frame(BINARY, b"", fin=False) + frame(CONTINUATION, b"x" * 512, fin=False) * (LIMIT // 512))


BAD_SEQUENCES = ["80", "bf", "c0 80", "c1 bf", "e0 80 80", "e0 9f bf", "ed a0 80", "ed bf bf", "f0 80 80 80",
                 "f0 8f bf bf", "f4 90 80 80", "f5 80 80 80", "f8 88 80 80 80", "fe", "ff", "c3 28", "e2 82 28",
                 "f0 9f 8e 28", "c3", "e4 b8", "f0 9f 8e"]


def first_bad(text):
    """The index of the first byte with which text cannot be UTF-8 any more; its length where only its end is bad."""
    for end in range(1, len(text) + 1):
        try:
            text[:end].decode()
        except UnicodeDecodeError as fault:
            if fault.reason != "unexpected end of data" or not could_go_on(text[fault.start:end]):
                return end - 1
    return len(text)


def could_go_on(start):
    """Whether some bytes after these make a code point (Python says so too late for e0 80, ed a0, f0 80, f4 90)."""
    return any(is_utf8(start + bytes(tail)) for tail in (
        [0x80], [0xBF], [0x80, 0x80], [0xBF, 0xBF], [0x80, 0x80, 0x80], [0xBF, 0xBF, 0xBF]))


def is_utf8(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def utf8_cases(frame, key):
    header_size = 2 + (4 if key else 0)
    for at in range(len(HELLO)):
        text = HELLO[:at] + b"\xff" + HELLO[at + 1:]
        yield f"ff at {at}", Case(1007, frame(TEXT, text), clean=header_size + first_bad(text))
        text = HELLO[:at] + b"\x80" + HELLO[at + 1:]
        if not is_utf8(text):
            yield f"80 at {at}", Case(1007, frame(TEXT, text), clean=header_size + first_bad(text))
        if not is_utf8(HELLO[:at]):
            yield f"cut at {at}", Case(1007, frame(TEXT, HELLO[:at]), frame(TEXT, HELLO), clean=header_size + at)
    for sequence in BAD_SEQUENCES:
        bad = bytes.fromhex(sequence)
        text = b"ok " + bad
        yield f"sequence {sequence}", Case(1007, frame(TEXT, text), clean=header_size + first_bad(text))
        yield f"sequence {sequence} in a long text", Case(
            1007, frame(TEXT, b"x" * 61 + bad + b"y" * 50), clean=header_size + 61 + first_bad(bad + b"y"))
        yield f"sequence {sequence} in a continuation", Case(
            1007, frame(CONTINUATION, text), frame(TEXT, "ü", fin=False), clean=header_size + first_bad(text))
        for cut in range(1, len(bad)):
            # The first fragment is good as far as it goes; where it already is not, it is the bad frame itself.
            if first_bad(bad[:cut]) < cut:
                yield f"sequence {sequence}, a fragment of {cut}", Case(
                    1007, frame(TEXT, bad[:cut], fin=False), clean=header_size + first_bad(bad[:cut]))
            else:
                yield f"sequence {sequence}, after a fragment of {cut}", Case(
                    1007, frame(CONTINUATION, bad[cut:]), frame(TEXT, bad[:cut], fin=False) + frame(PING, b"p"),
                    clean=header_size + first_bad(bad) - cut)
    yield "a text that ends within a code point, last fragment empty", Case(
        1007, frame(CONTINUATION), frame(TEXT, b"\xe4\xb8", fin=False), clean=header_size)


CLIENT_CASES = dict(cases(masked, plain, KEY))
BACKEND_CASES = dict(cases(plain, masked, None))
MODES = ["whole", "bytewise"]


def judge(case, mode, got, injected):
    """What the other side got: the good frames, of the bad one at most its clean bytes, then at most a Close."""
    assert got.startswith(case.good), f"good frames lost: {got[:100].hex(' ')}, due {case.good[:100].hex(' ')}"
    rest = got[len(case.good):]
    clean = case.bad[:case.clean] if mode == "bytewise" else b""
    if clean and rest and case.bad.startswith(rest[:1]) and clean.startswith(rest):
        return None  # cut off inside a frame: nothing may follow
    found, left = parse(rest)
    assert left == b"" and len(found) <= 1, f"bytes of the bad frame went on: {rest[:100].hex(' ')}"
    if not found:
        return None
    assert found[0].opcode == CLOSE, f"a frame that nobody sent: {found[0]}"
    assert found[0].masked == injected
    return int.from_bytes(found[0].payload[:2], "big")


async def play(case, mode, sender):
    """Goes on with the frame while the others already read what it earned; the connection may end meanwhile."""
    with contextlib.suppress(ConnectionError):
        if mode == "whole":
            await sender.send(case.good + case.bad)
        else:
            step = 1 if len(case.bad) < 400 else 97
            await sender.send_apart([case.good] * bool(case.good))
            await sender.send_apart(case.bad[at:at + step] for at in range(0, len(case.bad), step))


def limited(url):
    return {"to": url, "limits": {"message_size": LIMIT_TEXT, "backend_message_size": LIMIT_TEXT}}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CLIENT_CASES)
async def test_a_client_that_breaks_the_protocol(shared, backend_path, name, mode):
    case = CLIENT_CASES[name]
    async with Backend(backend_path) as backend:
        async with session(shared(limited(backend.url), **PROMPT), backend) as (client, server):
            _, _, got = await asyncio.gather(
                play(case, mode, client), client.expect_close_and_end(case.code, *case.also), server.read_out())
            code = judge(case, mode, got, injected=True)
            assert code in (None, 1001), f"the backend got Close {code}"
            if mode == "whole":
                assert code == 1001, "between two frames there is room for a Close"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", BACKEND_CASES)
async def test_a_backend_that_breaks_the_protocol(shared, backend_path, name, mode):
    case = BACKEND_CASES[name]
    async with Backend(backend_path) as backend:
        async with session(shared(limited(backend.url), **PROMPT), backend) as (client, server):
            reading = asyncio.ensure_future(client.read_out())
            await play(case, mode, server)
            got, answer = await asyncio.gather(reading, server.read_out())
            code = judge(case, mode, got, injected=False)
            # A message over the limit is no breach of the protocol: 1009 says as much to the client.
            due = (1014, 1009) if case.code == 1009 else (1014,)
            assert code in due or mode == "bytewise" and case.clean and code is None, f"the client got Close {code}"
            frames, left = parse(answer)
            assert left == b"" and [frame.opcode for frame in frames] in ([], [CLOSE]), frames
            for frame in frames:
                assert frame.masked and int.from_bytes(frame.payload[:2], "big") in (1001, case.code, *case.also)


@pytest.mark.parametrize("sequence", BAD_SEQUENCES)
async def test_text_fails_at_its_first_impossible_byte(shared, backend_path, sequence):
    """Nothing more than that byte is sent: who waits for the message's end to look waits for ever."""
    bad = bytes.fromhex(sequence)
    end = first_bad(bad)
    if end == len(bad):
        pytest.skip("only the end of its message makes this sequence wrong")
    text = "日本".encode() + bad[:end + 1]
    frame = header(TEXT, 1000, key=KEY) + xor(text, KEY)
    async with Backend(backend_path) as backend:
        async with session(shared(limited(backend.url), **PROMPT), backend) as (client, server):
            await client.send(frame)
            _, got = await asyncio.gather(client.expect_close_and_end(1007), server.read_out())
            # The frame came in part: what was good of it may have gone on before the rest was seen, and then nothing.
            assert frame[:-1].startswith(got) or parse(got)[1] == b"" and got[0] & 0x0F == CLOSE, got


async def test_the_access_log_says_whose_fault_it_was(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(limited(backend.url))
        async with session(run, backend) as (client, server):
            await client.send(masked(TEXT, b"\xff"))
            await client.expect_close(1007)
        async with session(run, backend) as (client, server):
            await server.send(plain(TEXT, b"\xff"))
            await client.expect_close(1014)
        # The one that ends first is written first, and that may be either.
        by_client, by_backend = sorted(await run.logged("close", 2), key=lambda line: line["code"])
        assert by_client["initiator"] in ("client", "gateway") and by_client["code"] == 1007
        assert by_backend["initiator"] in ("backend", "gateway") and by_backend["code"] == 1014
        assert by_client["cause"] and by_backend["cause"]


async def test_a_violation_of_one_session_leaves_the_others_alone(shared, backend_path):
    async with Backend(backend_path) as backend:
        run = shared(limited(backend.url), **PROMPT)
        async with session(run, backend) as (client, server), session(run, backend) as (bad, _):
            await bad.send(masked(3, b"x"))
            await bad.expect_close(1002)
            await client.send_frame(TEXT, "still here")
            await server.expect_frame(TEXT, "still here")


async def test_messages_up_to_the_limit_pass(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(limited(backend.url), **PROMPT), backend) as (client, server):
            for sender, receiver in ((client, server), (server, client)):
                stream = sender.frame(BINARY, b"x" * LIMIT) + sender.frame(TEXT, b"y" * (LIMIT - 1), fin=False)
                stream += sender.frame(CONTINUATION, b"y") + sender.frame(TEXT, b"z" * LIMIT)
                await sender.send(stream)
                assert await receiver.read_exactly(len(stream)) == stream

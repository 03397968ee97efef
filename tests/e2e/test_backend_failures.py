"""Backends that are not there, do not answer, answer wrongly, or go away; and clients that go away."""
import asyncio
import socket
import struct

import pytest

from backends import Backend, free_port, session
from frames import BINARY, CLOSE, TEXT, header, parse
from wire import Wire, accept_of, handshake_lines, head_bytes

QUICK = {"timeouts": {"connect": "300ms", "handshake": "600ms", "close": "500ms"}}


async def status_through(run):
    async with await Wire.connect(run.address) as client:
        await client.send(head_bytes(handshake_lines()))
        response = await client.read_response()
        assert response.complete
        return response.status


# ---------------------------------------------------------------- before the 101

async def test_a_backend_that_refuses_the_connection_is_a_bad_gateway(gateway, tmp_path):
    run = gateway(f"ws://127.0.0.1:{free_port()}")
    assert await status_through(run) == 502
    assert (await run.logged("refuse"))[0]["status"] == 502
    run = gateway(f"ws+unix:{tmp_path}/nobody.sock")
    assert await status_through(run) == 502
    (tmp_path / "file.sock").write_text("no socket")
    assert await status_through(gateway(f"ws+unix:{tmp_path}/file.sock")) == 502


async def test_a_backend_that_comes_back_is_used_again(gateway, tmp_path):
    run = gateway(f"ws+unix:{tmp_path}/later.sock")
    assert await status_through(run) == 502
    async with Backend(f"{tmp_path}/later.sock") as backend:
        async with session(run, backend) as (client, server):
            await client.send_frame(TEXT, "there you are")
            await server.expect_frame(TEXT, "there you are")


async def test_a_backend_that_accepts_and_is_silent_is_a_timeout(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, **QUICK)
        assert await status_through(run) == 504
        server = await backend.accept()
        await server.read_rest()  # its connection is closed as well
        assert (await run.logged("refuse"))[0]["status"] == 504


async def test_a_backend_that_dribbles_its_answer_is_a_timeout(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, **QUICK)
        asking = asyncio.ensure_future(status_through(run))
        server = await backend.accept()
        for byte in b"HTTP/1.1 101 Switching Protocols\r\n":
            if asking.done():
                break
            await server.send_apart([byte])
            await asyncio.sleep(0.1)
        assert await asking == 504


async def test_a_backend_whose_queue_is_full_is_a_timeout(gateway):
    """The kernel drops the SYN: nobody accepts, nobody refuses."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        try:
            for _ in range(4):
                sock = socket.socket()
                sock.setblocking(False)
                waiting.append(sock)
                sock.connect_ex(full.getsockname())
            await asyncio.sleep(0.1)
            assert await status_through(gateway(f"ws://127.0.0.1:{full.getsockname()[1]}", **QUICK)) == 504
        finally:
            for sock in waiting:
                sock.close()


GOOD = "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"
WRONG = {
    "HTTP/1.0": ["HTTP/1.0 101 Switching Protocols", *GOOD[1:], "ACCEPT"],
    "HTTP/2.0": ["HTTP/2.0 101 Switching Protocols", *GOOD[1:], "ACCEPT"],
    "no status": ["HTTP/1.1 Switching Protocols", *GOOD[1:], "ACCEPT"],
    "status of two digits": ["HTTP/1.1 10 Switching Protocols", *GOOD[1:], "ACCEPT"],
    "no HTTP": ["SSH-2.0-OpenSSH_9.2"],
    "no Upgrade": [GOOD[0], GOOD[2], "ACCEPT"],
    "another Upgrade": [GOOD[0], "Upgrade: h2c", GOOD[2], "ACCEPT"],
    "two Upgrades": [*GOOD, "Upgrade: h2c", "ACCEPT"],
    "no Connection": [*GOOD[:2], "ACCEPT"],
    "another Connection": [*GOOD[:2], "Connection: keep-alive", "ACCEPT"],
    "no accept key": list(GOOD),
    "accept key of another key": [*GOOD, f"Sec-WebSocket-Accept: {accept_of('x3JJHMbDL1EzLkh9GBhXDw==')}"],
    "empty accept key": [*GOOD, "Sec-WebSocket-Accept:"],
    "accept key in lower case": [*GOOD, "accept"],
    "two accept keys": [*GOOD, "ACCEPT", "ACCEPT"],
    "an extension": [*GOOD, "ACCEPT", "Sec-WebSocket-Extensions: permessage-deflate"],
    "a subprotocol that nobody offered": [*GOOD, "ACCEPT", "Sec-WebSocket-Protocol: other"],
    "a folded line": [*GOOD, "ACCEPT", "X-Folded: a", " b"],
    "a bare LF": [*GOOD, "ACCEPT", "X-Bare: a\nX-Other: b"],
    "a head that is too large": [*GOOD, "ACCEPT", "X-Long: " + "x" * 70000],
}


@pytest.mark.parametrize("lines", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_answer_is_a_bad_gateway(shared, backend_path, lines):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines() + ["Sec-WebSocket-Protocol: chat"]))
            server = await backend.accept()
            server.request = await server.read_head()
            accept = server.answer_lines()[-1]
            lower = accept.split(": ")[0] + ": " + accept.split(": ")[1].lower()
            answer = [{"ACCEPT": accept, "accept": lower}.get(line, line) for line in lines]
            await server.send_apart([head_bytes(answer)])
            assert (await client.read_response()).status == 502
            await client.expect_end()
            assert (await server.read_rest()) == b""


@pytest.mark.parametrize("how", ["end", "reset"])
@pytest.mark.parametrize("stage", ["accepted", "asked", "within its answer"])
async def test_a_backend_that_goes_before_its_answer_is_a_bad_gateway(shared, backend_path, stage, how):
    async with Backend() as backend:
        async with await Wire.connect(shared("to", upstreams={"to": {"servers": [backend.url]}}).address) as client:
            await client.send(head_bytes(handshake_lines()))
            server = await backend.accept()
            if stage != "accepted":
                await server.read_head()
            if stage == "within its answer":
                await server.send(b"HTTP/1.1 101 Switch")
            server.close() if how == "end" else server.reset()
            assert (await client.read_response()).status == 502


# ---------------------------------------------------------------- in the open state

@pytest.fixture(params=["unix", "tcp"])
def place(request, backend_path):
    """Where the backend listens: only a TCP socket can be reset."""
    return backend_path if request.param == "unix" else None


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_backend_that_vanishes_earns_its_client_1014(gateway, place, how):
    async with Backend(place) as backend:
        run = gateway(backend.url)
        async with session(run, backend) as (client, server):
            await server.send(server.frame(TEXT, "last words"))
            await client.expect_frame(TEXT, "last words")
            server.close() if how == "close" or place else server.reset()
            await client.expect_close_and_end(1014)
        line, = await run.logged("close")
        assert (line["initiator"], line["code"], line["backend_messages"]) in (
            ("backend", 1014, 1), ("gateway", 1014, 1), ("backend", 1006, 1))


async def test_a_backends_last_words_arrive_before_the_close(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            words = server.frame(BINARY, bytes(100000)) + server.frame(TEXT, "last")
            await server.send(words)
            server.close()
            got = await client.read_out()
            assert got[:len(words)] == words
            (closing,), left = parse(got[len(words):])
            assert (closing.opcode, closing.payload[:2], left) == (CLOSE, struct.pack("!H", 1014), b"")


async def test_a_backend_that_vanishes_within_a_frame_leaves_no_room_for_a_close(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            sent = header(BINARY, 100000) + bytes(50000)
            await server.send(sent)
            server.close()
            got = await client.read_rest()
            # What had gone on stays a piece of a frame: a Close inside it would be read as payload.
            assert sent.startswith(got) or got == struct.pack("!BBH", 0x88, 2, 1014)


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_client_that_vanishes_earns_its_backend_1001(gateway, backend_path, how):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url)
        async with session(run, backend) as (client, server):
            await client.send_frame(TEXT, "last words")
            await server.expect_frame(TEXT, "last words")
            client.close() if how == "close" else client.reset()
            await server.expect_close_and_end(1001)
        line, = await run.logged("close")
        assert line["client_messages"] == 1 and line["code"] in (1001, 1006)


async def test_a_client_that_vanishes_within_a_frame_just_ends_the_backends_connection(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend) as (client, server):
            sent = client.frame(BINARY, bytes(100000))[:50000]
            await client.send(sent)
            await server.read_exactly(30000)
            client.close()
            assert sent[30000:].startswith(await server.read_rest())


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("stage", ["nothing", "half a head", "a head"])
async def test_a_client_that_vanishes_before_the_answer(shared, backend_path, stage, how):
    async with Backend(backend_path) as backend:
        run = shared(backend.url)
        whole = head_bytes(handshake_lines())
        async with await Wire.connect(run.address) as client:
            await client.send({"nothing": b"", "half a head": whole[:40], "a head": whole}[stage])
            if stage == "a head":
                server = await backend.accept()
                await server.read_head()
            client.close() if how == "close" else client.reset()
            if stage == "a head":
                await server.read_rest()  # nobody waits for its answer any more
        async with session(run, backend) as (client, server):
            await client.send_frame(TEXT, "next")
            await server.expect_frame(TEXT, "next")

"""Tries to smuggle a second request past the gateway, in or behind a first one, or behind a backend's answer.

Each head is followed by a whole good handshake for /smuggled: whoever disagrees with the gateway on where a request
ends would take that for a request. One answer must come and no more; and no backend may be asked.
"""
import asyncio

import pytest

from backends import Backend
from frames import TEXT, plain
from wire import Wire, handshake_lines, head_bytes

SECOND = head_bytes(handshake_lines("/smuggled"))
START, HOST = "GET / HTTP/1.1", "Host: test.example"
CHUNKED = "Transfer-Encoding: chunked"


def added(*lines):
    return head_bytes(handshake_lines() + list(lines))


def instead_of(name, *lines):
    return head_bytes([line for line in handshake_lines() if not line.startswith(name)] + list(lines))


def started(line):
    return head_bytes([line, *handshake_lines()[1:]])


def obfuscated():
    """Ways to write Transfer-Encoding that one server takes for chunked and the next does not."""
    for name, line in {
            "another name": "Transfer-Encoding: xchunked", "identity": "Transfer-Encoding: identity",
            "identity behind": "Transfer-Encoding: chunked, identity", "twice": "Transfer-Encoding: chunked, chunked",
            "a coding before": "Transfer-Encoding: gzip, chunked", "nothing": "Transfer-Encoding:",
            "a parameter": "Transfer-Encoding: chunked;q=1", "quotes": 'Transfer-Encoding: "chunked"',
            "a tab": "Transfer-Encoding:\tchunked", "capitals": "tRANSFER-eNCODING: CHUNKED",
            "a space before the colon": "Transfer-Encoding : chunked", "a tab before": "\tTransfer-Encoding: chunked",
            "a vertical tab": "Transfer-Encoding:\x0bchunked", "NUL": "Transfer-Encoding: chunked\x00",
            "folded": "Transfer-Encoding:\r\n chunked", "behind a bare LF": "X: y\nTransfer-Encoding: chunked",
            "behind a bare CR": "X: y\rTransfer-Encoding: chunked",
            "a bare CR at its end": "Transfer-Encoding: chunked\r",
            "two lines": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "two lines, cow": "Transfer-Encoding: chunked\r\nTransfer-encoding: cow"}.items():
        yield f"TE.TE, {name}", added("Content-Length: 4", line)
        yield f"TE alone, {name}", added(line)


def targets():
    yield "absolute-form with another authority", started("GET http://other.example/ HTTP/1.1")
    yield "absolute-form with a port more", started("GET http://test.example:80/ HTTP/1.1")
    yield "absolute-form with a user", started("GET http://test.example@other.example/ HTTP/1.1")
    yield "absolute-form without Host", head_bytes(["GET http://test.example/ HTTP/1.1", *handshake_lines()[2:]])
    yield "authority-form", started("GET test.example:80 HTTP/1.1")
    yield "authority-form of CONNECT", started("CONNECT test.example:80 HTTP/1.1")
    yield "asterisk-form", started("OPTIONS * HTTP/1.1")
    yield "a space in the target", started("GET /a /b HTTP/1.1")
    yield "a second request line in the target", started("GET / HTTP/1.1\r\nX: y GET /smuggled HTTP/1.1\nX: y")
    yield "NUL in the target", started("GET /\x00 HTTP/1.1")
    yield "a bare CR in the target", started("GET /\rX HTTP/1.1")
    yield "a bare LF in the target", started("GET /\nX HTTP/1.1")
    yield "bytes above ASCII in the target", started("GET /\xe9 HTTP/1.1")


def hosts():
    yield "no Host", instead_of("Host")
    yield "an empty Host", instead_of("Host", "Host:")
    yield "Host twice, alike", added(HOST)
    yield "Host twice, and another", added("hOST: other.example")
    yield "a list in Host", instead_of("Host", "Host: test.example, other.example")
    yield "a user in Host", instead_of("Host", "Host: test.example@other.example")
    yield "a path in Host", instead_of("Host", "Host: test.example/path")
    yield "a space before the colon of Host", instead_of("Host", "Host : test.example")


def fields():
    yield "a folded line", added("X-Folded: a", " Transfer-Encoding: chunked")
    yield "a folded line before the first", head_bytes([START, f" {HOST}", *handshake_lines()[1:]])
    yield "an empty line before the first", b"\r\n" + head_bytes(handshake_lines())
    yield "a bare LF before the first", b"\n" + head_bytes(handshake_lines())
    yield "NUL in a name", added("X\x00Y: a")
    yield "NUL in a value", added("X: a\x00b")
    yield "a bare CR in a name", added("X\rY: a")
    yield "a bare CR in a value", added("X: a\rContent-Length: 4")
    yield "a bare LF in a value", added("X: a\nContent-Length: 4")
    yield "a bare LF for the empty line", head_bytes(handshake_lines())[:-2] + b"\n"
    yield "a line that ends in LF alone", head_bytes(handshake_lines()).replace(b"\r\nHost", b"\nHost")
    yield "a space before a colon", added("X : a")
    yield "a name above ASCII", added("X\xe9: a")
    yield "a name with a separator", added("X;Y: a")


def framings():
    yield "CL.TE", added("Content-Length: 6", CHUNKED) + b"0\r\n\r\nG"
    yield "TE.CL", added(CHUNKED, "Content-Length: 4") + b"5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"
    yield "two lengths", added("Content-Length: 0", "Content-Length: 6")
    yield "the same length twice", added("Content-Length: 6", "Content-Length: 6") + b"hello\n"
    yield "a list of lengths", added("Content-Length: 0, 6")
    yield "a list of the same length", added("Content-Length: 6, 6") + b"hello\n"
    for name, value in {"a plus": "+6", "a minus": "-6", "hexadecimal": "0x6", "a space within": "0 6", "nothing": "",
                        "beyond 64 bits": "18446744073709551622", "a fraction": "6.0", "quotes": '"6"'}.items():
        yield f"a length with {name}", added(f"Content-Length: {value}")
    yield "a length", added("Content-Length: 6") + b"hello\n"
    yield "a chunked body", added(CHUNKED) + b"0\r\n\r\n"
    for method in ("POST", "PUT", "OPTIONS", "GET"):
        yield f"{method} with a body on an upgrade", head_bytes(
            [f"{method} / HTTP/1.1", *handshake_lines()[1:], "Content-Length: 6"]) + b"hello\n"
        yield f"{method} with chunks on an upgrade", head_bytes(
            [f"{method} / HTTP/1.1", *handshake_lines()[1:], CHUNKED]) + b"6\r\nhello\n\r\n0\r\n\r\n"
    yield "chunked in HTTP/1.0", head_bytes(["GET / HTTP/1.0", *handshake_lines()[1:], CHUNKED])


TRIES = {name: head for tries in (obfuscated, targets, hosts, fields, framings) for name, head in tries()}


async def one_answer(client, statuses):
    response = await client.read_response()
    assert response.status in statuses and response.complete, response
    assert response.head.get("Connection", "").lower().endswith("close")
    await client.expect_end()


@pytest.mark.parametrize("mode", ["in one segment", "in two"])
@pytest.mark.parametrize("name", TRIES)
async def test_a_head_that_may_be_read_in_two_ways_is_refused(shared, backend_path, name, mode):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send_apart([TRIES[name] + SECOND] if mode == "in one segment" else [TRIES[name], SECOND])
            await one_answer(client, {400, 405})
        assert backend.count == 0


LONG = {
    "a method": (started("G" * 20000 + " / HTTP/1.1"), 414),
    "a target": (started("GET /" + "x" * 20000 + " HTTP/1.1"), 414),
    "a field name": (added("X" * 20000 + ": y"), 431),
    "a field value": (added("X: " + "y" * 20000), 431),
    "fields": (added(*[f"X{index}: y" for index in range(96)]), 431),
    "a head": (added(*["X" * 200 + ": " + "y" * 200] * 50), 431),
}


@pytest.mark.parametrize("head, status", LONG.values(), ids=LONG.keys())
async def test_what_is_too_long_is_refused_with_its_status(shared, backend_path, head, status):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send_apart([head + SECOND])
            await one_answer(client, {status})
        assert backend.count == 0


async def test_a_second_request_behind_one_that_the_backend_refused_is_never_answered(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()) + SECOND)
            server = await backend.accept()
            server.request = await server.read_head()
            await server.send(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
            await one_answer(client, {403})
            assert await server.read_rest() == b""
        assert backend.count == 1


async def test_a_second_request_behind_a_good_one_is_a_bad_frame(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()) + SECOND)
            server = await backend.accept_open()
            assert (await client.read_head()).status == 101
            _, code = await asyncio.gather(server.expect_close_and_end(1001), client.read_close())
            assert code[0] == 1002
        assert backend.count == 1


async def test_expect_is_not_passed_on_and_a_handshake_has_no_content_to_wait_for(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(added("Expect: 100-continue"))
            server = await backend.accept_open()
            assert server.request.get("Expect") is None
            assert (await client.read_head()).status == 101


async def test_fields_that_connection_names_end_here_and_the_gateways_own_do_not(shared, backend_path):
    options = "Upgrade, X-Hop, Host, Sec-WebSocket-Key, X-Forwarded-For, close"
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(instead_of("Connection", f"Connection: {options}", "X-Hop: 1", "TE: trailers",
                                         "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "X-End: 2"))
            server = await backend.accept_open()
            seen = server.request
            assert seen.all("Connection") == ["Upgrade"] and seen.all("X-End") == ["2"]
            for name in ("X-Hop", "TE", "Keep-Alive", "Proxy-Connection"):
                assert seen.all(name) == []
            for name in ("Host", "Sec-WebSocket-Key", "X-Forwarded-For"):
                assert len(seen.all(name)) == 1
            assert (await client.read_head()).status == 101


async def test_a_tls_hello_is_no_request(shared):
    hello = bytes.fromhex("160301 0200 01 0001fc 0303") + bytes(32)
    async with await Wire.connect(shared("echo").address) as client:
        await client.send(hello)
        await one_answer(client, {400})


# ---------------------------------------------------------------- behind a backend's answer

async def answer_of(shared, backend_path, answer):
    """What a client gets, to its end, when the backend answers with these bytes; ACCEPT stands for its accept key."""
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()))
            server = await backend.accept()
            server.request = await server.read_head()
            await server.send(answer.replace(b"ACCEPT", server.answer_lines()[-1].encode()))
            if b" 101 " not in answer:
                return await client.read_rest()
            assert (await client.read_head()).all("Content-Length") == []
            return await client.read_exactly(len(HELLO))


HELLO = plain(TEXT, "hello")
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nACCEPT\r\n"
OPENED = {
    "a length in the 101": b"HTTP/1.1 101 Yes\r\n" + UPGRADE + b"Content-Length: 5\r\n\r\n" + HELLO,
    "chunked in the 101": b"HTTP/1.1 101 Yes\r\n" + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n" + HELLO,
    "interim responses before": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                                 b"HTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 101 Yes\r\n" + UPGRADE + b"\r\n" + HELLO),
    "a length in an interim response": (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 500\r\n\r\n"
                                        b"HTTP/1.1 101 Yes\r\n" + UPGRADE + b"\r\n" + HELLO),
}


@pytest.mark.parametrize("answer", OPENED.values(), ids=OPENED.keys())
async def test_a_1xx_has_no_body_whatever_it_says(shared, backend_path, answer):
    assert await answer_of(shared, backend_path, answer) == HELLO


CHUNKS = b"5;ext=\"\xe9\";more\r\nhello\r\n0;last\r\nX-Trailer: t\r\n\r\n"
PASSED = {
    "chunk extensions and trailers": (b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, CHUNKS),
    "garbage behind chunks": (b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"HTTP/1.1 200 OK\r\n\r\n", CHUNKS),
    "garbage behind a length": (b"Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n", b"hello"),
    "garbage behind a length of 0": (b"Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b""),
}


@pytest.mark.parametrize("answer, body", PASSED.values(), ids=PASSED.keys())
async def test_a_refusals_body_goes_on_to_its_end_and_no_further(shared, backend_path, answer, body):
    got = await answer_of(shared, backend_path, b"HTTP/1.1 403 No\r\n" + answer)
    head, _, rest = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 No\r\n") and b"\r\nConnection: close" in head
    assert rest == body


BROKEN = {
    "CL and TE": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "a length that is none": b"Content-Length: 0x5\r\n\r\nhello",
    "a coding that is not chunked": b"Transfer-Encoding: gzip\r\n\r\nhello",
    "a coding before chunked": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a space before a colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"X: y\r\n z\r\nContent-Length: 0\r\n\r\n",
    "a bare CR": b"X: y\rContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    "a bare LF": b"X: y\nContent-Length: 0\r\n\r\n",
    "NUL": b"X: \x00\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=BROKEN.keys())
async def test_a_refusal_that_may_be_read_in_two_ways_is_a_bad_gateway(shared, backend_path, fields):
    got = await answer_of(shared, backend_path, b"HTTP/1.1 403 No\r\n" + fields)
    assert got.startswith(b"HTTP/1.1 502 ") and got.count(b"HTTP/1.1") == 1

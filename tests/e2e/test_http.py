"""Plain HTTP before the 101: refusals of the gateway's own, smuggling, and a backend's refusals passed through."""
import os

import pytest
from aiohttp import ClientSession, WSServerHandshakeError, web

from backends import Backend, aiohttp_server
from wire import Head, Wire, handshake_lines, head_bytes

GET = ["GET / HTTP/1.1", "Host: test.example"]


async def ask(run, data):
    async with await Wire.connect(run.address) as client:
        await client.send(data if isinstance(data, bytes) else head_bytes(data))
        response = await client.read_response()
        assert response.complete
        return response


async def test_plain_http_to_a_websocket_route_is_told_to_upgrade(shared):
    response = await ask(shared("echo"), GET)
    assert response.status == 426 and response.head.get("Upgrade").lower() == "websocket"
    assert "upgrade" in response.head.get("Connection").lower()


async def test_a_path_without_a_route_is_not_found(shared):
    run = shared({"match": {"path": "/here"}, "to": "echo"})
    assert (await ask(run, GET)).status == 404
    assert (await ask(run, handshake_lines("/there"))).status == 404


async def test_an_http_client_that_we_did_not_write_understands_the_refusal(shared):
    run = shared("echo")
    async with ClientSession() as http:
        async with http.get(f"http://{run.address}/") as response:
            assert response.status == 426 and await response.text()


@pytest.mark.parametrize("lines", [
    handshake_lines() + ["X-Long: " + "x" * 20000], ["GET /" + "x" * 20000 + " HTTP/1.1"] + handshake_lines()[1:],
    handshake_lines() + [f"X-{index}: y" for index in range(1500)]], ids=["a long line", "a long target", "many lines"])
async def test_a_head_that_is_too_large(shared, lines):
    response = await ask(shared("echo"), lines)
    assert response.status == (431 if lines[0] == handshake_lines()[0] else 414)


async def test_the_limit_of_heads_is_configured(shared):
    run = shared("echo", limits={"head_size": "1KiB"})
    assert (await ask(run, handshake_lines() + ["X: " + "x" * 1000])).status == 431
    async with await Wire.connect(run.address) as client:
        await client.open(headers=["X: " + "x" * 500])


HEAD_MAX = 64 << 10  # the largest head_size there is


def of_size(lines, field, size):
    """The lines with a field, or a target, that is long enough for a head of so many bytes."""
    def with_field(value):
        if field == "target":
            return [f"GET /{value} HTTP/1.1", *lines[1:]]
        return [line for line in lines if not line.startswith(f"{field}:")] + [f"{field}: {value}"]

    return with_field("a" * (size - len(head_bytes(with_field("")))))


async def read_large_head(wire):
    wire.reader._limit = 1 << 20
    return await wire.read_head()


@pytest.mark.parametrize("field", ["Host", "X-Long", "Sec-WebSocket-Protocol", "target"])
async def test_the_largest_request_reaches_the_backend_and_one_byte_more_is_431(shared, backend_path, field):
    async with Backend(backend_path) as backend:
        run = shared(backend.url, limits={"head_size": "64KiB"})
        lines = of_size(handshake_lines(), field, HEAD_MAX)
        async with await Wire.connect(run.address) as client:
            await client.send(head_bytes(lines))
            server = await backend.accept()
            server.request = await read_large_head(server)
            due = Head.parse(head_bytes(lines)[:-4])
            assert server.request.target == due.target
            assert field == "target" or server.request.get(field) == due.get(field)
            await server.send(head_bytes(server.answer_lines()))
            assert (await client.read_response()).status == 101
        assert (await ask(run, of_size(handshake_lines(), field, HEAD_MAX + 1))).status == 431


@pytest.mark.parametrize("status", [101, 403])
async def test_the_largest_response_reaches_the_client_and_one_byte_more_is_502(shared, backend_path, status):
    async with Backend(backend_path) as backend:
        run = shared(backend.url, limits={"head_size": "64KiB"})
        for size, due in ((HEAD_MAX, status), (HEAD_MAX + 1, 502)):
            async with await Wire.connect(run.address) as client:
                await client.send(head_bytes(handshake_lines()))
                server = await backend.accept()
                server.request = await server.read_head()
                lines = server.answer_lines() if status == 101 else ["HTTP/1.1 403 No", "Content-Length: 0"]
                await server.send(head_bytes(of_size(lines, "X-Long", size)))
                head = await read_large_head(client)
                assert head.status == due
                assert due == 502 or len(head.get("X-Long")) > HEAD_MAX - 300


async def test_a_head_without_end_is_refused_at_its_limit(shared):
    async with await Wire.connect(shared("echo").address) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"x" * 20000)
        assert (await client.read_response()).status == 431
        await client.expect_end()


SMUGGLED = {
    "two lengths": ["Content-Length: 5", "Content-Length: 6"],
    "a list of lengths": ["Content-Length: 5, 6"],
    "length and chunked": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "chunked, oddly": ["Transfer-Encoding: xchunked"],
    "chunked twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "a negative length": ["Content-Length: -1"],
    "a length with a sign": ["Content-Length: +0"],
    "a length beyond 64 bits": ["Content-Length: 99999999999999999999"],
    "a hexadecimal length": ["Content-Length: 0x0"],
}


@pytest.mark.parametrize("lines", SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_conflicting_framing_ends_the_connection(shared, backend_path, lines):
    second = head_bytes(handshake_lines("/smuggled"))
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines() + lines) + b"0\r\n\r\n" + second)
            response = await client.read_response()
            assert response.status == 400
            await client.expect_end()
        assert backend.count == 0


async def test_bytes_behind_a_refused_request_are_no_second_request(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            bad = [line for line in handshake_lines() if not line.startswith("Sec-WebSocket-Key")]
            await client.send(head_bytes(bad) + head_bytes(handshake_lines("/smuggled")))
            assert (await client.read_response()).status == 400
            await client.expect_end()
        assert backend.count == 0


# ---------------------------------------------------------------- a backend's own refusal

async def refused(run, backend, answer, *, end=True):
    """What the client gets when the backend answers with these bytes; and the client, to read on."""
    async with await Wire.connect(run.address) as client:
        await client.send(head_bytes(handshake_lines()))
        server = await backend.accept()
        server.request = await server.read_head()
        await server.send(answer)
        if end:
            server.close()
        return await client.read_response()


BODY = b"You shall not pass.\n" * 30
REFUSALS = {
    "401": (b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n"
            b"Content-Length: 600\r\n\r\n" + BODY, BODY),
    "302": (b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n", b""),
    "404 in chunks": (b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"5\r\nhello\r\n258;ext=1\r\n" + BODY + b"\r\n0\r\nX-Trailer: t\r\n\r\n", b"hello" + BODY),
    "500 until the end": (b"HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n" + BODY, BODY),
    "500 of HTTP/1.0": (b"HTTP/1.0 500 Oops\r\n\r\n" + BODY, BODY),
    "503 and a second answer behind": (
        b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 600\r\n\r\n" + BODY +
        b"HTTP/1.1 200 OK\r\n\r\n", BODY),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "304": (b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 600\r\n\r\n", b""),
    "200": (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 600\r\n\r\n" + BODY, BODY),
    "429 with cookies": (
        b"HTTP/1.1 429 Too Many\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", b""),
}


@pytest.mark.parametrize("end", [True, False], ids=["closing", "keeping alive"])
@pytest.mark.parametrize("answer, body", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_backends_refusal_passes_through_whole(shared, backend_path, answer, body, end):
    due = Head.parse(answer.split(b"\r\n\r\n")[0])
    is_framed = due.get("Content-Length") or due.get("Transfer-Encoding") or due.status in (204, 304)
    if not end and not is_framed:
        pytest.skip("only the end of the stream ends this body")
    async with Backend(backend_path) as backend:
        run = shared(backend.url)
        before = len(run.log("refuse"))
        response = await refused(run, backend, answer, end=end)
        assert (response.status, response.body, response.complete) == (due.status, body, True), response
        assert response.head.start.split(" ", 2)[2] == due.start.split(" ", 2)[2]
        for name in ("WWW-Authenticate", "Location", "Retry-After", "ETag", "Content-Type", "Set-Cookie"):
            assert response.head.all(name) == due.all(name)
        assert (await run.logged("refuse", before + 1))[-1]["status"] == due.status


async def test_a_refusal_byte_by_byte(shared, backend_path):
    answer, body = REFUSALS["404 in chunks"]
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()))
            server = await backend.accept()
            server.request = await server.read_head()
            await server.send_apart(answer)
            response = await client.read_response()
            assert (response.status, response.body, response.complete) == (404, body, True)


async def test_a_large_refusal_of_a_server_that_we_did_not_write(gateway):
    page = os.urandom(700_000)

    async def handler(request):
        return web.Response(status=403, body=page, headers={"X-Why": request.headers["X-Own"]})

    async with aiohttp_server(handler=handler) as url:
        run = gateway(url)
        async with await Wire.connect(run.address) as client:
            await client.send(head_bytes(handshake_lines() + ["X-Own: because"]))
            response = await client.read_response()
            assert (response.status, response.complete, response.head.get("X-Why")) == (403, True, "because")
            assert response.body == page
        async with ClientSession() as http:
            with pytest.raises(WSServerHandshakeError) as refusal:
                await http.ws_connect(run.url(), headers={"X-Own": "again"})
            assert refusal.value.status == 403


@pytest.mark.parametrize("framing", ["length", "chunked", "until the end"])
async def test_a_refusal_over_the_limit_is_cut_and_never_has_a_wrong_length(shared, backend_path, framing):
    page = os.urandom(50_000)
    head = {"length": b"Content-Length: 50000\r\n", "chunked": b"Transfer-Encoding: chunked\r\n", "until the end": b""}
    body = b"".join(b"3e8\r\n" + page[at:at + 1000] + b"\r\n" for at in range(0, 50000, 1000)) + b"0\r\n\r\n"
    async with Backend(backend_path) as backend:
        run = shared(backend.url, limits={"refusal_size": "4KiB"})
        try:
            response = await refused(run, backend, b"HTTP/1.1 403 No\r\n" + head[framing] + b"\r\n" +
                                     (body if framing == "chunked" else page))
        except ConnectionResetError:
            # Only a reset can tell that such a body was cut; this client's library may drop what came before it.
            assert framing == "until the end"
            return
        assert response.status in (403, 502)
        if response.status == 403:
            assert page.startswith(response.body) and len(response.body) <= 4096 + 65536
            if framing == "length":
                assert response.head.get("Content-Length") in (None, "50000")
            if framing != "until the end":
                assert not response.complete, "a body that was cut looks whole"


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 403 No\r\nContent-Length: 600\r\n\r\nshort",
    b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort",
    b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n0\r\n\r\n"],
    ids=["length", "chunk", "bad chunk"])
async def test_a_refusal_that_breaks_off_never_looks_whole(shared, backend_path, answer):
    async with Backend(backend_path) as backend:
        response = await refused(shared(backend.url), backend, answer)
        assert response.status == 502 or response.status == 403 and not response.complete


@pytest.mark.parametrize("lines", [
    ["Content-Length: 5", "Content-Length: 6"], ["Content-Length: 5", "Transfer-Encoding: chunked"],
    ["Content-Length: x"], ["X-Folded: a", " b"], ["X Space: a"]], ids=str)
async def test_a_refusal_with_a_broken_head_is_a_bad_gateway(shared, backend_path, lines):
    async with Backend(backend_path) as backend:
        answer = head_bytes(["HTTP/1.1 403 No"] + lines) + b"hello"
        assert (await refused(shared(backend.url), backend, answer)).status == 502

"""The opening handshake: what a client may get wrong, and what of it reaches the backend and comes back."""
import asyncio

import pytest

from backends import CLIENTS, SERVERS, Backend, session
from frames import BINARY, TEXT, plain
from wire import Wire, accept_of, handshake_lines, head_bytes


def without(name):
    return [line for line in handshake_lines() if not line.startswith(name)]


def changed(name, *lines):
    return without(name) + list(lines)


START = "GET / HTTP/1.1"
KEY, VERSION, PROTOCOL = "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"
WRONG = {
    "POST": (["POST / HTTP/1.1"] + without("GET"), {405}),
    "PUT": (["PUT / HTTP/1.1"] + without("GET"), {405}),
    "lower-case get": (["get / HTTP/1.1"] + without("GET"), {400, 405}),
    "HTTP/1.0": (["GET / HTTP/1.0"] + without("GET"), {426}),
    "HTTP/2.0": (["GET / HTTP/2.0"] + without("GET"), {505, 400}),
    "HTTP/1.1 and more": (["GET / HTTP/1.1 x"] + without("GET"), {400, 505}),
    "no version": (["GET /"] + without("GET"), {400, 505}),
    "no target": (["GET  HTTP/1.1"] + without("GET"), {400}),
    "a target with a control byte": (["GET /\x01 HTTP/1.1"] + without("GET"), {400}),
    "a target without a slash": (["GET rooms HTTP/1.1"] + without("GET"), {400}),
    "a fragment in the target": (["GET /#x HTTP/1.1"] + without("GET"), {400}),
    "no Host": (without("Host"), {400}),
    "two Hosts": (handshake_lines() + ["Host: other.example"], {400}),
    "a Host that is none": (changed("Host", "Host: a b"), {400}),
    "no Upgrade": (without("Upgrade"), {426}),
    "Upgrade to another": (changed("Upgrade", "Upgrade: h2c"), {426}),
    "Upgrade that begins alike": (changed("Upgrade", "Upgrade: websockets"), {426}),
    "no Connection": (without("Connection"), {400}),
    "Connection: keep-alive": (changed("Connection", "Connection: keep-alive"), {400}),
    "Connection that begins alike": (changed("Connection", "Connection: Upgraded"), {400}),
    "no key": (without(KEY), {400}),
    "empty key": (changed(KEY, f"{KEY}:"), {400}),
    "key of 15 bytes": (changed(KEY, f"{KEY}: AAAAAAAAAAAAAAAAAAAA"), {400}),
    "key of 17 bytes": (changed(KEY, f"{KEY}: AAAAAAAAAAAAAAAAAAAAAAA="), {400}),
    "key of 18 bytes": (changed(KEY, f"{KEY}: AAAAAAAAAAAAAAAAAAAAAAAA"), {400}),
    "key that is no base64": (changed(KEY, f"{KEY}: dGhlIHNhbXBsZSBub25j*Q=="), {400}),
    "key without padding": (changed(KEY, f"{KEY}: dGhlIHNhbXBsZSBub25jZQ"), {400}),
    "two keys": (handshake_lines() + [f"{KEY}: dGhlIHNhbXBsZSBub25jZQ=="], {400}),
    "no WebSocket version": (without(VERSION), {400, 426}),
    "version 8": (changed(VERSION, f"{VERSION}: 8"), {426}),
    "version 14": (changed(VERSION, f"{VERSION}: 14"), {426}),
    "version 013": (changed(VERSION, f"{VERSION}: 013"), {426}),
    "two versions": (handshake_lines() + [f"{VERSION}: 8"], {400, 426}),
    "a body": (handshake_lines() + ["Content-Length: 5", "", "hello"], {400}),
    "a chunked body": (handshake_lines() + ["Transfer-Encoding: chunked", "", "0"], {400}),
    "empty subprotocol": (handshake_lines() + [f"{PROTOCOL}:"], {400}),
    "subprotocol with a space": (handshake_lines() + [f"{PROTOCOL}: a b"], {400}),
    "subprotocol with a slash": (handshake_lines() + [f"{PROTOCOL}: a/b"], {400}),
    "subprotocol twice": (handshake_lines() + [f"{PROTOCOL}: a, b, a"], {400}),
    "subprotocol twice on two lines": (handshake_lines() + [f"{PROTOCOL}: a, b", f"{PROTOCOL}: b"], {400}),
    "extensions beyond their grammar": (handshake_lines() + ["Sec-WebSocket-Extensions: a; ;="], {400}),
    "a folded line": (handshake_lines() + ["X-Folded: a", " b"], {400}),
    "a space before the colon": (handshake_lines() + ["X-Space : a"], {400}),
    "a header without a name": (handshake_lines() + [": a"], {400}),
    "a header without a colon": (handshake_lines() + ["X-Colon"], {400}),
    "a space in a name": (handshake_lines() + ["X Space: a"], {400}),
    "NUL in a value": (handshake_lines() + ["X-Nul: a\x00b"], {400}),
    "a bare CR": (handshake_lines() + ["X-Bare: a\rb"], {400}),
    "a bare LF": (handshake_lines() + ["X-Bare: a\nX-Other: b"], {400}),
}


@pytest.mark.parametrize("lines, statuses", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_handshake_gets_its_status_and_no_backend(shared, backend_path, lines, statuses):
    async with Backend(backend_path) as backend:
        run = shared(backend.url)
        before = len(run.log("refuse"))
        async with await Wire.connect(run.address) as client:
            await client.send(head_bytes(lines))
            response = await client.read_response()
            assert response.status in statuses and response.complete, response
            if response.status == 426:
                assert response.head.get("Upgrade", "").lower() == "websocket"
                if any(line.startswith(VERSION) and not line.endswith(" 13") for line in lines):
                    assert response.head.get(VERSION) == "13"
            await client.expect_end()
        assert backend.count == 0
        assert (await run.logged("refuse", before + 1))[-1]["status"] == response.status


RIGHT = {
    "any case": [START, "hOST: test.example", "uPGRADE: WebSocket", "cONNECTION: uPGRADE",
                 "sEC-wEBSOCKET-kEY: dGhlIHNhbXBsZSBub25jZQ==", "sEC-wEBSOCKET-vERSION: 13"],
    "Connection among others": changed("Connection", "Connection: keep-alive, Upgrade"),
    "Connection on two lines": changed("Connection", "Connection: keep-alive", "Connection: upgrade"),
    "no space after the colon": [line.replace(": ", ":") for line in handshake_lines()],
    "spaces around values": [
        line.replace(": ", ":  \t") + " \t" if ":" in line else line for line in handshake_lines()],
    "a length of zero": handshake_lines() + ["Content-Length: 0"],
    "bytes above ASCII in a value": handshake_lines() + ["X-Name: Gr\xfc\xdfe"],
    "an extension": handshake_lines() + [
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-other"],
    "an empty query": ["GET /? HTTP/1.1"] + without("GET"),
}


@pytest.mark.parametrize("lines", RIGHT.values(), ids=RIGHT.keys())
async def test_a_right_handshake_however_it_is_written(shared, backend_path, lines):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(lines))
            server = await backend.accept_open()
            head = await client.read_head()
            assert head.status == 101
            assert head.get("Sec-WebSocket-Accept") == accept_of("dGhlIHNhbXBsZSBub25jZQ==")
            assert head.get("Sec-WebSocket-Extensions") is None
            await client.send_frame(TEXT, "open")
            await server.expect_frame(TEXT, "open")


async def test_a_handshake_split_at_every_byte(shared, backend_path):
    whole = head_bytes(handshake_lines("/split?at=every"))
    async with Backend(backend_path) as backend:
        run = shared(backend.url)

        async def one(at):
            async with await Wire.connect(run.address) as client:
                await client.send_apart([whole[:at], whole[at:]])
                assert (await client.read_head()).status == 101

        async def answer():
            while True:
                server = await backend.accept()
                await server.accept_handshake()
                assert server.request.target == "/split?at=every"

        answering = asyncio.ensure_future(answer())
        for at in range(1, len(whole), 8):
            await asyncio.gather(*map(one, range(at, min(at + 8, len(whole)))))
        answering.cancel()


async def test_a_handshake_byte_by_byte(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send_apart(head_bytes(handshake_lines()))
            server = await backend.accept()
            await server.accept_handshake()
            assert (await client.read_head()).status == 101


async def test_a_backend_that_answers_byte_by_byte_with_a_frame_behind(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()))
            server = await backend.accept()
            server.request = await server.read_head()
            await server.send_apart(head_bytes(server.answer_lines()) + server.frame(TEXT, "early"))
            assert (await client.read_head()).status == 101
            await client.expect_frame(TEXT, "early")


async def test_what_reaches_the_backend(shared, backend_path):
    sent = ["Origin: https://app.example", "Cookie: a=1; b=2", "Cookie: c=3", "Authorization: Bearer x.y.z",
            "User-Agent: test/1.0", "Accept-Language: de, en;q=0.5", "X-Own: \xe4 value", "X-Own: twice",
            "Sec-WebSocket-Extensions: permessage-deflate"]
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend, "/rooms/1?token=a%20b&x=/../y", host="Chat.Example:8443",
                           headers=sent) as (_, server):
            seen = server.request
            assert seen.start == "GET /rooms/1?token=a%20b&x=/../y HTTP/1.1"
            assert seen.all("Host") == ["Chat.Example:8443"]
            for name in ("Origin", "Authorization", "User-Agent", "Accept-Language", "X-Own"):
                assert seen.all(name) == [line.split(": ", 1)[1] for line in sent if line.startswith(name)]
            assert "; ".join(seen.all("Cookie")) == "a=1; b=2; c=3"
            assert seen.all("Upgrade") == ["websocket"] and seen.all(VERSION) == ["13"]
            assert [value.lower() for value in seen.all("Connection")] == ["upgrade"]
            assert seen.all("Sec-WebSocket-Extensions") == []
            assert len(seen.all(KEY)) == 1 and len(seen.get(KEY)) == 24


async def test_the_backend_is_told_who_the_client_is(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend, host="chat.example") as (_, server):
            seen = server.request
            assert seen.all("X-Forwarded-For") == ["127.0.0.1"]
            assert seen.all("X-Forwarded-Proto") == ["http"]
            assert seen.all("X-Forwarded-Host") == ["chat.example"]
            parts = dict(part.strip().split("=") for part in seen.get("Forwarded").split(";"))
            assert parts["for"].strip('"') == "127.0.0.1"
            assert parts["proto"] == "http" and parts["host"].strip('"') == "chat.example"


async def test_a_client_cannot_pass_for_another(shared, backend_path):
    """What a client says of itself may stand before, but the gateway's word comes last."""
    async with Backend(backend_path) as backend:
        async with session(shared(backend.url), backend, headers=[
                "X-Forwarded-For: 10.9.8.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example",
                "Forwarded: for=10.9.8.7;proto=https"]) as (_, server):
            seen = server.request
            assert seen.all("X-Forwarded-For")[-1].split(",")[-1].strip() == "127.0.0.1"
            assert "127.0.0.1" in seen.all("Forwarded")[-1].split(",")[-1]


@pytest.mark.parametrize("offer, answer", [
    (["chat.v1"], "chat.v1"), (["a, chat.v2 ,b"], "chat.v2"), (["a", "b, chat.v3"], "chat.v3"), (["a, b"], None)])
async def test_subprotocols_are_offered_and_chosen_end_to_end(shared, backend_path, offer, answer):
    async with Backend(backend_path) as backend:
        run = shared(backend.url)
        async with await Wire.connect(run.address) as client:
            await client.send(head_bytes(handshake_lines() + [f"{PROTOCOL}: {value}" for value in offer]))
            server = await backend.accept_open([f"{PROTOCOL}: {answer}"] if answer else [])
            tokens = [token.strip() for value in offer for token in value.split(",")]
            seen = [token.strip() for value in server.request.all(PROTOCOL) for token in value.split(",")]
            assert seen == tokens
            assert (await client.read_head()).all(PROTOCOL) == ([answer] if answer else [])


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
async def test_libraries_agree_on_a_subprotocol_through_the_gateway(gateway, client, server):
    names = {"websockets": "subprotocols", "aiohttp": "protocols"}
    async with SERVERS[server](**{names[server]: ["chat.v2", "other"]}) as url:
        run = gateway(url)
        async with CLIENTS[client](run.url(), **{names[client]: ["unknown", "chat.v2"]}) as talk:
            chosen = talk.ws.subprotocol if client == "websockets" else talk.ws.protocol
            assert chosen == "chat.v2"
        assert (await run.logged("open"))[0]["subprotocol"] == "chat.v2"


async def test_what_a_backend_says_in_its_101_reaches_the_client(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            await client.send(head_bytes(handshake_lines()))
            await backend.accept_open(["Set-Cookie: s=1; Secure", "Set-Cookie: t=2", "X-Backend: b1"])
            head = await client.read_head()
            assert head.all("Set-Cookie") == ["s=1; Secure", "t=2"] and head.get("X-Backend") == "b1"
            assert len(head.all("Upgrade")) == len(head.all("Connection")) == len(head.all("Sec-WebSocket-Accept")) == 1


async def test_frames_behind_the_handshake_in_the_same_segment(shared, backend_path):
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            early = client.frame(TEXT, "early") + client.frame(BINARY, b"b" * 5000)
            answer = plain(TEXT, "hello from behind")
            await client.send(head_bytes(handshake_lines()) + early + client.frame(TEXT, "later")[:3])
            server = await backend.accept_open(early=answer)
            assert await server.read_exactly(len(early)) == early
            assert (await client.read_head()).status == 101
            assert await client.read_exactly(len(answer)) == answer



async def test_much_data_behind_the_handshake_waits_for_the_backend(shared, backend_path):
    """More than the gateway may hold before the backend has answered: nothing is lost, in whatever pieces it comes."""
    async with Backend(backend_path) as backend:
        async with await Wire.connect(shared(backend.url).address) as client:
            early = b"".join(client.frame(BINARY, bytes(1000)) for _ in range(2000))
            sending = asyncio.ensure_future(client.send(head_bytes(handshake_lines()) + early))
            server = await backend.accept()
            server.request = await server.read_head()
            await asyncio.sleep(0.1)  # time for the data to arrive while no backend is open
            await server.send(head_bytes(server.answer_lines()))
            assert await server.read_exactly(len(early)) == early
            await sending


@pytest.mark.parametrize("path, host, due", [
    ("/rooms/1", "chat.example.com", "rooms"), ("/rooms/", "CHAT.example.com:8080", "rooms"),
    ("/rooms/1?x", "chat.example.com", "rooms"), ("/rooms", "chat.example.com", "echo"),
    ("/rooms/1", "other.example.com", "any"), ("/exact", "whoever", "exact"), ("/exact?q=1", "whoever", "exact"),
    ("/rooms/1", "chat.example.com.evil", "echo"), ("/Rooms/1", "chat.example.com", "echo")])
async def test_routes_are_matched_by_host_and_path_in_the_order_written(shared, backend_path, path, host, due):
    run = shared({"match": {"host": "chat.example.com", "path": "/rooms/*"}, "to": f"ws+unix:{backend_path}.rooms"},
                 {"match": {"host": "other.example.com"}, "to": f"ws+unix:{backend_path}.any"},
                 {"match": {"path": "/exact"}, "to": f"ws+unix:{backend_path}.exact"},
                 {"match": {"path": "/*"}, "to": "echo"})
    async with await Wire.connect(run.address) as client:
        if due == "echo":
            await client.open(path, host=host)
        else:
            async with Backend(f"{backend_path}.{due}") as backend:
                await client.send(head_bytes(handshake_lines(path, host)))
                await backend.accept_open()
                assert (await client.read_head()).status == 101

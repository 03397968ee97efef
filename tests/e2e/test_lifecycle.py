"""Starting, refusing to start, draining, ending: signals, exit codes, listeners, and what is missing on the machine."""
import asyncio
import fcntl
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import pytest

from backends import Backend, open_pair, session, websockets_client
from conftest import bounded
from frames import TEXT
from sluice import BUILD, IS_SANITIZED, config_of, run_once
from wire import PATIENCE, Wire, handshake_lines, head_bytes, until

# ---------------------------------------------------------------- signals


async def test_term_closes_every_session_with_1001_and_ends_with_0(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, shards=2, timeouts={"drain": "8s"})
        pairs = [await open_pair(run, backend) for _ in range(5)]
        run.signal(signal.SIGTERM)
        ends = [end.expect_close_and_end(1001) for pair in pairs for end in pair]
        await asyncio.gather(*ends)
        assert await asyncio.to_thread(run.wait_exit, 6) == 0, "all had answered: nothing was left to wait for"
        closed = run.log("close")
        assert len(closed) == 5
        assert {(line["initiator"], line["code"]) for line in closed} == {("gateway", 1001)}


async def test_term_does_not_wait_for_ever_for_those_who_do_not_answer(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, timeouts={"drain": "700ms", "close": "60s"})
        client, server = await open_pair(run, backend)
        run.signal(signal.SIGTERM)
        assert await asyncio.to_thread(run.wait_exit) == 0
        await client.expect_close(1001)


async def test_term_without_sessions_ends_at_once(gateway):
    run = gateway("echo", timeouts={"drain": "60s"})
    run.signal(signal.SIGTERM)
    assert run.wait_exit(5 if not IS_SANITIZED else 20) == 0


async def test_no_new_connection_is_taken_while_draining(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, timeouts={"drain": "1500ms", "close": "60s"})
        client, _ = await open_pair(run, backend)
        run.signal(signal.SIGTERM)
        await client.expect_close(1001)
        try:
            async with await Wire.connect(run.address) as late:
                await late.send(head_bytes(handshake_lines()))
                answer = await late.read_rest()
                assert answer == b"" or answer.startswith(b"HTTP/1.1 503 ")
        except ConnectionError:
            pass
        assert backend.count == 1
        assert await asyncio.to_thread(run.wait_exit) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_at_once_with_2(gateway, backend_path, second):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url, timeouts={"drain": "6s", "close": "60s"})
        client, _ = await open_pair(run, backend)
        run.signal(signal.SIGTERM)
        await client.expect_close(1001)
        run.signal(second)
        assert await asyncio.to_thread(run.wait_exit, 5) == 2


async def test_int_ends_it_too(gateway):
    run = gateway("echo")
    run.signal(signal.SIGINT)
    assert run.wait_exit() in (0, 2)


async def test_a_client_within_its_handshake_does_not_hold_up_the_drain(gateway):
    run = gateway("echo", timeouts={"drain": "5s"})
    async with await Wire.connect(run.address) as client:
        await client.send(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(0.1)
        run.signal(signal.SIGTERM)
        assert await asyncio.to_thread(run.wait_exit) == 0


# ---------------------------------------------------------------- listeners

async def test_every_listener_is_named_in_the_order_written_and_serves(gateway, tmp_path):
    listen = ("127.0.0.1:0", f"unix:{tmp_path}/edge.sock", "[::1]:0", "127.0.0.2:0")
    run = gateway("echo", listen=listen, shards=2)
    assert [address.rpartition(":")[0] for address in run.addresses] == ["127.0.0.1", "unix", "[::1]", "127.0.0.2"]
    assert run.addresses[1] == listen[1]
    for address in run.addresses:
        async with await Wire.connect(address) as client:
            await client.open()
            await client.send_frame(TEXT, address)
            await client.expect_frame(TEXT, address)


async def test_a_unix_socket_goes_with_its_gateway_and_a_stale_one_is_replaced(gateway, tmp_path):
    path = tmp_path / "edge.sock"
    run = gateway("echo", listen=(f"unix:{path}",))
    run.stop()
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    run = gateway("echo", listen=(f"unix:{path}",))
    async with await Wire.connect(run.address) as client:
        await client.open()


async def test_ipv6_on_both_legs(gateway):
    async with Backend(host="::1") as backend:
        run = gateway(backend.url, listen=("[::1]:0",))
        async with session(run, backend) as (_, server):
            assert server.request.all("X-Forwarded-For") == ["::1"]
            assert '"[::1]' in server.request.get("Forwarded")


async def test_a_unix_client_in_front_of_a_unix_backend(gateway, backend_path, tmp_path):
    async with Backend(backend_path) as backend:
        async with session(gateway(backend.url, listen=(f"unix:{tmp_path}/edge.sock",)), backend) as (client, server):
            await client.send_frame(TEXT, "no network at all")
            await server.expect_frame(TEXT, "no network at all")


# ---------------------------------------------------------------- refusing to start

def expect_no_start(run, *words):
    """Exit code 1 and one line on stderr that has all the words; returns it."""
    assert run.wait_exit() == 1
    lines = run.stderr.splitlines()
    assert len(lines) == 1, lines
    for word in words:
        assert word.lower() in lines[0].lower(), lines[0]
    assert run.stdout == ""


def test_a_port_in_use(gateway):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        expect_no_start(gateway("echo", listen=(address,), ready=False), address)


async def test_a_port_in_use_by_another_sluice(gateway):
    first = gateway("echo", shards=2)
    expect_no_start(gateway("echo", listen=(first.address,), shards=2, ready=False), first.address)


async def test_a_unix_socket_that_another_sluice_serves(gateway, tmp_path):
    first = gateway("echo", listen=(f"unix:{tmp_path}/edge.sock",))
    expect_no_start(gateway("echo", listen=first.addresses, ready=False), f"{tmp_path}/edge.sock")
    async with await Wire.connect(first.address) as client:
        await client.open()


def test_nothing_is_half_started(gateway, tmp_path):
    """The first listener could be opened, the second cannot: none is left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = (f"unix:{tmp_path}/first.sock", "127.0.0.1:%d" % taken.getsockname()[1])
        expect_no_start(gateway("echo", listen=listen, ready=False), listen[1])
        assert not Path(tmp_path, "first.sock").exists()


def test_an_address_that_is_not_of_this_machine(gateway):
    expect_no_start(gateway("echo", listen=("192.0.2.1:8080",), ready=False), "192.0.2.1")


def test_a_folder_that_does_not_exist(gateway, tmp_path):
    expect_no_start(gateway("echo", listen=(f"unix:{tmp_path}/none/edge.sock",), ready=False), "edge.sock")


def test_io_uring_disabled_by_seccomp(gateway):
    wrapper = (sys.executable, "-B", os.path.join(os.path.dirname(__file__), "deny_io_uring.py"))
    expect_no_start(gateway("echo", wrapper=wrapper, ready=False), "io_uring")


@pytest.mark.skipif(BUILD == "tsan", reason="the sanitizer needs descriptors of its own")
def test_too_few_descriptors_to_start(gateway):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))

    run = gateway("echo", shards=2, ready=False, popen={"preexec_fn": few})
    expect_no_start(run, "descriptors")


async def test_few_descriptors_are_a_limit_of_connections(gateway):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (250, 250))

    run = gateway("echo", popen={"preexec_fn": few})
    opened, refused = [], 0
    for _ in range(260):
        client = await Wire.connect(run.address)
        try:
            await client.open()
            opened.append(client)
        except (AssertionError, ConnectionError, asyncio.IncompleteReadError):
            refused += 1  # 503 or the end of the connection: an answer either way
            client.writer.transport.abort()
    assert len(opened) >= 20 and refused >= 20
    for client in opened:
        await client.send_frame(TEXT, "still served")
        await client.expect_frame(TEXT, "still served")
        client.close()
    await until(lambda: len(run.log("close")) >= len(opened), "the sessions to end")
    async with await Wire.connect(run.address) as client:
        await client.open()


async def test_the_limit_of_connections_is_answered_with_503(gateway):
    run = gateway("echo", limits={"connections": 4})
    opened = [await Wire.connect(run.address) for _ in range(4)]
    for client in opened:
        await client.open()
    async with await Wire.connect(run.address) as client:
        await client.send(head_bytes(handshake_lines()))
        response = await client.read_response()
        assert response.status == 503 and response.head.get("Retry-After")
    opened[0].close()
    await run.logged("close")

    async def is_open():
        async with await Wire.connect(run.address) as client:
            await client.send(head_bytes(handshake_lines()))
            return (await client.read_response()).status == 101

    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await is_open():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


def test_the_hard_limit_of_descriptors_is_used(gateway):
    def soft():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    run = gateway("echo", popen={"preexec_fn": soft})
    assert resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE)[0] > 64


# ---------------------------------------------------------------- bad configurations

@pytest.mark.parametrize("text, place, words", [
    ("listen: [\n", ":2:", []), ("", "", ["route"]), ("routes:\n  - to: echo\n    upstrem: x\n", ":3:5:", ["upstrem"]),
    ('listen: ":8080"\nroutes:\n  - to: nowhere\n', ":3:9:", ["nowhere"]),
    ('listen: ":99999"\nroutes:\n  - to: echo\n', ":1:9:", ["port"]),
    ('listen: ":0"\ntimeouts: { close: 0 }\nroutes:\n  - to: echo\n', ":2:20:", ["0"]),
    ('listen: ":0"\ntimeouts: { close: 5 }\nroutes:\n  - to: echo\n', ":2:20:", ["unit"]),
    ('listen: ":0"\nlimits: { message_size: lots }\nroutes:\n  - to: echo\n', ":2:25:", ["lots"]),
    ('listen: ":0"\nlisten: ":0"\nroutes:\n  - to: echo\n', ":2:1:", ["listen"]),
])
def test_a_bad_configuration_is_refused_with_its_place(tmp_path, text, place, words):
    path = tmp_path / "sluice.yaml"
    path.write_text(text)
    result = run_once("run", "-c", path)
    assert result.returncode == 1 and result.stdout == ""
    assert f"sluice.yaml{place}" in result.stderr, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def test_all_errors_are_reported_at_once(tmp_path):
    path = tmp_path / "sluice.yaml"
    path.write_text('listen: ":0"\nshards: none\nroutes:\n  - too: echo\n  - to: "http://x"\nping: { answer: loud }\n')
    result = run_once("run", "-c", path)
    lines = result.stderr.splitlines()
    assert result.returncode == 1
    for number in (2, 4, 5, 6):
        assert any(f"sluice.yaml:{number}:" in line for line in lines), (number, result.stderr)
    assert 'did you mean "to"' in result.stderr


def test_a_configuration_that_is_not_there(tmp_path):
    result = run_once("run", "-c", tmp_path / "none.yaml")
    assert result.returncode == 1 and "none.yaml" in result.stderr and len(result.stderr.splitlines()) == 1


# ---------------------------------------------------------------- the log's reader

@bounded(3)
async def test_a_log_that_nobody_reads_stops_no_session_and_no_exit(gateway):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    try:
        run = gateway("echo", stdout=writer)
        for turn in range(200):
            async with await Wire.connect(run.address) as client:
                await client.open()
                await client.send_frame(TEXT, f"{turn}")
                await client.expect_frame(TEXT, f"{turn}")
        run.signal(signal.SIGTERM)
        assert await asyncio.to_thread(run.wait_exit) == 0
    finally:
        os.close(reader)
        os.close(writer)


def full_pipe():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writer, b"x")
    os.set_blocking(writer, True)
    return reader, writer


async def is_served(address):
    try:
        async with await Wire.connect(address) as client:
            await client.open()
            return True
    except OSError:
        return False


@bounded(3)
async def test_output_that_nobody_reads_stops_neither_the_start_nor_a_signal_nor_the_end(gateway, tmp_path):
    reader, writer = full_pipe()
    address = f"unix:{tmp_path}/edge.sock"
    try:
        run = gateway("echo", listen=(address,), stdout=writer, stderr=writer, ready=False)
        while not await is_served(address):
            await asyncio.sleep(0.02)
        run.signal(signal.SIGHUP)
        run.signal(signal.SIGTERM)
        assert await asyncio.to_thread(run.wait_exit) == 0
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("where", ["full", "closed"])
async def test_a_log_that_cannot_be_written_stops_no_session(gateway, where):
    if where == "full":
        stdout = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, stdout = os.pipe()
        os.close(reader)
    try:
        run = gateway("echo", stdout=stdout)
        async with websockets_client(run.url()) as talk:
            await talk.send("hello")
            assert await talk.receive() == "hello"
        run.stop()
    finally:
        os.close(stdout)


async def test_the_access_log_tells_each_session_from_open_to_close(gateway, backend_path):
    async with Backend(backend_path) as backend:
        run = gateway(backend.url)
        async with session(run, backend, "/a?token=secret", host="log.example") as (client, server):
            opened, = await run.logged("open")
            await client.send(client.frame(TEXT, "12345") + client.frame(TEXT, "678"))
            await server.expect_frame(TEXT, "12345")
            await server.expect_frame(TEXT, "678")
            await server.send_frame(TEXT, "abc")
            await client.expect_frame(TEXT, "abc")
            await client.send_close(1000, "bye")
            await server.expect_close_and_end(1000)
        closed, = await run.logged("close")
        assert opened["session"] == closed["session"] and opened["client"].startswith("127.0.0.1:")
        assert opened["host"] == "log.example" and opened["backend"] == backend.url
        assert closed["client_messages"] == 2 and closed["client_bytes"] == 8
        assert closed["backend_messages"] == 1 and closed["backend_bytes"] == 3
        assert (closed["initiator"], closed["code"], closed["reason"]) == ("client", 1000, "bye")
        assert 0 <= closed["duration_ms"] < 60000
        assert "secret" not in run.stdout, "a token in the log"


async def test_the_access_log_can_be_off(gateway):
    run = gateway(config_of("echo", log={"access": False}))
    async with await Wire.connect(run.address) as client:
        await client.open()
    run.stop()
    assert run.stdout == ""

"""Thousands of relayed connections, opened, used and closed again and again: what they cost, and what they leave."""
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sluice import IS_SANITIZED
from wire import PATIENCE

PROCESSES = 3
SWARM = [sys.executable, "-B", str(Path(__file__).with_name("swarm.py"))]


class Swarm:
    """Processes of clients, or of backends, that do the same at the same time."""

    def __init__(self, *arguments, count=PROCESSES):
        self.processes = [subprocess.Popen([*SWARM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           text=True) for _ in range(count)]

    def answers(self):
        lines = [process.stdout.readline() for process in self.processes]
        assert all(lines), "a process of the swarm ended"
        return lines

    def do(self, command):
        """The sum of what they answer."""
        for process in self.processes:
            process.stdin.write(command + "\n")
            process.stdin.flush()
        return sum(map(int, self.answers()))

    def end(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def swarm():
    started = []

    def start(*arguments, **how):
        started.append(Swarm(*arguments, **how))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture
def relay(gateway, swarm):
    """A gateway in front of a swarm of backends."""
    def start(**more):
        ports = " ".join(swarm("backend").answers()).split()
        servers = [f"ws://127.0.0.1:{port}" for port in ports]
        return gateway("many", upstreams={"many": {"servers": servers}}, **more)
    return start


def wait_until_closed(run, descriptors, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while run.descriptors > descriptors:
        assert time.monotonic() < deadline, f"{run.descriptors} descriptors, due were {descriptors}"
        time.sleep(0.02)


def rounds(run, clients, count, connections):
    """Opens, uses and closes; the RSS after each round."""
    descriptors, sizes = run.descriptors, []
    for _ in range(count):
        assert clients.do(f"open {connections // PROCESSES}") == connections
        assert clients.do("use") == connections
        assert clients.do("close") == connections
        wait_until_closed(run, descriptors)
        sizes.append(run.rss_bytes)
    return sizes


@pytest.mark.parametrize("shards", [1, 2])
def test_rounds_of_many_connections_leave_nothing_behind(relay, swarm, shards):
    run = relay(shards=shards)
    sizes = rounds(run, swarm("clients", run.address), 5, 600)
    if not IS_SANITIZED:  # a sanitizer keeps what is freed, to watch it
        assert sizes[-1] <= sizes[1] * 1.05, sizes
    assert run.wait_log("close", 3000) and len(run.log("open")) == 3000


@pytest.mark.slow
@pytest.mark.parametrize("shards", [1, 2])
def test_ten_rounds_of_nine_thousand(relay, swarm, shards):
    run = relay(shards=shards)
    sizes = rounds(run, swarm("clients", run.address), 10, 9000)
    print("RSS after each round, KiB:", [size // 1024 for size in sizes])
    assert sizes[9] <= sizes[1] * 1.05, sizes


@pytest.mark.slow
def test_an_idle_relayed_connection_costs_at_most_two_kibibytes(relay, swarm):
    run = relay(log={"access": False})
    clients = swarm("clients", run.address)
    # What is paid once, whatever the number: pages of code, of pools, of receive buffers.
    clients.do("open 1000")
    clients.do("use")
    before = run.rss_bytes
    assert clients.do("open 2000") == 9000
    assert clients.do("use") == 9000
    each = (run.rss_bytes - before) / 6000
    print(f"{each:.0f} bytes for each idle relayed connection")
    assert each <= 2048
    clients.do("close")


@pytest.mark.slow
def test_idle_connections_that_compress_stay_within_their_budget(relay, swarm):
    """Each has sent and got a compressed message: some keep their contexts from it, the others have borrowed."""
    budget = 64 << 20
    run = relay(log={"access": False}, compression={"mode": "edge", "memory": "64MiB"})
    before = run.rss_bytes
    clients = swarm("clients", run.address, "deflate")
    assert clients.do("open 3000") == 9000
    assert clients.do("use") == 9000
    grown = run.rss_bytes - before
    print(f"9000 idle connections that compress: {grown >> 10} KiB, of them the budget's {budget >> 10}")
    assert grown <= budget + 9000 * 2048
    clients.do("close")


@pytest.mark.slow
def test_nine_thousand_connections_are_closed_by_a_drain(relay, swarm):
    run = relay(timeouts={"drain": "8s", "close": "1s"})
    assert swarm("clients", run.address).do("open 3000") == 9000
    run.stop()
    assert len(run.log("close")) == 9000

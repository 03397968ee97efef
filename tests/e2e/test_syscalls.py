"""What a message costs in system calls: counted by strace on a gateway under a pipelined load."""
import asyncio
import os
import re
import shutil
import signal
import subprocess

import pytest

from backends import Backend, open_pair
from conftest import bounded
from frames import BINARY, masked, plain
from sluice import IS_SANITIZED
from wire import PATIENCE, Wire, until

ENTERS_MAX, OTHERS_MAX = 0.1, 0.01  # per message
PAYLOAD = bytes(range(100))


def can_trace():
    if IS_SANITIZED:
        return "a sanitizer makes system calls of its own"
    if not shutil.which("strace"):
        return "strace is not installed"
    try:
        allowed = subprocess.run(["strace", "-c", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    except OSError:
        allowed = False
    return None if allowed else "ptrace is forbidden here"


pytestmark = pytest.mark.skipif(can_trace() is not None, reason=can_trace() or "")


class Trace:
    """strace, attached to a process and all its threads while a block runs; then the counts by name."""

    def __init__(self, pid, folder):
        self.pid, self.out, self.err = pid, folder / "strace.out", folder / "strace.err"

    async def __aenter__(self):
        with open(self.err, "wb") as err:
            self.strace = subprocess.Popen(["strace", "-c", "-f", "-p", str(self.pid), "-o", str(self.out)], stderr=err)
        threads = len(os.listdir(f"/proc/{self.pid}/task"))
        await until(lambda: self.err.read_text().count("attached") >= 1 and
                    self.traced() == threads, "strace to be attached to every thread")
        return self

    def traced(self):
        """How many threads have a tracer."""
        count = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as status:
                count += not re.search(r"^TracerPid:\s+0$", status.read(), re.M)
        return count

    async def __aexit__(self, *_):
        self.strace.send_signal(signal.SIGINT)
        await asyncio.to_thread(self.strace.wait, PATIENCE)
        self.calls = {}
        for line in self.out.read_text().splitlines():
            words = line.split()
            if len(words) >= 5 and re.match(r"[\d.]+$", words[0]) and words[-1] != "total":
                self.calls[words[-1]] = int(words[3])

    def judge(self, messages):
        enters = self.calls.get("io_uring_enter", 0)
        others = sum(self.calls.values()) - enters
        print(f"{messages} messages: {self.calls}")
        assert 0 < enters < messages * ENTERS_MAX, f"{enters / messages:.4f} io_uring_enter per message"
        assert others < messages * OTHERS_MAX, f"{others / messages:.4f} other calls per message: {self.calls}"


async def drained(wire, count):
    left = count
    while left:
        piece = await wire.read_some(min(left, 1 << 18))
        assert piece
        left -= len(piece)


@bounded(4)
async def test_a_relay_in_both_directions(gateway, backend_path, tmp_path):
    sessions, batch, turns = 8, 256, 40
    async with Backend(backend_path) as backend:
        run = gateway(backend.url)
        pairs = [await open_pair(run, backend) for _ in range(sessions)]
        up, down = masked(BINARY, PAYLOAD) * batch, plain(BINARY, PAYLOAD) * batch

        async def load(client, server):
            for _ in range(turns):
                await asyncio.gather(client.send(up), server.send(down), drained(server, len(up)),
                                     drained(client, len(down)))

        async with Trace(run.process.pid, tmp_path) as trace:
            await asyncio.gather(*(load(*pair) for pair in pairs))
        trace.judge(2 * sessions * batch * turns)


@bounded(4)
async def test_an_echo(gateway, tmp_path):
    clients, batch, turns = 8, 256, 40
    run = gateway("echo")
    wires = [await Wire.connect(run.address) for _ in range(clients)]
    for wire in wires:
        await wire.open()
    up = masked(BINARY, PAYLOAD) * batch

    async def load(wire):
        for _ in range(turns):
            await asyncio.gather(wire.send(up), drained(wire, len(up) - 4 * batch))

    async with Trace(run.process.pid, tmp_path) as trace:
        await asyncio.gather(*map(load, wires))
    trace.judge(clients * batch * turns)

"""The gateway as a process: started with a configuration, watched, stopped, and asked how it ended."""
import asyncio
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from wire import PATIENCE

BINARY = os.environ.get("SLUICE_BIN", "build/bin/sluice")
BUILD = os.environ.get("SLUICE_BUILD", "release")
IS_SANITIZED = BUILD in ("asan", "tsan")
READY = re.compile(r"^sluice: ready: listening on (.+)$", re.M)
SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


class Gateway:
    """One run of the binary. config: a dict (written as flow-style YAML, which JSON is) or YAML text."""
    started = []  # in the current test or shared by its module: what a failure shows

    def __init__(self, folder, config, *, command=("run",), wrapper=(), stdout=None, stderr=None, **popen):
        folder = Path(folder)
        self.config_path = folder / "sluice.yaml"
        self.config_path.write_text(config if isinstance(config, str) else json.dumps(config, indent=1) + "\n")
        self.stdout_path, self.stderr_path = folder / "stdout", folder / "stderr"
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen(
                [*wrapper, BINARY, *command, "-c", str(self.config_path)], stdin=subprocess.DEVNULL,
                stdout=out if stdout is None else stdout, stderr=err if stderr is None else stderr, **popen)
        Gateway.started.append(self)

    # ------------------------------------------------------------ its life

    def wait_ready(self):
        """Until it listens; its addresses, in the order of the configuration."""
        deadline = time.monotonic() + PATIENCE
        while not (ready := READY.search(self.stderr)):
            assert self.process.poll() is None, f"ended with {self.process.returncode} before it was ready"
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.005)
        self.addresses = ready[1].split(", ")
        return self

    def wait_exit(self, seconds=None):
        try:
            return self.process.wait(seconds or PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running {seconds or PATIENCE} s later") from None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """TERM; it must end by itself, with exit code 0 and nothing for a sanitizer to say."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            assert self.wait_exit() == 0, f"exit code {self.process.returncode}"
            self.expect_healthy()
        finally:
            self.kill()

    def expect_healthy(self):
        found = SANITIZER.search(self.stderr)
        assert not found, f"on stderr: {found[0]}"
        assert self.process.poll() in (None, 0), f"ended with {self.process.returncode}"

    # ------------------------------------------------------------ what is seen of it

    @property
    def address(self):
        return self.addresses[0]

    def url(self, path="/"):
        return f"ws://{self.address}{path}"

    @property
    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def log(self, event=None):
        """The lines of the access log that are whole."""
        lines = [json.loads(line) for line in self.stdout.split("\n")[:-1]]
        return [line for line in lines if event in (None, line["event"])]

    def wait_log(self, event, count=1):
        """The first count lines of that event, waited for."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.log(event)) < count:
            assert time.monotonic() < deadline, f"{len(found)} lines of {event} in the log, due were {count}"
            time.sleep(0.01)
        return found

    async def logged(self, event, count=1):
        """wait_log() that lets the loop run on: closing sockets, for one thing, is the loop's work."""
        return await asyncio.to_thread(self.wait_log, event, count)

    def status(self, field):
        """A field of /proc/PID/status, as a number (KiB of memory)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.M)[1])

    @property
    def rss_bytes(self):
        return self.status("VmRSS") * 1024

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def config_of(*routes, listen=("127.0.0.1:0",), **more):
    """A configuration for tests: a route may be a URL, which then takes everything."""
    return {
        "listeners": [{"bind": bind} for bind in listen],
        "shards": 1,
        "routes": [{"to": route} if isinstance(route, str) else route for route in routes],
        **more,
        "timeouts": {"close": "1s", "drain": "2s", **more.get("timeouts", {})},
    }


def run_once(*arguments, seconds=None, **options):
    """Runs the binary to its end: the command line's own answers."""
    return subprocess.run([BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds or PATIENCE, **options)

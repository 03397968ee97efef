"""The servers that the suite compares: how each is configured, started and stopped.

Each runs from a folder of its own with a configuration made for it; nothing of the system's is read or changed. Relays
all stand in front of the same backend.
"""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
READY_SECONDS, STOP_SECONDS = 10, 5

SLUICE = """
listen: "127.0.0.1:{port}"
shards: 1
limits: {{ message_size: 2MiB, backend_message_size: 2MiB }}
log: {{ access: off }}
routes:
  - match: {{ path: /echo }}
    to: echo
  - match: {{ path: /deflate }}
    to: echo
    compression: {{ mode: edge, memory: 64MiB, level: 1, min_size: 1B }}
  - to: ws://127.0.0.1:{backend}
"""

NGINX = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://127.0.0.1:{backend};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_set_header Host $host;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
            {buffers}
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 9000
    nbthread 1
    {buffers}
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
frontend edge
    bind 127.0.0.1:{port} backlog 4096
    default_backend servers
backend servers
    server one 127.0.0.1:{backend}
"""


class Missing(Exception):
    """The contestant is not installed."""


def program(*names):
    for name in names:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if found or os.access(name, os.X_OK):
            return found or str(name)
    raise Missing(f"{names[0]} is not installed (make bench-deps)")


class Server:
    """One process, pinned, from its start to its stop."""

    def __init__(self, folder, command, cpu, port):
        pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log"
        self.port = port
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(pinned + [str(word) for word in command], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True)
        self._wait()

    def _wait(self):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.is_alive():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        text = self.log.read_text(errors="replace")[-300:]
        self.stop()
        raise Missing("did not start: " + " ".join(text.split()))

    def is_alive(self):
        return self.process.poll() is None

    def pids(self):
        """The process and what it forked: nginx works in a child."""
        found = [self.process.pid]
        for pid in found:
            try:
                found += [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except OSError:
                pass
        return found

    def rss(self):
        total = 0
        for pid in self.pids():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                total += 1024 * int(status.split("VmRSS:")[1].split()[0])
            except (OSError, IndexError):
                pass
        return total

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Contestant:
    """What serves which kinds of cells, and how: command(folder, port, backend) makes its command line."""

    def __init__(self, name, kinds, command, raw=False, paths=None):
        self.name, self.kinds, self.command, self.raw, self.paths = name, kinds, command, raw, paths or {}
        self.server = None

    def start(self, folder, cpu, port, backend):
        mine = folder / self.name.replace(" ", "-").replace(",", "")
        mine.mkdir(parents=True, exist_ok=True)
        self.server = Server(mine, self.command(mine, port, backend), cpu, port)

    def stop(self):
        if self.server:
            self.server.stop()
        self.server = None

    def target(self, kind):
        """The words that tell sluice-load where to go."""
        where = ["--connect", f"127.0.0.1:{self.server.port}", "--path", self.paths.get(kind, "/")]
        return where + (["--raw"] if self.raw else [])


def from_file(text, name, *command, **fields):
    """A command line behind a configuration file that is written first."""
    def make(folder, port, backend):
        path = folder / name
        path.write_text(text.format(port=port, backend=backend, **fields))
        return [program(command[0]), *command[1:], path]
    return make


def bun_program(modules):
    return program(modules / ".bin" / "bun", "bun")


def ws_command(modules, mode):
    def make(_folder, port, _backend):
        if not (modules / "ws").is_dir():
            raise Missing("npm's ws is not installed (make bench-deps)")
        return [program("node"), HERE / "peers/ws.js", modules / "ws", port, mode]
    return make


def all_contestants(binaries, build):
    """In the order of the tables: the gateway first."""
    modules = build / "npm/node_modules"
    relayed = ("relay", "rate", "handshakes", "idle")
    floor, sluice = binaries / "sluice-floor", binaries / "sluice"

    def bare(how):
        return lambda _folder, port, _backend: [floor, how, port]

    def proxy(how):
        return lambda _folder, port, backend: [floor, how, port, backend + 1]

    def nginx(buffers):
        def make(folder, port, backend):
            (folder / "nginx.conf").write_text(NGINX.format(port=port, backend=backend, buffers=buffers))
            return [program("nginx"), "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]
        return make

    def haproxy(buffers):
        return from_file(HAPROXY, "haproxy.cfg", "haproxy", "-db", "-f", buffers=buffers)

    return [
        Contestant("sluice", ("echo", "deflate") + relayed, from_file(SLUICE, "sluice.yaml", sluice, "run", "-c"),
                   paths={"echo": "/echo", "deflate": "/deflate"}),
        Contestant("nginx", relayed, nginx("")),
        Contestant("nginx, 64k buffers", relayed, nginx("proxy_buffer_size 64k; proxy_buffers 8 64k; "
                                                        "proxy_busy_buffers_size 128k;")),
        Contestant("haproxy", relayed, haproxy("")),
        Contestant("haproxy, 64k buffers", relayed, haproxy("tune.bufsize 65536")),
        Contestant("node ws", ("echo",), ws_command(modules, "plain")),
        Contestant("node ws, deflate", ("deflate",), ws_command(modules, "deflate")),
        Contestant("bun", ("echo",), lambda _f, port, _b: [bun_program(modules), HERE / "peers/bun.js", port, "plain"]),
        Contestant("bun, deflate", ("deflate",),
                   lambda _f, port, _b: [bun_program(modules), HERE / "peers/bun.js", port, "deflate"]),
        Contestant("floor, epoll", ("echo",), bare("epoll"), raw=True),
        Contestant("floor, io_uring", ("echo",), bare("uring"), raw=True),
        Contestant("floor, epoll proxy", ("relay", "rate"), proxy("epoll"), raw=True),
        Contestant("floor, io_uring proxy", ("relay", "rate"), proxy("uring"), raw=True),
    ]


class Backend:
    """What relays stand in front of: the gateway's own echo, and bare TCP for the floors, on the load's CPU."""

    def __init__(self, folder, binaries, cpu, port):
        config = folder / "backend.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(SLUICE.replace("to: ws://127.0.0.1:{backend}", "to: echo").format(port=port))
        self.servers = [Server(folder / "backend", [binaries / "sluice", "run", "-c", config], cpu, port),
                        Server(folder / "backend-bare", [binaries / "sluice-floor", "epoll", port + 1], cpu, port + 1)]

    def stop(self):
        for server in self.servers:
            server.stop()

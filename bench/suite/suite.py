#!/usr/bin/env python3
"""Measures the gateway beside its peers and beside bare TCP: the cells of plan.py, all contestants in turn in each.

Writes results.json, results.md and plots to build/bench/. The main figure is the CPU time of a server per message,
which a busy machine disturbs least; rates are of one run among others and only to be compared within a cell.
"""
import argparse
import ctypes
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from contestants import Backend, Missing, all_contestants  # noqa: E402
from plan import PLANS, Cell  # noqa: E402
import report  # noqa: E402

PORT, BACKEND_PORT = 18200, 18300
CLONE_NEWNET = 0x40000000
LOAD_PATIENCE_SECONDS = 90
# Before idle connections are counted: buffers that every server keeps, whoever is connected, are touched.
WARM = Cell("relay", 16384, 4, 64)


class Suite:
    """One run: its settings, what could not be done, and what was found."""

    def __init__(self, options):
        self.options = options
        self.binaries, self.build = Path(options.binaries).resolve(), Path(options.build).resolve()
        self.notes, self.cells, self.order, self.ground = [], [], {}, {}
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.load_cpu = (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
        if len(cpus) < 2:
            self.note("one CPU only: servers and load share it, nothing is pinned")

    def note(self, text):
        self.notes.append(text)
        print(f"bench: {text}", flush=True)

    # ------------------------------------------------------------ the ground

    def prepare(self):
        """A network of its own, with a congestion control that does not pace; as many descriptors as there may be."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            self.note(f"no network namespace ({os.strerror(ctypes.get_errno())}): measured in the machine's own, with "
                      "its congestion control")
            return
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"bench: the namespace has no loopback: {error} (is iproute2 installed? make bench-deps)")
        for name, value in (("tcp_congestion_control", "reno"), ("ip_local_port_range", "1024 65535")):
            try:
                Path("/proc/sys/net/ipv4", name).write_text(value)
            except OSError as error:
                self.note(f"{name} could not be set to {value}: {error.strerror}")

    def machine(self):
        model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                      if line.startswith("model name")), platform.machine())
        control = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
        return {"cpu": model, "cpus": os.cpu_count(), "kernel": platform.release(), "congestion_control": control,
                "load_average_before": os.getloadavg()[0], "server_cpu": self.server_cpu, "load_cpu": self.load_cpu}

    # ------------------------------------------------------------ one measurement

    def load_command(self, cell, target, pids):
        words = [self.binaries / "sluice-load", *target, "--json", "-c", cell.connections, "-s", cell.size,
                 "-t", self.options.seconds, "--warmup", 1, "--sources", 8]
        if cell.depth > 1 or not cell.rate:
            words += ["-d", cell.depth]
        if self.load_cpu is not None:
            words += ["--cpu", self.load_cpu]
        rate = cell.rate or (1 if cell.kind == "idle" else 0)
        words += ["--rate", rate] if rate else []
        words += [f"--{cell.kind}"] if cell.kind in ("deflate", "handshakes") else []
        for pid in pids:
            words += ["--pid", pid]
        return [str(word) for word in words]

    def run_load(self, cell, contestant):
        command = self.load_command(cell, contestant.target(cell.kind), contestant.server.pids())
        try:
            done = subprocess.run(command, capture_output=True, text=True,
                                  timeout=LOAD_PATIENCE_SECONDS + self.options.seconds)
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"good": False, "why": "the load did not end in time"}
        except json.JSONDecodeError:
            return {"good": False, "why": done.stderr.strip()[-200:] or f"the load ended with {done.returncode}"}

    def measure(self, cell, contestant):
        """One turn of one contestant. Idle memory is counted while the connections are open."""
        if cell.kind != "idle":
            return self.run_load(cell, contestant)
        self.run_load(WARM, contestant)
        before, peak, done = contestant.server.rss(), [], threading.Event()

        def watch():
            while not done.wait(0.2):
                peak.append(contestant.server.rss())

        watcher = threading.Thread(target=watch)
        watcher.start()
        result = self.run_load(cell, contestant)
        done.set()
        watcher.join()
        result["bytes_each"] = (max(peak, default=before) - before) / cell.connections
        return result

    # ------------------------------------------------------------ one cell

    def start(self, contestant, index, folder):
        try:
            contestant.start(folder, self.server_cpu, PORT + index, BACKEND_PORT)
            return True
        except Missing as missing:
            self.note(f"without {contestant.name}: {missing}")
            return False

    def run_cell(self, cell, contestants):
        rounds = {contestant.name: [] for contestant in contestants}
        for _ in range(self.options.rounds):
            for contestant in contestants:
                if cell.kind == "idle":  # of a process that served nobody before
                    contestant.stop()
                    if not self.start(contestant, self.order[contestant.name], self.build / "run"):
                        continue
                rounds[contestant.name].append(self.measure(cell, contestant))
        return {"kind": cell.kind, "name": cell.name, "size": cell.size, "depth": cell.depth, "rate": cell.rate,
                "connections": cell.connections,
                "results": {name: summary(turns) for name, turns in rounds.items() if turns}}

    def run(self, cells, contestants):
        folder = self.build / "run"
        self.order = {contestant.name: index for index, contestant in enumerate(contestants)}
        kinds = {cell.kind for cell in cells}
        backend = Backend(folder, self.binaries, self.load_cpu, BACKEND_PORT)
        started = []
        try:
            for index, contestant in enumerate(contestants):
                if kinds & set(contestant.kinds) and self.start(contestant, index, folder):
                    started.append(contestant)
            for number, cell in enumerate(cells, 1):
                begin = time.monotonic()
                result = self.run_cell(cell, [c for c in started if cell.kind in c.kinds])
                self.cells.append(result)
                took = time.monotonic() - begin
                print(f"[{number}/{len(cells)}] {report.one_line(result)} ({took:.0f} s)", flush=True)
                self.write()
        finally:
            for contestant in started:
                contestant.stop()
            backend.stop()

    def write(self):
        found = {"plan": self.options.plan, "rounds": self.options.rounds, "seconds": self.options.seconds,
                 "machine": self.ground, "aims": report.aims(self.cells), "notes": self.notes, "cells": self.cells}
        (self.build / "results.json").write_text(json.dumps(found, indent=1) + "\n")
        (self.build / "results.md").write_text(report.markdown(found))


def summary(turns):
    """Medians of the good turns with their spread; one bad turn makes the whole BAD."""
    good = [turn for turn in turns if turn["good"]]
    plain = sum(turn.get("plain", 0) for turn in good) / max(1, sum(turn.get("messages", 0) for turn in good))
    why = next((turn["why"] for turn in turns if not turn["good"]), "")
    whole = {"good": len(good) == len(turns), "why": why, "plain_share": plain, "turns": turns}
    for field, key in (("measured_ns_each", "ns"), ("per_second", "per_second"), ("own_share", "load_share"),
                       ("bytes_each", "bytes")):
        values = [turn[field] for turn in good if field in turn]
        if values:
            whole[key] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    for quantile in ("p50", "p99", "p99.9"):
        if good:
            whole[quantile] = statistics.median(turn["latency_ns"][quantile] for turn in good)
    return whole


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plan", choices=PLANS, default="goals")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of one measurement (default: 2)")
    parser.add_argument("--kind", action="append", help="only cells of this kind; may be repeated")
    parser.add_argument("--only", default="", help="only contestants whose names begin with one of these: a,b,c")
    parser.add_argument("--binaries", default="build/bin")
    parser.add_argument("--build", default="build/bench")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    suite = Suite(options)
    suite.build.mkdir(parents=True, exist_ok=True)
    for old in ("svg", "dat", "gp"):
        for path in suite.build.glob(f"*.{old}"):
            path.unlink()
    suite.prepare()
    suite.ground = suite.machine()
    wanted = tuple(options.only.split(",")) if options.only else ("",)
    contestants = [c for c in all_contestants(suite.binaries, suite.build) if c.name.startswith(wanted)]
    cells = [cell for cell in PLANS[options.plan] if not options.kind or cell.kind in options.kind]
    try:
        suite.run(cells, contestants)
    except KeyboardInterrupt:
        suite.note("interrupted: what was measured until then is written")
    suite.write()
    for problem in report.plots(suite.cells, suite.build):
        suite.note(problem)
    suite.write()
    print(f"bench: {suite.build}/results.md, results.json, *.svg")
    sys.exit(any(not r["good"] for cell in suite.cells for r in cell["results"].values()))


if __name__ == "__main__":
    main()

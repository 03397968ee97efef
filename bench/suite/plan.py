"""The cells that the suite measures, and in which plan. This file says what is measured; suite.py how.

A cell is one load on every contestant of its kind:
  echo, relay   messages as fast as they come back; relay: through the contestant to a backend that echoes
  rate          relay at a fixed rate, an open loop: for latencies
  handshakes    connect, upgrade, close, through the contestant to a backend
  deflate       echo, permessage-deflate without context takeover
  idle          memory of connections that do nothing, through the contestant to a backend
"""
from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024
# What a cell may have under way. Beyond it a cell measures memory bandwidth and swapping.
UNDER_WAY_MAX = 256 * MIB


@dataclass(frozen=True)
class Cell:
    kind: str
    size: int = 125
    depth: int = 1
    connections: int = 256
    rate: int = 0

    @property
    def name(self):
        if self.kind in ("handshakes", "idle"):
            return f"{self.kind}, {self.connections} connections"
        size = f"{self.size} B" if self.size < KIB else f"{self.size // KIB} KiB" if self.size < MIB else "1 MiB"
        rest = f"{self.rate} messages/s" if self.rate else f"depth {self.depth}"
        return f"{self.kind}, {size}, {rest}, {self.connections} conn."


def grid(kinds, sizes, depths, connections):
    """Every combination, but for those with too much under way; large messages on fewer connections."""
    return [Cell(kind, size, depth, count) for kind in kinds for size in sizes for depth in depths
            for count in connections if size * depth * count <= UNDER_WAY_MAX]


SIZES = (16, 125, KIB, 16 * KIB, 64 * KIB, MIB)
BOTH = ("echo", "relay")
OTHERS = [
    Cell("rate", 125, 1, 256, rate=20000),
    Cell("handshakes", connections=64),
    Cell("deflate", 125, 1, 64), Cell("deflate", KIB, 1, 64), Cell("deflate", 16 * KIB, 1, 64),
    Cell("deflate", KIB, 16, 64),
    Cell("idle", connections=4000),
]

# The rows of the goals: what decides whether the gateway is ahead.
GOALS = [Cell(kind, 125, depth) for kind in BOTH for depth in (1, 16)] + [
    Cell(kind, size, depth, count) for kind in BOTH
    for size, depth, count in ((KIB, 16, 256), (16 * KIB, 1, 64), (64 * KIB, 1, 64))] + OTHERS

# What the gateway is to reach: its cost divided by that of the cheapest of the named contestants, at most; and better.
AIMS = [  # kind, size, depth, contestants, at most, better
    ("echo", 125, 16, ("bun",), 0.38, 0.33),
    ("relay", 125, 1, ("nginx",), 0.90, 0.86),
    ("relay", 125, 1, ("haproxy",), 0.72, 0.69),
    ("relay", 125, 16, ("nginx",), 1.0, 0.9),
    ("relay", 125, 16, ("haproxy",), 0.80, 0.70),
    ("relay", KIB, 16, ("nginx",), 0.45, 0.41),
    ("relay", KIB, 16, ("haproxy",), 0.65, 0.57),
    ("relay", 16 * KIB, 1, ("nginx", "nginx, 64k buffers"), 0.85, 0.80),
    ("relay", 16 * KIB, 1, ("haproxy", "haproxy, 64k buffers"), 0.70, 0.66),
    ("relay", 64 * KIB, 1, ("nginx", "nginx, 64k buffers"), 0.80, 0.65),
    ("relay", 64 * KIB, 1, ("haproxy", "haproxy, 64k buffers"), 0.80, 0.67),
    ("relay", None, None, ("floor, epoll proxy", "floor, io_uring proxy"), 1.15, 1.05),
    ("handshakes", None, None, ("nginx",), 0.90, 0.80),
    ("handshakes", None, None, ("haproxy",), 0.85, 0.73),
    ("deflate", KIB, 1, ("bun, deflate",), 1.0, 0.7),
    ("idle", None, None, ("haproxy",), 0.25, 0.15),
]

PLANS = {
    "full": grid(BOTH, SIZES, (1, 16), (1, 256, 4000))
            + [Cell(kind, size, 1, 64) for kind in BOTH for size in SIZES[3:]]
            + OTHERS,
    "goals": GOALS,
    "own": [Cell(kind, size, depth) for kind in BOTH for size, depth in ((16, 1), (125, 1), (125, 16), (KIB, 16))]
           + [Cell(kind, size, 1, 64) for kind in BOTH for size in (16 * KIB, 64 * KIB)]
           + [Cell("rate", 125, 1, 256, rate=10000), Cell("handshakes", connections=64),
              Cell("deflate", KIB, 1, 64), Cell("idle", connections=4000)],
}

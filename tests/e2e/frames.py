"""Frames of RFC 6455, written by hand: any header, right or wrong, around any payload."""
import os
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = bytes.fromhex("a15c03fe")


class Frame(NamedTuple):
    opcode: int
    payload: bytes  # unmasked
    fin: bool
    rsv: int
    masked: bool
    raw: bytes  # as it came


def xor(data, key):
    """Masks or unmasks: the same thing."""
    length = len(data)
    stream = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(length, "little")


def header(opcode, length, *, fin=True, rsv=0, key=None, form=None):
    """A frame's header. form: 7, 16 or 64 bits of length where it is not the shortest; rsv: 0x40, 0x20, 0x10."""
    first = (0x80 if fin else 0) | rsv | opcode
    mask = 0x80 if key is not None else 0
    form = form or (7 if length < 126 else 16 if length < 65536 else 64)
    if form == 7:
        head = struct.pack("!BB", first, mask | length)
    elif form == 16:
        head = struct.pack("!BBH", first, mask | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask | 127, length)
    return head + (key or b"")


def plain(opcode, payload=b"", **how):
    """A frame as a server sends it."""
    payload = payload.encode() if isinstance(payload, str) else payload
    return header(opcode, len(payload), **how) + payload


def masked(opcode, payload=b"", *, key=None, **how):
    """A frame as a client sends it."""
    payload = payload.encode() if isinstance(payload, str) else payload
    key = os.urandom(4) if key is None else key
    return header(opcode, len(payload), key=key, **how) + xor(payload, key)


def close_payload(code, reason=""):
    reason = reason.encode() if isinstance(reason, str) else reason
    return struct.pack("!H", code) + reason


def close_parts(payload):
    """(code, reason) of a Close frame's payload; 1005 where it is empty."""
    if not payload:
        return 1005, ""
    assert len(payload) >= 2, f"a Close frame of one byte: {payload!r}"
    return struct.unpack("!H", payload[:2])[0], payload[2:].decode()


def parse(data):
    """The whole frames at the front of data, and the bytes left over."""
    frames, at = [], 0
    while True:
        start = at
        if len(data) - at < 2:
            break
        first, second = data[at], data[at + 1]
        length, at = second & 0x7F, at + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(data) - at < size:
                at = start
                break
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        key_size = 4 if second & 0x80 else 0
        if len(data) - at < key_size + length:
            at = start
            break
        key, at = data[at:at + key_size], at + key_size
        payload, at = data[at:at + length], at + length
        frames.append(Frame(first & 0x0F, xor(payload, key) if key else bytes(payload), bool(first & 0x80),
                            first & 0x70, bool(key), bytes(data[start:at])))
    return frames, bytes(data[at:])

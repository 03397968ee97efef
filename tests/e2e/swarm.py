"""One process of many clients, or of a raw echo backend: epoll, no library, so that thousands fit into one.

swarm.py backend            prints its ports, one line; echoes until its standard input ends
swarm.py clients ADDRESS [deflate]   reads commands, one a line, answers each with a line (deflate: the messages are
                            compressed, and so must the echoes be):
    open COUNT     connects that many more, one after the other in batches, each through its whole handshake
    use            sends one message on each, and waits for its echo
    close MIXED    ends all: every second abruptly (RST), the others by the closing handshake
"""
import base64
import hashlib
import os
import select
import socket
import struct
import sys
import zlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REQUEST = (b"GET /swarm HTTP/1.1\r\nHost: swarm.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
HELLO = b"swarm!"
KEY = b"\x01\x02\x03\x04"
FRAME = b"\x82" + bytes([0x80 | len(HELLO)]) + KEY + bytes(byte ^ KEY[at % 4] for at, byte in enumerate(HELLO))
ECHO = b"\x82" + bytes([len(HELLO)]) + HELLO
LONG = b"a message that is long enough to be compressed, and the more so since it says so: compressed"
OFFER = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
CLOSED = b"\x88\x02\x03\xe8"
BATCH = 64
PATIENCE = 60


def backend():
    poll, socks, state = select.epoll(), {}, {}
    listeners = []
    for _ in range(4):  # several addresses: a source port is spent per destination
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        listener.setblocking(False)
        poll.register(listener, select.EPOLLIN)
        listeners.append(listener)
    by_fd = {listener.fileno(): listener for listener in listeners}
    poll.register(0, select.EPOLLIN | select.EPOLLHUP)
    print(" ".join(str(listener.getsockname()[1]) for listener in listeners), flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                return
            if fd in by_fd:
                accept_all(by_fd[fd], poll, socks, state)
            elif not serve(socks[fd], state, fd):
                poll.unregister(fd)
                socks.pop(fd).close()
                state.pop(fd, None)


def accept_all(listener, poll, socks, state):
    while True:
        try:
            sock, _ = listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        socks[sock.fileno()] = sock
        state[sock.fileno()] = b""
        poll.register(sock, select.EPOLLIN)


def serve(sock, state, fd):
    """Whether the connection goes on. Before the handshake state has what was read of it; then None."""
    try:
        data = sock.recv(65536)
        if not data:
            return False
        if state[fd] is not None:
            state[fd] += data
            head, end, data = state[fd].partition(b"\r\n\r\n")
            if not end:
                return True
            key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
            accept = base64.b64encode(hashlib.sha1(key.partition(b":")[2].strip() + GUID).digest())
            sock.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            state[fd] = None
        return answer(sock, data)
    except OSError:
        return False


def answer(sock, data):
    """Frames of clients here are short and come whole: 6 bytes of header and key."""
    out = b""
    while len(data) >= 6:
        opcode, length, key = data[0] & 15, data[1] & 127, data[2:6]
        payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(data[6:6 + length]))
        out += bytes([0x80 | opcode, length]) + payload
        data = data[6 + length:]
        if opcode == 8:
            sock.send(out)
            return False
    if out:
        sock.send(out)
    return True


def deflated(message):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return (packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def read_exactly(sock, count):
    data = sock.recv(count, socket.MSG_WAITALL)
    assert len(data) == count, data
    return data


class Clients:
    def __init__(self, address, mode="plain"):
        host, _, port = address.rpartition(":")
        self.address, self.socks = (host, int(port)), []
        self.is_deflating = mode == "deflate"
        self.request = REQUEST[:-2] + OFFER if self.is_deflating else REQUEST
        packed = deflated(LONG)
        self.frame = b"\xc2" + bytes([0x80 | len(packed)]) + bytes(4) + packed if self.is_deflating else FRAME

    def expect_echo(self, sock):
        if not self.is_deflating:
            assert sock.recv(len(ECHO), socket.MSG_WAITALL) == ECHO
            return
        first, length = read_exactly(sock, 2)
        payload = read_exactly(sock, length)
        assert first == 0xc2, first
        assert zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff") == LONG

    def open(self, count):
        for start in range(0, int(count), BATCH):
            batch = []
            for _ in range(min(BATCH, int(count) - start)):
                sock = socket.socket()
                sock.settimeout(PATIENCE)
                # Addresses of our own, so that closed connections in TIME_WAIT do not use up the ports of one.
                sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
                sock.bind(("127.%d.0.1" % (os.getpid() % 200 + 2), 0))
                sock.connect(self.address)
                sock.sendall(self.request)
                batch.append(sock)
            for sock in batch:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = sock.recv(4096)
                    assert piece, f"closed within the handshake: {head[:200]!r}"
                    head += piece
                assert head.startswith(b"HTTP/1.1 101 ") and head.endswith(b"\r\n\r\n"), head[:200]
            self.socks += batch
        return len(self.socks)

    def use(self):
        for start in range(0, len(self.socks), BATCH):
            batch = self.socks[start:start + BATCH]
            for sock in batch:
                sock.sendall(self.frame)
            for sock in batch:
                self.expect_echo(sock)
        return len(self.socks)

    def close(self):
        clean, abrupt = self.socks[::2], self.socks[1::2]
        for sock in abrupt:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        for start in range(0, len(clean), BATCH):
            batch = clean[start:start + BATCH]
            for sock in batch:
                sock.sendall(CLOSE)
            for sock in batch:
                assert sock.recv(len(CLOSED), socket.MSG_WAITALL) == CLOSED
                assert sock.recv(1) == b""
                sock.close()
        closed, self.socks = len(self.socks), []
        return closed


def clients(address, mode="plain"):
    swarm = Clients(address, mode)
    for line in sys.stdin:
        command, *arguments = line.split()
        print(getattr(swarm, command)(*arguments), flush=True)


if __name__ == "__main__":
    {"backend": backend, "clients": clients}[sys.argv[1]](*sys.argv[2:])

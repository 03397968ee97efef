"""deny_io_uring.py PROGRAM ARGUMENTS: runs it under a seccomp filter that answers io_uring_setup with EPERM, as
container runtimes do."""
import ctypes
import os
import struct
import sys

IO_URING_SETUP = 425
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
BPF_LOAD, BPF_JUMP_EQUAL, BPF_RETURN = 0x20, 0x15, 0x06
RETURN_ALLOW, RETURN_EPERM = 0x7FFF0000, 0x00050001

program = b"".join(struct.pack("HBBI", *row) for row in (
    (BPF_LOAD, 0, 0, 0),  # the system call's number
    (BPF_JUMP_EQUAL, 0, 1, IO_URING_SETUP),
    (BPF_RETURN, 0, 0, RETURN_EPERM),
    (BPF_RETURN, 0, 0, RETURN_ALLOW)))
rows = ctypes.create_string_buffer(program)
filter_of = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(rows))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_of, 0, 0):
    sys.exit(f"deny_io_uring: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])

/*
 * floor - what bare TCP costs: bytes come in, and go out again, to where they came from (echo) or to the other
 * connection of a pair (proxy). No protocol, no limits, no timeouts: no server that does more can be cheaper.
 *
 * Fed by sluice-load --raw: the same masked frames that a WebSocket server gets. What comes back is longer by the
 * masking key, four bytes a message, than a server's answer.
 *
 * Thread: one. Memory: the process'. Errors: a line on standard error and exit. Limits: FLOOR_DESCRIPTORS_MAX.
 */
#ifndef BENCH_FLOOR_FLOOR_H
#define BENCH_FLOOR_FLOOR_H

#include <stdbool.h>

#include "core/base/addr.h"

enum { FLOOR_DESCRIPTORS_MAX = 65536 };

struct floor_setup {
    int listener;
    bool is_proxy;
    struct addr upstream; /* of a proxy */
};

/* Where bytes from an accepted descriptor go: itself, or a new connection. -1: the connection failed, fd is closed. */
int floor_partner(const struct floor_setup *setup, int fd);

NORETURN void floor_die(const char *what, int error);

/* With epoll: wait, recv into one warm buffer, send. */
NORETURN void floor_epoll(const struct floor_setup *setup);

/* With io_uring: multishot receives into provided buffers, one gathered send per connection and turn. */
NORETURN void floor_uring(const struct floor_setup *setup);

#endif

/*
 * conn - one connection of the load: connects, upgrades, then sends messages and checks what comes back.
 *
 * Thread: the ring's. Memory: the caller's; it must not move. Errors: into struct load; the connection is then gone.
 * Limits: none of its own.
 */
#ifndef BENCH_LOAD_CONN_H
#define BENCH_LOAD_CONN_H

#include "bench/load/load.h"
#include "bench/load/upgrade.h"

enum conn_state { CONN_IDLE, CONN_CONNECTING, CONN_UPGRADING, CONN_OPEN, CONN_LEAVING, CONN_GONE };

struct conn {
    _Alignas(64) struct load *load;
    uint64_t *started_ns; /* of messages under way, by their number modulo the depth; closed loop only */
    uint64_t first;       /* number of its first message */
    uint64_t done;        /* messages from here on did not come back yet */
    uint64_t allowed;     /* messages below this were handed to the kernel, or are being */
    uint64_t out;         /* position in the stream that was sent */
    uint64_t in;          /* position in the stream that was received */
    uint32_t index;
    int fd;
    uint8_t state; /* enum conn_state */
    bool is_receiving, is_sending;
    struct echo_reader reader;
    uint64_t begun_ns; /* the connect */
    size_t head_bytes;
    uint8_t key[WS_HANDSHAKE_KEY_BYTES];
    uint8_t words[UPGRADE_HEAD_BYTES_MAX]; /* being sent: the request; a Close */
    uint8_t head[UPGRADE_HEAD_BYTES_MAX];  /* the answer, as far as it came */
};

MUST_USE int conn_init(struct conn *c, struct load *load, uint32_t index);
void conn_deinit(struct conn *c);

/* Begins to connect. */
void conn_connect(struct conn *c);

/* Sends what it may: all that the depth, and with a rate the schedule, allow. */
void conn_send(struct conn *c, uint64_t now_ns);

/* A completion of its. */
void conn_complete(struct conn *c, const struct io_uring_cqe *cqe);

/* Whether it is not connected, and nothing of its is under way: it can be begun again. */
static inline bool conn_is_idle(const struct conn *c)
{
    return c->state == CONN_IDLE;
}

#endif

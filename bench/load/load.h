/*
 * load - what all connections of a run share: the ring, the messages, the schedule, and what was counted.
 *
 * Thread: one. Memory: the heap. Errors: counted, the first one's text kept. Limits: struct options.
 */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include "bench/load/echo_check.h"
#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "bench/load/ring.h"
#include "bench/load/stream.h"
#include "core/base/rng.h"

enum { LOAD_WHY_BYTES_MAX = 256 };

struct load {
    const struct options *o;
    struct ring ring;
    struct stream stream;
    struct echo_check check;
    struct rng rng;
    struct histogram latency;
    uint64_t begin_ns;            /* when the schedule of an open loop began */
    uint64_t messages;            /* that came back right */
    uint64_t handshakes;          /* done */
    uint32_t connecting;          /* connections that are on their way */
    uint32_t open;                /* connections */
    uint32_t lost;                /* connections: refused, or ended by the other side */
    uint32_t wrong;               /* connections on which a byte was wrong */
    bool is_sending;              /* all are open: messages go */
    char why[LOAD_WHY_BYTES_MAX]; /* what happened first; empty: nothing */
};

/* When a message of an open loop is due, of a connection that sent so many before it. */
uint64_t load_due_ns(const struct load *l, uint32_t connection, uint64_t before);

/* How many messages of the schedule, over all connections, are due by now. */
uint64_t load_due_count(const struct load *l, uint64_t now_ns);

/* Keeps the first complaint. */
void load_complain(struct load *l, const char *format, ...) PRINTF(2, 3);

#endif

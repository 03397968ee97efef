/*
 * run - the phases of a measurement: connect, warm up, measure.
 *
 * Thread: one. Memory: the heap. Errors: -errno with a line of text; what went wrong on connections is in the result.
 * Limits: struct options.
 */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "bench/load/load.h"

/* What a run found: counted from the end of the warm-up on. */
struct run_result {
    double seconds;
    uint64_t messages;
    uint64_t handshakes;
    uint64_t measured_ns; /* CPU time of the measured processes */
    uint64_t own_ns;      /* and of this one */
    uint32_t open;        /* connections at the end */
    uint32_t lost, wrong;
    uint64_t plain;  /* of the messages: asked for compressed, answered uncompressed */
    uint32_t silent; /* connections on which nothing came back */
    struct histogram latency;
    char why[LOAD_WHY_BYTES_MAX];
};

/* 0: there is a result, good or bad. -errno: the run could not begin, result->why says why. */
MUST_USE int run_all(const struct options *o, struct run_result *result);

/* Whether all went right. */
static inline bool run_is_good(const struct run_result *r)
{
    return r->lost == 0 && r->wrong == 0;
}

#endif

/*
 * about - what this build is and what it runs on, in words.
 *
 * Thread: the process'. Memory: none. Errors: io_uring that cannot be used is said, not failed on. Limits: none.
 */
#ifndef GATEWAY_PROC_ABOUT_H
#define GATEWAY_PROC_ABOUT_H

#include <stdio.h>

#include "core/io/io_feature.h"
#include "gateway/proc/listen_set.h"

/* What `sluice version` prints: version, compiler, kernel, io_uring's features, SIMD level. Non-zero when io_uring
 * cannot be used: the reason was printed. */
int about_print_version(FILE *out);

/* What is on. */
struct about_start {
    const struct config *config;
    const struct listen_set *listen_set;
    const struct io_feature *feature;
    const int *cpus; /* by shard; -1: not pinned */
    uint32_t shard_count;
    uint32_t sessions_max;
};

/* The lines at the start; the last says that the gateway is ready, and where it listens. */
void about_print_start(const struct about_start *start, FILE *out);

#endif

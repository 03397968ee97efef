/*
 * options - what sluice-load was asked to do, from its command line.
 *
 * Thread: any. Memory: points into argv. Errors: -EINVAL with a line that says what would be right.
 * Limits: those named below.
 */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"

enum {
    OPTIONS_PIDS_MAX = 64,
    OPTIONS_CONNECTIONS_MAX = 1000000,
    OPTIONS_DEPTH_MAX = 1024,
    OPTIONS_DEPTH_RATED = 64,
    OPTIONS_SIZE_MAX = 64 << 20,
    OPTIONS_SOURCES_MAX = 200,
    OPTIONS_RATE_MAX = 100000000,
    OPTIONS_SECONDS_MAX = 86400,
    OPTIONS_PATH_BYTES_MAX = 1024,
    OPTIONS_PROBLEM_BYTES_MAX = 256,
};

struct options {
    struct addr addr;
    const char *path;
    uint32_t connections;
    uint32_t size;
    uint32_t depth; /* 1, or with a rate OPTIONS_DEPTH_RATED, unless said */
    uint32_t rate;  /* messages per second over all connections; 0: as fast as they come back */
    uint32_t seconds;
    uint32_t warmup_seconds;
    uint32_t sources; /* addresses to connect from; 0: the kernel's choice */
    int cpu;          /* -1: any */
    int pids[OPTIONS_PIDS_MAX];
    unsigned pid_count;
    bool is_binary;
    bool is_compressed;
    bool is_raw;
    bool is_handshakes;
    bool is_json;
    bool is_help;
};

/* Reads a command line. 0, or -EINVAL with one line in problem. */
MUST_USE int options_parse(int argc, char *const argv[], struct options *o, char problem[OPTIONS_PROBLEM_BYTES_MAX]);

/* The text of --help. */
const char *options_help(void);

#endif

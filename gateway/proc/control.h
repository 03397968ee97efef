/*
 * control - the process' own ring: signals in, mail to the shards, their last mail back.
 *
 * TERM drains; a second TERM, or INT, stops at once.
 * Thread: the process'. Memory: the caller's. Errors: one line at start. Limits: none.
 */
#ifndef GATEWAY_PROC_CONTROL_H
#define GATEWAY_PROC_CONTROL_H

#include <sys/signalfd.h>

#include "gateway/proc/shard.h"

struct control {
    struct io io;
    int signal_fd;
    struct signalfd_siginfo signal;
    struct shard *shards;
    uint32_t shard_count;
    uint32_t over_count;
    uint32_t drain_ms;
    bool is_draining;
    bool is_forced;
};

/* Blocks the signals (before any thread starts: threads inherit that) and opens the ring. 0, or -errno with why. */
MUST_USE int control_open(struct control *c, char why[IO_WHY_BYTES_MAX]);

/* Serves signals until every shard is over. */
void control_run(struct control *c, struct shard *shards, uint32_t shard_count, uint32_t drain_ms);

void control_close(struct control *c);

/* The ring's descriptor, for mail. */
int control_fd(const struct control *c);

#endif

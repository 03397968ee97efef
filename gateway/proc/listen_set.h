/*
 * listen_set - the listening sockets of all shards, made before any shard starts.
 *
 * TCP: one socket a shard and listener, sharing the port. Unix: one socket a listener, shared by all shards.
 * Thread: the process', at start and end. Memory: malloc. Errors: one line per listener that cannot be had.
 * Limits: CONFIG_LISTENERS_MAX listeners, CONFIG_SHARDS_MAX shards.
 */
#ifndef GATEWAY_PROC_LISTEN_SET_H
#define GATEWAY_PROC_LISTEN_SET_H

#include <stdio.h>

#include "gateway/conf/config.h"

struct listen_set {
    uint32_t shard_count;
    uint32_t listener_count;
    struct addr *addrs; /* by listener, with the port that the kernel chose */
    ino_t *inodes;      /* by listener: of a unix socket's file */
    int *fds;           /* [shard * listener_count + listener]; -1: not open */
};

/* Opens all. 0, or -errno after a line for each that failed, on err; then nothing stays open. */
MUST_USE int listen_set_open(struct listen_set *set, const struct config *config, uint32_t shard_count, FILE *err);

/* Closes all, and removes the files of unix sockets, where no successor has put its own. */
void listen_set_close(struct listen_set *set);

static inline int listen_set_fd(const struct listen_set *set, uint32_t shard, uint32_t listener)
{
    return set->fds[shard * set->listener_count + listener];
}

#endif

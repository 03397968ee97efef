/*
 * session_pool - all that the sessions of one shard share: their slab, the configuration, the log, the quota.
 *
 * Thread: the shard's; struct session_quota any. Memory: slabs reserved at start. Errors: -ENOMEM at start.
 * Limits: the quota, and SESSION_POOL_RESERVE sessions beyond it, which only say 503.
 */
#ifndef GATEWAY_SESSION_SESSION_POOL_H
#define GATEWAY_SESSION_SESSION_POOL_H

#include <stdatomic.h>

#include "gateway/conf/config.h"
#include "gateway/conn/peer.h"
#include "gateway/log/log.h"

enum {
    SESSION_POOL_RESERVE = 64,
    /* For one head, written at once: a head of at most 64 KiB, whose Host is written three times, and fields of ours.
     */
    SESSION_POOL_SCRATCH_BYTES = 256 << 10,
};

/* How many sessions the process may have, over all shards. */
struct session_quota {
    atomic_uint used;
    uint32_t max;
    uint32_t shard_count; /* by which memory of all shards is divided */
};

/* The rules of both directions of a route. */
struct session_rules {
    struct ws_rules client, upstream;
};

struct compression_pool;

struct session_pool {
    const struct config *config;
    struct io *io;
    struct log_ring *log; /* NULL: no access log */
    struct session_quota *quota;
    struct peer_env env;
    struct slab sessions;
    struct list all;
    struct slab compressions;
    struct session_rules *rules;          /* by route and whether compression was agreed on */
    struct compression_pool *compression; /* by route */
    uint32_t *next_server;                /* by upstream: round robin */
    uint8_t *scratch;
    uint32_t uncounted; /* sessions beyond the quota: at most SESSION_POOL_RESERVE */
    bool is_draining;
};

/* shard_count: among how many pools the memory for compression is divided. */
MUST_USE int session_pool_init(struct session_pool *pool, const struct config *config, struct io *io,
                               struct session_quota *quota, struct log_ring *log);
void session_pool_deinit(struct session_pool *pool);

/* Whether every session and all that sessions have is back. */
bool session_pool_is_whole(const struct session_pool *pool);

/* The rules of a route of the pool's configuration, where compression was agreed on or not. */
const struct session_rules *session_pool_rules(const struct session_pool *pool, const struct config_route *route,
                                               bool is_compressed);

/* The contexts of a route for compression. */
struct compression_pool *session_pool_compression(const struct session_pool *pool, const struct config_route *route);

/* The server whose turn it is. */
const struct config_server *session_pool_next_server(struct session_pool *pool, const struct config_upstream *upstream);

static inline bool session_pool_is_empty(const struct session_pool *pool)
{
    return list_is_empty(&pool->all);
}

#endif

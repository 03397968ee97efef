#include "gateway/session/session_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "gateway/session/session.h"

/* Compressed frames come from the client, and with passthrough from the upstream too. */
static void fill_rules(struct session_rules *rules, const struct config_route *route, bool is_compressed)
{
    const bool echoes = route->target == CONFIG_TARGET_ECHO;
    const bool passes = route->settings.compression.mode == CONFIG_COMPRESSION_PASSTHROUGH;

    rules->client = (struct ws_rules){.message_bytes_max = route->settings.message_bytes_max,
                                      .masking = WS_MASKING_REQUIRED,
                                      .payload = echoes ? WS_PAYLOAD_UNMASKED : WS_PAYLOAD_AS_RECEIVED,
                                      .rsv_allowed = is_compressed ? WS_RSV1 : 0};
    rules->upstream = (struct ws_rules){.message_bytes_max = route->settings.backend_message_bytes_max,
                                        .masking = WS_MASKING_FORBIDDEN,
                                        .payload = WS_PAYLOAD_AS_RECEIVED,
                                        .rsv_allowed = is_compressed && passes ? WS_RSV1 : 0};
}

static int init_tables(struct session_pool *pool)
{
    const struct config *config = pool->config;

    pool->rules = calloc(2 * config->route_count + 1, sizeof *pool->rules);
    pool->compression = calloc(config->route_count + 1, sizeof *pool->compression);
    pool->next_server = calloc(config->upstream_count + 1, sizeof *pool->next_server);
    pool->scratch = malloc(SESSION_POOL_SCRATCH_BYTES);
    if (pool->rules == NULL || pool->compression == NULL || pool->next_server == NULL || pool->scratch == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->route_count; i++) {
        fill_rules(&pool->rules[2 * i], &config->routes[i], false);
        fill_rules(&pool->rules[2 * i + 1], &config->routes[i], true);
    }
    return 0;
}

static int init_compression(struct session_pool *pool)
{
    int error = 0;

    for (size_t i = 0; i < pool->config->route_count && error == 0; i++) {
        error = compression_pool_init(&pool->compression[i], pool, &pool->config->routes[i].settings.compression,
                                      pool->quota->shard_count);
    }
    return error;
}

int session_pool_init(struct session_pool *pool, const struct config *config, struct io *io,
                      struct session_quota *quota, struct log_ring *log)
{
    const uint32_t count = quota->max + SESSION_POOL_RESERVE;

    *pool = (struct session_pool){.config = config, .io = io, .log = log, .quota = quota};
    pool->env = (struct peer_env){.io = io, .head_bytes_max = config->head_bytes_max};
    list_init(&pool->all);
    int error = init_tables(pool);
    if (error == 0) {
        error = slab_init(&pool->sessions, sizeof(struct session), count);
    }
    if (error == 0) {
        error = slab_init(&pool->compressions, sizeof(struct compression), count);
    }
    if (error == 0) {
        error = init_compression(pool);
    }
    if (error == 0) {
        error = inbox_slab_init(&pool->env.inboxes, config->head_bytes_max, 2 * count);
    }
    if (error != 0) {
        session_pool_deinit(pool);
    }
    return error;
}

void session_pool_deinit(struct session_pool *pool)
{
    slab_deinit(&pool->env.inboxes);
    slab_deinit(&pool->sessions);
    slab_deinit(&pool->compressions);
    for (size_t i = 0; pool->compression != NULL && i < pool->config->route_count; i++) {
        compression_pool_deinit(&pool->compression[i]);
    }
    free(pool->compression);
    free(pool->scratch);
    free(pool->next_server);
    free(pool->rules);
}

bool session_pool_is_whole(const struct session_pool *pool)
{
    return slab_is_whole(&pool->sessions) && slab_is_whole(&pool->compressions) && slab_is_whole(&pool->env.inboxes);
}

static size_t index_of(const struct session_pool *pool, const struct config_route *route)
{
    const size_t index = (size_t)(route - pool->config->routes);
    ASSERT(index < pool->config->route_count);
    return index;
}

const struct session_rules *session_pool_rules(const struct session_pool *pool, const struct config_route *route,
                                               bool is_compressed)
{
    return &pool->rules[2 * index_of(pool, route) + is_compressed];
}

struct compression_pool *session_pool_compression(const struct session_pool *pool, const struct config_route *route)
{
    return &pool->compression[index_of(pool, route)];
}

const struct config_server *session_pool_next_server(struct session_pool *pool, const struct config_upstream *upstream)
{
    const size_t index = (size_t)(upstream - pool->config->upstreams);
    ASSERT(index < pool->config->upstream_count && upstream->server_count > 0);
    return &upstream->servers[pool->next_server[index]++ % upstream->server_count];
}

#include "gateway/session/session_pool.h"

#include <criterion/criterion.h>

#include "tests/support/shard_fixture.h"

static struct shard_fixture f;

static void set_up(void)
{
    shard_fixture_open(&f,
                       "routes: [ { match: { path: /e }, to: echo, limits: { message_size: 5KiB }, compression: edge },"
                       " { to: pool, compression: passthrough } ]\n"
                       "upstreams: { pool: { servers: [ \"ws://127.0.0.1:1\", \"ws://127.0.0.1:2\", BACKEND ] } }\n"
                       "limits: { message_size: 7KiB, backend_message_size: 9KiB }\n",
                       4, 64);
}

static void tear_down(void)
{
    shard_fixture_close(&f);
}

TestSuite(session_pool, .init = set_up, .fini = tear_down);

Test(session_pool, makes_the_rules_of_both_directions_from_the_route)
{
    const struct session_rules *echo = session_pool_rules(&f.pool, &f.config->routes[0], false);
    const struct session_rules *relay = session_pool_rules(&f.pool, &f.config->routes[1], false);

    cr_assert_eq(echo->client.message_bytes_max, 5 << 10);
    cr_assert_eq(echo->client.payload, WS_PAYLOAD_UNMASKED);
    cr_assert_eq(relay->client.message_bytes_max, 7 << 10);
    cr_assert_eq(relay->client.payload, WS_PAYLOAD_AS_RECEIVED);
    cr_assert_eq(relay->client.masking, WS_MASKING_REQUIRED);
    cr_assert_eq(relay->upstream.message_bytes_max, 9 << 10);
    cr_assert_eq(relay->upstream.masking, WS_MASKING_FORBIDDEN);
    cr_assert_eq(echo->client.rsv_allowed | relay->client.rsv_allowed | relay->upstream.rsv_allowed, 0);
}

Test(session_pool, allows_compressed_frames_where_compression_was_agreed_on)
{
    const struct session_rules *edge = session_pool_rules(&f.pool, &f.config->routes[0], true);
    const struct session_rules *passthrough = session_pool_rules(&f.pool, &f.config->routes[1], true);

    cr_assert_eq(edge->client.rsv_allowed, WS_RSV1);
    cr_assert_eq(edge->upstream.rsv_allowed, 0);
    cr_assert_eq(passthrough->client.rsv_allowed, WS_RSV1);
    cr_assert_eq(passthrough->upstream.rsv_allowed, WS_RSV1);
}

Test(session_pool, takes_servers_in_turn)
{
    const struct config_upstream *upstream = f.config->routes[1].upstream;

    cr_assert_eq(upstream->server_count, 3);
    for (unsigned i = 0; i < 9; i++) {
        cr_assert_eq(session_pool_next_server(&f.pool, upstream), &upstream->servers[i % 3]);
    }
}

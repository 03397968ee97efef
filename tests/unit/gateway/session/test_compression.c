#include "gateway/session/compression.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

enum { CLIENTS = 20 };

static struct shard_fixture f;
static int clients[CLIENTS];

/* The smallest budget keeps one deflater less than nothing: only borrowing is left. */
static void set_up(void)
{
    shard_fixture_open(&f,
                       "compression: { mode: edge, memory: 1MiB }\n"
                       "routes: [ { match: { path: /e }, to: echo }, { match: { path: /p }, to: BACKEND, compression: "
                       "{ mode: passthrough, inspect: on } }, { to: BACKEND } ]\n",
                       CLIENTS, 1024);
    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
}

static void tear_down(void)
{
    for (size_t i = 0; i < CLIENTS && clients[i] > 0; i++) {
        close(clients[i]);
    }
    shard_fixture_close(&f);
}

TestSuite(compression, .init = set_up, .fini = tear_down);

static bool has(const char *parameter)
{
    return strstr(f.answer, parameter) != NULL;
}

static struct pmd_pool *contexts(void)
{
    return &session_pool_compression(&f.pool, &f.config->routes[0])->contexts;
}

static void open_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        clients[i] = shard_fixture_open_echo(&f, "/e");
    }
}

Test(compression, keeps_contexts_while_there_is_memory_and_then_says_that_there_are_none)
{
    unsigned kept_windows = 0, kept_all = 0;

    for (size_t i = 0; i < CLIENTS; i++) {
        open_all(0);
        clients[i] = shard_fixture_open_echo(&f, "/e");
        cr_assert(has("permessage-deflate"));
        kept_windows += !has("client_no_context_takeover");
        kept_all += !has("client_no_context_takeover") && !has("server_no_context_takeover");
    }
    cr_assert_gt(kept_windows, 0);
    cr_assert_lt(kept_windows, CLIENTS);
    cr_assert_gt(kept_all, 0);
    cr_assert_lt(kept_all, kept_windows, "an inflater needs less than a deflater");
    close(clients[0]);
    for (unsigned i = 0; i < 50; i++) {
        io_turn(&f.io, f.io.now_ms + 1);
    }
    clients[0] = shard_fixture_open_echo(&f, "/e");
    cr_assert_not(has("no_context_takeover"), "what was given back is there for the next: %s", f.answer);
}

Test(compression, agrees_to_what_the_client_asks_for)
{
    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate; nonsense, permessage-deflate; "
                       "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9\r\n";
    open_all(1);
    cr_assert(has("server_no_context_takeover") && has("client_no_context_takeover"));
    cr_assert(has("server_max_window_bits=9"));
    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate; nonsense\r\n";
    clients[1] = shard_fixture_open_echo(&f, "/e");
    cr_assert_not(has("Sec-WebSocket-Extensions"));
    f.request_fields = NULL;
    clients[2] = shard_fixture_open_echo(&f, "/e");
    cr_assert_not(has("Sec-WebSocket-Extensions"));
}

/* Sends the first half of a compressed message, or the second. */
static void send_half(int client, bool first)
{
    static const char message[] = "\xf2\x48\xcd\xc9\xc9\x07\x00"; /* "Hello" (RFC 7692 section 7.2.3.1) */
    uint8_t frame[32];
    const size_t bytes =
        first ? shard_fixture_masked(frame, 0x41, message, 3) : shard_fixture_masked(frame, 0x80, message + 3, 4);
    shard_fixture_send(&f, client, frame, bytes);
}

/* Reads frames up to the one that ends its message. */
static void read_message(int client)
{
    uint8_t got[130];

    do {
        cr_assert_eq(shard_fixture_read(&f, client, got, 2), 2);
        cr_assert_eq(shard_fixture_read(&f, client, got + 2, got[1]), got[1]);
        cr_assert_eq(got[0] & 0x3e, 0, "it is no data frame: %02x", got[0]);
    } while ((got[0] & 0x80) == 0);
}

static void turn(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        io_turn(&f.io, f.io.now_ms + 1);
    }
}

Test(compression, lends_inflaters_in_turn_where_all_want_one)
{
    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    open_all(PMD_POOL_LENT_MIN + 2);
    for (size_t i = 0; i < PMD_POOL_LENT_MIN + 2; i++) {
        send_half(clients[i], true);
    }
    turn(20);
    cr_assert_not(pmd_pool_can_lend(contexts()));
    for (size_t i = 0; i < PMD_POOL_LENT_MIN + 2; i++) {
        send_half(clients[i], false);
        read_message(clients[i]);
    }
    turn(20);
    cr_assert(pmd_pool_can_lend(contexts()));
}

Test(compression, ends_a_session_that_keeps_others_waiting_for_too_long)
{
    uint8_t got[256];
    struct session *s;

    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    open_all(PMD_POOL_LENT_MIN + 1);
    for (size_t i = 0; i <= PMD_POOL_LENT_MIN; i++) {
        send_half(clients[i], true);
        turn(5);
    }
    s = CONTAINER_OF(session_pool_compression(&f.pool, &f.config->routes[0])->borrowers.next, struct compression, link)
            ->session;
    s->compression->borrowed_ms -= COMPRESSION_BORROW_MS_MAX;
    compression_wait(s->pool->all.prev == &s->link ? s : CONTAINER_OF(s->pool->all.prev, struct session, link));
    io_set_timer(&f.io, &session_pool_compression(&f.pool, &f.config->routes[0])->timer, 0);
    const size_t bytes = shard_fixture_read_all(&f, clients[0], got, sizeof got);
    cr_assert_gt(bytes, 4);
    const uint8_t *close_frame = memchr(got, 0x88, bytes);
    cr_assert_not_null(close_frame);
    cr_assert_eq(close_frame[2] << 8 | close_frame[3], 1008);
    send_half(clients[PMD_POOL_LENT_MIN], false);
    read_message(clients[PMD_POOL_LENT_MIN]);
}

Test(compression, passes_offers_on_and_refuses_an_answer_that_was_not_offered)
{
    char head[1024];

    clients[0] = shard_fixture_client(&f);
    shard_fixture_send_text(&f, clients[0], shard_fixture_request(&f, "/p"));
    const int backend = shard_fixture_backend(&f);
    shard_fixture_read_head(&f, backend, head, sizeof head);
    cr_assert_not_null(strstr(head, "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"), "%s", head);
    close(backend);
    shard_fixture_read_head(&f, clients[0], head, sizeof head);
    cr_assert_not_null(strstr(head, " 502 "));
}

Test(compression, offers_nothing_where_there_is_no_memory_to_inspect)
{
    const struct config_route *route = &f.config->routes[1];
    struct pmd_pool *pool = &session_pool_compression(&f.pool, route)->contexts;
    struct pmd_inflater *kept[64];
    size_t count = 0;
    char head[1024];

    while ((kept[count] = pmd_pool_keep_inflater(pool, 15)) != NULL) {
        count++;
    }
    clients[0] = shard_fixture_client(&f);
    shard_fixture_send_text(&f, clients[0], shard_fixture_request(&f, "/p"));
    const int backend = shard_fixture_backend(&f);
    shard_fixture_read_head(&f, backend, head, sizeof head);
    cr_assert_null(strstr(head, "Extensions"), "%s", head);
    close(backend);
    while (count > 0) {
        pmd_pool_give_inflater(pool, kept[--count]);
    }
}

/*
 * What we want (three bytes), a request head and behind it a response head: what a server chooses and answers is what a
 * client accepts, to the same agreement; the offers that are passed on come to the same choice; and an answer that is
 * accepted binds nobody to more than was offered.
 */
#include <stdlib.h>

#include "core/proto/ws_deflate.h"

enum { WANTED_BYTES = 3 };

static struct http1_head request;
static struct http1_head response;

static uint8_t bits_of(uint8_t byte)
{
    return (uint8_t)(WS_DEFLATE_WINDOW_BITS_MIN + byte % 8);
}

static bool is_bits(uint8_t bits)
{
    return bits >= WS_DEFLATE_WINDOW_BITS_MIN && bits <= WS_DEFLATE_WINDOW_BITS_MAX;
}

static bool is_same(const struct ws_deflate *a, const struct ws_deflate *b)
{
    return a->server_max_window_bits == b->server_max_window_bits &&
           a->client_max_window_bits == b->client_max_window_bits &&
           a->server_no_context_takeover == b->server_no_context_takeover &&
           a->client_no_context_takeover == b->client_no_context_takeover;
}

static void check_own_answer(const struct ws_deflate *agreed)
{
    static struct http1_head answer;
    uint8_t text[256];
    struct http1_write w;
    struct ws_deflate read;
    bool is_agreed;

    http1_write_init(&w, text, sizeof text);
    http1_write_status_line(&w, 101);
    ws_deflate_write_answer(&w, agreed);
    http1_write_end(&w);
    ASSERT(http1_write_is_whole(&w));
    ASSERT(http1_head_parse_response((struct slice){text, w.len}, &answer) == HTTP1_OK);
    ASSERT(ws_deflate_check_answer(&answer, &request, &is_agreed, &read) == WS_HANDSHAKE_OK && is_agreed);
    ASSERT(is_same(&read, agreed));
}

/* The head that passes the offers on; the choice from it is the same. */
static void check_forwarded(const struct ws_deflate *offer)
{
    static struct http1_head forwarded;
    const size_t size = 2 * request.bytes + 64;
    struct http1_write w;
    struct ws_deflate again;

    http1_write_init(&w, malloc(size), size);
    http1_write_bytes(&w, SLICE_LITERAL("GET / HTTP/1.1\r\nHost: a\r\n"));
    ASSERT(ws_deflate_write_offers(&w, &request) == (offer != NULL));
    http1_write_end(&w);
    ASSERT(http1_write_is_whole(&w));
    ASSERT(http1_head_parse_request((struct slice){w.ptr, w.len}, &forwarded) == HTTP1_OK);
    ASSERT(forwarded.header_count == (offer == NULL ? 1 : 2));
    ASSERT(ws_deflate_choose(&forwarded, &again) == (offer != NULL));
    ASSERT(offer == NULL || is_same(offer, &again));
    free(w.ptr);
}

static void check_other_answer(bool is_offered)
{
    struct ws_deflate agreed;
    bool is_agreed;
    if (ws_deflate_check_answer(&response, &request, &is_agreed, &agreed) != WS_HANDSHAKE_OK) {
        return;
    }
    const bool is_answered = http1_head_count(&response, SLICE_LITERAL("sec-websocket-extensions")) > 0;
    ASSERT(is_agreed == is_answered && (!is_agreed || is_offered));
    if (is_agreed) {
        ASSERT(is_bits(agreed.server_max_window_bits) && is_bits(agreed.client_max_window_bits));
        ASSERT(agreed.may_limit_client_window || agreed.client_max_window_bits == WS_DEFLATE_WINDOW_BITS_MAX);
        check_own_answer(&agreed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < WANTED_BYTES) {
        return 0;
    }
    const struct ws_deflate wanted = {
        .server_max_window_bits = bits_of(data[0]),
        .client_max_window_bits = bits_of(data[1]),
        .server_no_context_takeover = (data[2] & 1) != 0,
        .client_no_context_takeover = (data[2] & 2) != 0,
    };
    const struct slice in = {data + WANTED_BYTES, size - WANTED_BYTES};
    struct ws_deflate offer;

    if (http1_head_parse_request(in, &request) != HTTP1_OK) {
        return 0;
    }
    const bool is_offered = ws_deflate_choose(&request, &offer);
    check_forwarded(is_offered ? &offer : NULL);
    if (is_offered) {
        const struct ws_deflate agreed = ws_deflate_agree(&offer, &wanted);
        check_own_answer(&agreed);
    }
    if (http1_head_parse_response(slice_skip(in, request.bytes), &response) == HTTP1_OK) {
        check_other_answer(is_offered);
    }
    return 0;
}

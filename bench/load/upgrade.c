#include "bench/load/upgrade.h"

#include <stdio.h>

#include "core/proto/http1_write.h"
#include "core/proto/ws_deflate.h"

#define EXTENSION_NAME  "Sec-WebSocket-Extensions"
#define EXTENSION_OFFER "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

size_t upgrade_request(const struct options *o, struct rng *rng, uint8_t key[WS_HANDSHAKE_KEY_BYTES],
                       uint8_t out[UPGRADE_HEAD_BYTES_MAX])
{
    uint8_t nonce[WS_HANDSHAKE_NONCE_BYTES];
    char host[ADDR_TEXT_BYTES_MAX];
    struct http1_write w;

    rng_fill(rng, nonce, sizeof nonce);
    ws_handshake_key(nonce, key);
    http1_write_init(&w, out, UPGRADE_HEAD_BYTES_MAX);
    http1_write_text(&w, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", o->path,
                     addr_is_unix(&o->addr) ? "localhost" : addr_format(&o->addr, host));
    http1_write_header(&w, SLICE_LITERAL("Sec-WebSocket-Key"), (struct slice){key, WS_HANDSHAKE_KEY_BYTES});
    http1_write_text(&w, "Sec-WebSocket-Version: 13\r\n");
    if (o->is_compressed) {
        http1_write_text(&w, EXTENSION_NAME ": " EXTENSION_OFFER "\r\n");
    }
    http1_write_end(&w);
    ASSERT(http1_write_is_whole(&w));
    return w.len;
}

/* With compression asked for, one that was not agreed on would measure something else. */
static bool agrees_to_compress(const struct http1_head *response, const struct http1_head *request, char *why)
{
    struct ws_deflate agreed;
    bool is_agreed = false;
    const enum ws_handshake_status status = ws_deflate_check_answer(response, request, &is_agreed, &agreed);

    if (status != WS_HANDSHAKE_OK || !is_agreed || !agreed.server_no_context_takeover) {
        snprintf(why, UPGRADE_WHY_BYTES_MAX,
                 "the server does not agree to permessage-deflate without context takeover");
        return false;
    }
    return true;
}

static enum upgrade_status refuse(char *why, uint16_t code, const char *text)
{
    snprintf(why, UPGRADE_WHY_BYTES_MAX, "the server's answer opens no WebSocket (status %u): %s", code, text);
    return UPGRADE_REFUSED;
}

enum upgrade_status upgrade_answer(const struct options *o, struct slice got, const uint8_t key[WS_HANDSHAKE_KEY_BYTES],
                                   size_t *head_bytes, char why[UPGRADE_WHY_BYTES_MAX])
{
    struct http1_head request = {.header_count = 0}, response;
    size_t scanned = 0;
    const enum http1_status scan = http1_head_scan(got, UPGRADE_HEAD_BYTES_MAX, &scanned);

    if (scan == HTTP1_NEED_MORE) {
        return UPGRADE_NEED_MORE;
    }
    const enum http1_status parse = scan == HTTP1_OK ? http1_head_parse_response(got, &response) : scan;
    if (parse != HTTP1_OK) {
        return refuse(why, 0, http1_status_text(parse));
    }
    if (o->is_compressed) {
        request.headers[request.header_count++] =
            (struct http1_header){SLICE_LITERAL(EXTENSION_NAME), SLICE_LITERAL(EXTENSION_OFFER)};
    }
    struct slice subprotocol;
    const enum ws_handshake_status status = ws_handshake_check_response(
        &response, (struct slice){key, WS_HANDSHAKE_KEY_BYTES}, &request,
        o->is_compressed ? WS_HANDSHAKE_EXTENSIONS_OFFERED : WS_HANDSHAKE_EXTENSIONS_NONE, &subprotocol);
    if (status != WS_HANDSHAKE_OK) {
        return refuse(why, response.status, ws_handshake_status_text(status));
    }
    *head_bytes = response.bytes;
    return !o->is_compressed || agrees_to_compress(&response, &request, why) ? UPGRADE_DONE : UPGRADE_REFUSED;
}

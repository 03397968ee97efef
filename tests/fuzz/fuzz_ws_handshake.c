/*
 * A request head, and behind it the head that answers it: a good request has a well-formed key and is opened by the
 * plainest answer; an answer opens only with the right accept, no extension and an offered subprotocol.
 */
#include "core/proto/http1_write.h"
#include "core/proto/ws_handshake.h"

static struct http1_head request;
static struct http1_head response;

static void check_answer(const struct http1_head *answer, struct slice key)
{
    const struct slice name = SLICE_LITERAL("Sec-WebSocket-Protocol");
    struct slice chosen;
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];

    if (ws_handshake_check_response(answer, key, &request, WS_HANDSHAKE_EXTENSIONS_NONE, &chosen) != WS_HANDSHAKE_OK) {
        return;
    }
    ws_handshake_accept(key, accept);
    ASSERT(answer->status == 101);
    ASSERT(slice_equals(http1_head_find(answer, SLICE_LITERAL("Sec-WebSocket-Accept"))->value,
                        (struct slice){accept, sizeof accept}));
    ASSERT(http1_head_count(answer, SLICE_LITERAL("Sec-WebSocket-Extensions")) == 0);
    ASSERT((chosen.len > 0) == (http1_head_count(answer, name) == 1));
    ASSERT(chosen.len == 0 || http1_head_has_token(&request, name, chosen));
}

static void check_plainest_answer(struct slice key)
{
    static struct http1_head plainest;
    uint8_t text[256];
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];
    struct slice chosen;
    struct http1_write w;

    ws_handshake_accept(key, accept);
    http1_write_init(&w, text, sizeof text);
    http1_write_status_line(&w, 101);
    http1_write_header(&w, SLICE_LITERAL("Upgrade"), SLICE_LITERAL("websocket"));
    http1_write_header(&w, SLICE_LITERAL("Connection"), SLICE_LITERAL("Upgrade"));
    http1_write_header(&w, SLICE_LITERAL("Sec-WebSocket-Accept"), (struct slice){accept, sizeof accept});
    http1_write_end(&w);
    ASSERT(http1_write_is_whole(&w));
    ASSERT(http1_head_parse_response((struct slice){text, w.len}, &plainest) == HTTP1_OK);
    ASSERT(ws_handshake_check_response(&plainest, key, &request, WS_HANDSHAKE_EXTENSIONS_NONE, &chosen) ==
               WS_HANDSHAKE_OK &&
           chosen.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = {data, size};
    struct slice key;

    if (http1_head_parse_request(in, &request) != HTTP1_OK ||
        ws_handshake_check_request(&request, &key) != WS_HANDSHAKE_OK) {
        return 0;
    }
    ASSERT(key.len == WS_HANDSHAKE_KEY_BYTES && key.ptr[23] == '=' && key.ptr[22] == '=');
    ASSERT(slice_equals(request.method, SLICE_LITERAL("GET")) && request.minor == 1 && request.host.len > 0);
    check_plainest_answer(key);
    in = slice_skip(in, request.bytes);
    if (http1_head_parse_response(in, &response) == HTTP1_OK) {
        check_answer(&response, key);
    }
    return 0;
}

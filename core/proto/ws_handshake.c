#include "core/proto/ws_handshake.h"

#include "core/base/digest.h"
#include "core/proto/ws_extension.h"

struct row {
    const char *word;
    const char *text;
    uint16_t code;
};

static const struct row rows[WS_HANDSHAKE_STATUS_COUNT] = {
    [WS_HANDSHAKE_OK] = {"ok", "no fault", 0},
#define WS_HANDSHAKE_STATUS(name, word, code, text) [WS_HANDSHAKE_##name] = {word, text, code},
#include "core/proto/ws_handshake_status.def"
#undef WS_HANDSHAKE_STATUS
};

static const struct row *row_of(enum ws_handshake_status status)
{
    ASSERT((unsigned)status < WS_HANDSHAKE_STATUS_COUNT);
    return &rows[status];
}

uint16_t ws_handshake_status_code(enum ws_handshake_status status)
{
    return row_of(status)->code;
}

const char *ws_handshake_status_text(enum ws_handshake_status status)
{
    return row_of(status)->text;
}

const char *ws_handshake_status_name(enum ws_handshake_status status)
{
    return row_of(status)->word;
}

/* The value of the one header with the name; empty when there is none, or more than one. */
static struct slice only_value(const struct http1_head *head, struct slice name)
{
    return http1_head_count(head, name) == 1 ? http1_head_find(head, name)->value : (struct slice){0};
}

static bool is_base64_byte(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Whether s is the base64 of 16 bytes: 22 digits and two pads. The four bits that are left over may be anything. */
static bool is_key(struct slice s)
{
    if (s.len != WS_HANDSHAKE_KEY_BYTES) {
        return false;
    }
    for (size_t i = 0; i < WS_HANDSHAKE_KEY_BYTES - 2; i++) {
        if (!is_base64_byte(s.ptr[i])) {
            return false;
        }
    }
    return s.ptr[s.len - 2] == '=' && s.ptr[s.len - 1] == '=';
}

static bool extensions_are_valid(const struct http1_head *head)
{
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http1_header *h = &head->headers[i];
        if (slice_equals_nocase(h->name, SLICE_LITERAL("sec-websocket-extensions")) &&
            !ws_extension_list_is_valid(h->value)) {
            return false;
        }
    }
    return true;
}

/* The subprotocols that a request offers, over all of its headers. */
struct offers {
    struct slice tokens[WS_HANDSHAKE_SUBPROTOCOLS_MAX];
    size_t count;
};

/* Subprotocols are compared with case (RFC 6455 section 11.5 registers them so). */
static bool offers_have(const struct offers *offers, struct slice token)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (slice_equals(offers->tokens[i], token)) {
            return true;
        }
    }
    return false;
}

/* Adds the elements of one header: at least one, tokens that are not there yet. */
static bool offers_add(struct offers *offers, struct slice list)
{
    struct slice token;
    const size_t before = offers->count;
    while (http1_list_next(&list, &token)) {
        const bool is_full = offers->count == WS_HANDSHAKE_SUBPROTOCOLS_MAX;
        if (is_full || !http1_is_token(token) || offers_have(offers, token)) {
            return false;
        }
        offers->tokens[offers->count++] = token;
    }
    return offers->count > before;
}

static bool collect_offers(const struct http1_head *head, struct offers *offers)
{
    offers->count = 0;
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http1_header *h = &head->headers[i];
        if (slice_equals_nocase(h->name, SLICE_LITERAL("sec-websocket-protocol")) && !offers_add(offers, h->value)) {
            return false;
        }
    }
    return true;
}

static bool has_body(const struct http1_head *head)
{
    return head->body != HTTP1_BODY_NONE && !(head->body == HTTP1_BODY_LENGTH && head->content_length == 0);
}

/* Whether the request asks for an upgrade to WebSocket at all; what it says about it is checked behind. */
static enum ws_handshake_status check_upgrade(const struct http1_head *head)
{
    if (!slice_equals(head->method, SLICE_LITERAL("GET"))) {
        return WS_HANDSHAKE_ERR_METHOD;
    }
    if (head->minor != 1) {
        return WS_HANDSHAKE_ERR_HTTP_VERSION;
    }
    if (has_body(head)) {
        return WS_HANDSHAKE_ERR_BODY;
    }
    if (!http1_head_has_token(head, SLICE_LITERAL("upgrade"), SLICE_LITERAL("websocket"))) {
        return WS_HANDSHAKE_ERR_NOT_UPGRADE;
    }
    const bool is_asked = http1_head_has_option(head, SLICE_LITERAL("upgrade"));
    return is_asked ? WS_HANDSHAKE_OK : WS_HANDSHAKE_ERR_CONNECTION;
}

enum ws_handshake_status ws_handshake_check_request(const struct http1_head *head, struct slice *key)
{
    struct offers offers;
    const enum ws_handshake_status status = check_upgrade(head);
    if (status != WS_HANDSHAKE_OK) {
        return status;
    }
    if (!slice_equals(only_value(head, SLICE_LITERAL("sec-websocket-version")), SLICE_LITERAL("13"))) {
        return WS_HANDSHAKE_ERR_VERSION;
    }
    *key = only_value(head, SLICE_LITERAL("sec-websocket-key"));
    if (!is_key(*key)) {
        return WS_HANDSHAKE_ERR_KEY;
    }
    if (!collect_offers(head, &offers)) {
        return WS_HANDSHAKE_ERR_SUBPROTOCOL;
    }
    return extensions_are_valid(head) ? WS_HANDSHAKE_OK : WS_HANDSHAKE_ERR_EXTENSIONS;
}

void ws_handshake_accept(struct slice key, uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[WS_HANDSHAKE_KEY_BYTES + sizeof guid - 1];
    uint8_t sha1[DIGEST_SHA1_BYTES];

    ASSERT(key.len == WS_HANDSHAKE_KEY_BYTES);
    memcpy(text, key.ptr, WS_HANDSHAKE_KEY_BYTES);
    memcpy(text + WS_HANDSHAKE_KEY_BYTES, guid, sizeof guid - 1);
    digest_sha1((struct slice){text, sizeof text}, sha1);
    const size_t written = digest_base64((struct slice){sha1, sizeof sha1}, accept);
    ASSERT(written == WS_HANDSHAKE_ACCEPT_BYTES);
}

void ws_handshake_key(const uint8_t nonce[WS_HANDSHAKE_NONCE_BYTES], uint8_t key[WS_HANDSHAKE_KEY_BYTES])
{
    const size_t written = digest_base64((struct slice){nonce, WS_HANDSHAKE_NONCE_BYTES}, key);
    ASSERT(written == WS_HANDSHAKE_KEY_BYTES);
}

static bool is_accepted(const struct http1_head *head, struct slice key)
{
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];
    ws_handshake_accept(key, accept);
    const struct slice answer = only_value(head, SLICE_LITERAL("sec-websocket-accept"));
    return slice_equals(answer, (struct slice){accept, sizeof accept});
}

/* At most one subprotocol, and one that was offered: *chosen, empty when none was chosen. */
static bool subprotocol_is_offered(const struct http1_head *head, const struct http1_head *request,
                                   struct slice *chosen)
{
    const struct slice name = SLICE_LITERAL("sec-websocket-protocol");
    struct offers offers;

    *chosen = only_value(head, name);
    if (http1_head_count(head, name) == 0) {
        return true;
    }
    return collect_offers(request, &offers) && offers_have(&offers, *chosen);
}

enum ws_handshake_status ws_handshake_check_response(const struct http1_head *head, struct slice key,
                                                     const struct http1_head *request,
                                                     enum ws_handshake_extensions extensions, struct slice *subprotocol)
{
    if (head->status != 101) {
        return WS_HANDSHAKE_ERR_REFUSED;
    }
    if (head->minor != 1) {
        return WS_HANDSHAKE_ERR_ANSWER_VERSION;
    }
    if (!slice_equals_nocase(only_value(head, SLICE_LITERAL("upgrade")), SLICE_LITERAL("websocket"))) {
        return WS_HANDSHAKE_ERR_ANSWER_UPGRADE;
    }
    if (!http1_head_has_option(head, SLICE_LITERAL("upgrade"))) {
        return WS_HANDSHAKE_ERR_ANSWER_CONNECTION;
    }
    if (!is_accepted(head, key)) {
        return WS_HANDSHAKE_ERR_ANSWER_ACCEPT;
    }
    if (extensions == WS_HANDSHAKE_EXTENSIONS_NONE &&
        http1_head_count(head, SLICE_LITERAL("sec-websocket-extensions")) > 0) {
        return WS_HANDSHAKE_ERR_ANSWER_EXTENSION;
    }
    return subprotocol_is_offered(head, request, subprotocol) ? WS_HANDSHAKE_OK : WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL;
}

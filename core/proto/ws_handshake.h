/*
 * ws_handshake - the opening handshake of RFC 6455 section 4, both sides: what a head must say, and the accept key.
 *
 * Thread: any (pure). Memory: none. Errors: enum ws_handshake_status. Limits: as
 * http1_head; WS_HANDSHAKE_SUBPROTOCOLS_MAX.
 */
#ifndef CORE_PROTO_WS_HANDSHAKE_H
#define CORE_PROTO_WS_HANDSHAKE_H

#include "core/proto/http1_head.h"

enum {
    WS_HANDSHAKE_KEY_BYTES = 24,
    WS_HANDSHAKE_ACCEPT_BYTES = 28,
    WS_HANDSHAKE_NONCE_BYTES = 16,
    WS_HANDSHAKE_SUBPROTOCOLS_MAX = 100, /* that a request may offer: each is compared with all before it */
};

enum ws_handshake_status {
    WS_HANDSHAKE_OK = 0,
#define WS_HANDSHAKE_STATUS(name, word, code, text) WS_HANDSHAKE_##name,
#include "core/proto/ws_handshake_status.def"
#undef WS_HANDSHAKE_STATUS
    WS_HANDSHAKE_STATUS_COUNT
};

/* What the request offered by way of extensions. */
enum ws_handshake_extensions {
    WS_HANDSHAKE_EXTENSIONS_NONE,    /* nothing: an answer that names one opens no connection */
    WS_HANDSHAKE_EXTENSIONS_OFFERED, /* some: the caller checks what was answered (ws_deflate_check_answer) */
};

uint16_t ws_handshake_status_code(enum ws_handshake_status status);
const char *ws_handshake_status_text(enum ws_handshake_status status);
/* The status as a word for logs: "key", "answer_accept". */
const char *ws_handshake_status_name(enum ws_handshake_status status);

/*
 * The server's side, section 4.2.1: whether a parsed request is an opening handshake, every MUST checked, in the order
 * of the rows above. On WS_HANDSHAKE_OK *key is the Sec-WebSocket-Key (24 bytes, into the head).
 */
MUST_USE enum ws_handshake_status ws_handshake_check_request(const struct http1_head *head, struct slice *key);

/* The Sec-WebSocket-Accept that answers a key: base64(SHA-1(key || GUID)), section 4.2.2 step 5.4. */
void ws_handshake_accept(struct slice key, uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES]);

/* The Sec-WebSocket-Key of a nonce: its base64. */
void ws_handshake_key(const uint8_t nonce[WS_HANDSHAKE_NONCE_BYTES], uint8_t key[WS_HANDSHAKE_KEY_BYTES]);

/*
 * The client's side, section 4.1: whether a parsed response opens the connection. key is ours; request is the head that
 * offered subprotocols (its Sec-WebSocket-Protocol lines, passed on as they were).
 * On WS_HANDSHAKE_OK *subprotocol is the chosen one, empty when none was.
 */
MUST_USE enum ws_handshake_status ws_handshake_check_response(const struct http1_head *head, struct slice key,
                                                              const struct http1_head *request,
                                                              enum ws_handshake_extensions extensions,
                                                              struct slice *subprotocol);

#endif

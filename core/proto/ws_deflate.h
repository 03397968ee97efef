/*
 * ws_deflate - how permessage-deflate is agreed on in the opening handshake (RFC 7692 section 7.1), both sides.
 *
 * A server chooses an offer, agrees and writes its answer; a relay passes the offers on and checks what is answered.
 * Fields are to have passed ws_handshake_check_request(): what stands behind a fault of grammar is not looked at.
 * Names are compared without case.
 *
 * Thread: any (pure). Memory: none. Errors: enum ws_handshake_status. Limits: none.
 */
#ifndef CORE_PROTO_WS_DEFLATE_H
#define CORE_PROTO_WS_DEFLATE_H

#include "core/proto/http1_write.h"
#include "core/proto/ws_handshake.h"

enum { WS_DEFLATE_WINDOW_BITS_MIN = 8, WS_DEFLATE_WINDOW_BITS_MAX = 15 };

/* An offer, an answer, or what both sides are bound to. */
struct ws_deflate {
    uint8_t server_max_window_bits; /* of what the server compresses; 15 where nothing was said */
    uint8_t client_max_window_bits; /* of what the client compresses; 15 where nothing was said */
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    bool must_limit_server_window; /* the offer had server_max_window_bits: the answer must have it */
    bool may_limit_client_window;  /* the offer had client_max_window_bits: the answer may have it */
};

/*
 * The offer that the client likes best of those that a server can accept, over all fields of a request: *offer. Others
 * are passed by, as section 7.1 says: with a parameter that is unknown or there twice, or a value that is not one
 * of 8 to 15, is missing, or stands where none may. false: none is left, and *offer is unspecified.
 */
MUST_USE bool ws_deflate_choose(const struct http1_head *request, struct ws_deflate *offer);

/*
 * What a server that wants the four limits of *wanted is to answer to an offer: the stricter of both. Where the client
 * did not allow its window to be limited, its bits are 15.
 */
struct ws_deflate ws_deflate_agree(const struct ws_deflate *offer, const struct ws_deflate *wanted);

/* Writes the Sec-WebSocket-Extensions field that answers, with the parameters that are needed and no other. */
void ws_deflate_write_answer(struct http1_write *w, const struct ws_deflate *agreed);

/*
 * Writes one Sec-WebSocket-Extensions field with the offers of a request that ws_deflate_choose() would look at, in
 * order, each as the client wrote it; nothing when there are none. Returns whether there were.
 */
bool ws_deflate_write_offers(struct http1_write *w, const struct http1_head *request);

/*
 * The client's side: whether a response agrees to one of the offers of the request (section 7.1), or to nothing.
 * On WS_HANDSHAKE_OK *is_agreed says which and *agreed, if so, what binds both sides. Else
 * WS_HANDSHAKE_ERR_ANSWER_EXTENSION.
 */
MUST_USE enum ws_handshake_status ws_deflate_check_answer(const struct http1_head *response,
                                                          const struct http1_head *request, bool *is_agreed,
                                                          struct ws_deflate *agreed);

#endif

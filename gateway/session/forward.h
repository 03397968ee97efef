/*
 * forward - heads on their way through: what the upstream gets of the client's request, and back.
 *
 * Hop-by-hop fields and those of the handshake itself end here (RFC 9110 section 7.6.1, RFC 6455 section 4); all others
 * go on as they came, in their order. X-Forwarded-For, -Proto, -Host and Forwarded (RFC 7239) are ours: a client's are
 * dropped.
 *
 * Thread: any. Memory: none. Errors: http1_write_is_whole(). Limits: none.
 */
#ifndef GATEWAY_SESSION_FORWARD_H
#define GATEWAY_SESSION_FORWARD_H

#include "core/proto/http1_head.h"
#include "core/proto/http1_write.h"

/* The request to the upstream, but for its end: more fields may follow. client_address is "ip:port" or "unix". */
void forward_request(struct http1_write *w, const struct http1_head *request, struct slice key,
                     const char *client_address);

/* The 101 to the client, likewise: response is the upstream's 101, or NULL where there is none (echo). */
void forward_accept(struct http1_write *w, struct slice client_key, const struct http1_head *response,
                    struct slice subprotocol);

/* An upstream's refusal: status line and fields; its body goes on in the coding it has. */
void forward_refusal(struct http1_write *w, const struct http1_head *response);

#endif

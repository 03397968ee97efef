/*
 * opening - from a client's request to the 101, or to the refusal: routing, the upstream's connect, both handshakes.
 *
 * Thread: the shard's. Memory: the peers' inboxes. Errors: an HTTP status to the client. Limits: head size, timeouts.
 */
#ifndef GATEWAY_SESSION_OPENING_H
#define GATEWAY_SESSION_OPENING_H

#include "gateway/session/session.h"

void opening_on_request(struct peer *client);
void opening_on_bad_request(struct peer *client, enum http1_status status);
void opening_on_connected(struct peer *upstream, int error);
void opening_on_response(struct peer *upstream);
void opening_on_bad_response(struct peer *upstream, enum http1_status status);
void opening_on_refusal_body(struct peer *upstream, struct slice bytes);

/* Either side ended before the 101. */
void opening_on_ended(struct peer *p, int error);
/* Either side's time was over before the 101. */
void opening_on_timed_out(struct peer *p);

/* Answers the client with a status and words, and ends the session. */
void opening_refuse(struct session *s, uint16_t status, enum session_initiator by, const char *cause);

#endif

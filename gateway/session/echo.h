/*
 * echo - the built-in backend: every message comes back as it was, for conformance tests and benchmarks.
 *
 * The payload was unmasked where it lies; a server's header is four bytes shorter than a client's (it has no key), so
 * it is written between the two, in front of the payload: no byte is copied.
 *
 * Thread: the shard's. Memory: none. Errors: as relay. Limits: the route's queue.
 */
#ifndef GATEWAY_SESSION_ECHO_H
#define GATEWAY_SESSION_ECHO_H

#include "gateway/session/session.h"

size_t echo_on_part(struct peer *client, const struct ws_part *part, uint16_t buffer);
void echo_on_sent(struct peer *client);

#endif

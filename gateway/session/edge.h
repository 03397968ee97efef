/*
 * edge - compression at the client's leg: its compressed messages go on inflated, and what goes to it is deflated.
 *
 * Both are streams: a piece goes on as it comes, as a frame of its own. What is inflated waits in the client's backlog
 * while the queue it goes to is full, so that a message that grows a thousandfold costs no more than one that does not.
 * Messages that are not compressed, and those to the client below min_size, take the plain way.
 *
 * Thread: the shard's. Memory: the pool's scratch, while a part is dealt with. Errors: session_fault().
 * Limits: compression.max_inflated.
 */
#ifndef GATEWAY_SESSION_EDGE_H
#define GATEWAY_SESSION_EDGE_H

#include "gateway/session/session.h"

size_t edge_on_client_part(struct peer *client, const struct ws_part *part, uint16_t buffer);
size_t edge_on_upstream_part(struct peer *upstream, const struct ws_part *part, uint16_t buffer);
/* A client of the built-in echo. */
size_t edge_on_echo_part(struct peer *client, const struct ws_part *part, uint16_t buffer);

#endif

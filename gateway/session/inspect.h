/*
 * inspect - passthrough that looks: compressed messages of both sides are inflated, to be held against the rules, and
 * go on by reference as they came.
 *
 * A part that is found bad does not go on; the parts of its message before it have. What grows far is looked at a turn
 * of the shard at a time, and goes on as far as it was.
 *
 * Thread: the shard's. Memory: the pool's scratch, while a part is dealt with. Errors: session_fault().
 * Limits: compression.max_inflated.
 */
#ifndef GATEWAY_SESSION_INSPECT_H
#define GATEWAY_SESSION_INSPECT_H

#include "gateway/session/session.h"

size_t inspect_on_part(struct peer *from, const struct ws_part *part, uint16_t buffer);

#endif

/*
 * relay - the parts of one peer's stream passed on to the other, by reference, with pressure in the other direction.
 *
 * Thread: the shard's. Memory: none. Errors: a pool that is exhausted ends the session (1013).
 * Limits: the route's queue per direction.
 */
#ifndef GATEWAY_SESSION_RELAY_H
#define GATEWAY_SESSION_RELAY_H

#include "gateway/session/session.h"

size_t relay_on_part(struct peer *from, const struct ws_part *part, uint16_t buffer);
/* The queue of a peer got shorter: the other may be read again. */
void relay_on_sent(struct peer *to);

/* Whether the queue of a peer is over the mark. */
bool relay_is_pressed(struct peer *to);

/* Stops reading from a peer while the queue of the one that gets its bytes is over the mark. */
void relay_press(struct peer *from, struct peer *to);

/* Reads from a peer again once the queue of the one that gets its bytes has shrunk. */
void relay_resume(struct peer *from, struct peer *to);

/* Notes a Close that a peer sent; its code and reason are in *close. */
void relay_note_close(struct peer *from, const struct ws_part *part, struct ws_close *close,
                      uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX]);

#endif

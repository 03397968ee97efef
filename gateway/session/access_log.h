/*
 * access_log - the events of a session as JSON lines: open, close, refuse.
 *
 * Thread: the shard's. Memory: none. Errors: a slow output loses lines (see log.h). Limits: LOG_LINE_BYTES_MAX a line.
 */
#ifndef GATEWAY_SESSION_ACCESS_LOG_H
#define GATEWAY_SESSION_ACCESS_LOG_H

#include "gateway/session/session.h"

/* The 101 was sent. request is the client's head; subprotocol is empty when none was chosen. */
void access_log_open(const struct session *s, const struct http1_head *request, struct slice subprotocol);
/* An open session is over. */
void access_log_close(const struct session *s);
/* The session ended before the 101. */
void access_log_refuse(const struct session *s);

#endif

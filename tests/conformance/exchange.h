/*
 * exchange - compressed messages, each sent when the one before it has come back, and compared whole.
 *
 * Thread: one at a time. Memory: none that outlives exchange_run(). Errors: fault, as text. Limits: EXCHANGE_STALL_MS,
 * and limit_s.
 */
#ifndef TESTS_CONFORMANCE_EXCHANGE_H
#define TESTS_CONFORMANCE_EXCHANGE_H

#include "tests/conformance/link.h"
#include "tests/conformance/row.h"

enum { EXCHANGE_STALL_MS = 20000 };

struct exchange {
    size_t done;       /* messages that came back as they were sent */
    const char *fault; /* what was wrong with the next; NULL: nothing */
};

/* Over a link that has agreed on permessage-deflate; a fault of the reader's ends it too. limit_s is for all messages.
 */
void exchange_run(struct exchange *e, struct link *l, const struct row_stream *stream, size_t count, unsigned limit_s);

#endif

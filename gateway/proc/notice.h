/*
 * notice - what the running gateway says on standard error, as far as that takes it at once.
 *
 * A pipe that nobody reads must not hold up the start, a signal or the end: what does not fit is not said.
 *
 * Thread: any. Memory: the stack. Errors: none. Limits: NOTICE_LINE_BYTES_MAX a line of notice_line().
 */
#ifndef GATEWAY_PROC_NOTICE_H
#define GATEWAY_PROC_NOTICE_H

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum { NOTICE_LINE_BYTES_MAX = 512 };

/* Says a text of one line or more. */
void notice_text(struct slice text);

/* Says "sluice: ", what is formatted, and a line feed. */
void notice_line(const char *format, ...) PRINTF(1, 2);

#endif

/*
 * http1_write - HTTP/1.1 heads, written into a buffer of fixed size.
 *
 * Writes past the end are remembered, not made: check http1_write_is_whole() once, at the end.
 * Thread: any (pure). Memory: the caller's buffer. Errors: is_whole() is false. Limits: the buffer.
 */
#ifndef CORE_PROTO_HTTP1_WRITE_H
#define CORE_PROTO_HTTP1_WRITE_H

#include "core/base/attrs.h"
#include "core/base/slice.h"

struct http1_write {
    uint8_t *ptr;
    size_t size;
    size_t len; /* written, or wanted when beyond size */
};

void http1_write_init(struct http1_write *w, uint8_t *ptr, size_t size);

/* Bytes as they are. */
void http1_write_bytes(struct http1_write *w, struct slice bytes);
/* Formatted text, as printf does: it needs one byte of room more than it has. */
void http1_write_text(struct http1_write *w, const char *format, ...) PRINTF(2, 3);
/* "name: value\r\n". Neither may have CR, LF or NUL (asserted). */
void http1_write_header(struct http1_write *w, struct slice name, struct slice value);
/* "HTTP/1.1 status reason\r\n" with the status' registered reason (RFC 9110 section 15, RFC 6585). */
void http1_write_status_line(struct http1_write *w, uint16_t status);
/* The empty line. */
void http1_write_end(struct http1_write *w);

static inline bool http1_write_is_whole(const struct http1_write *w)
{
    return w->len <= w->size;
}

/* The registered reason phrase of a status; "Unknown" where there is none. */
const char *http1_write_reason(uint16_t status);

#endif

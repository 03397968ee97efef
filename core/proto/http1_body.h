/*
 * http1_body - where the body behind a head ends, as its bytes arrive (RFC 9112 sections 6 and 7.1).
 *
 * Nothing is decoded: the coding is only followed, so that a body may go on as it came and its end is known.
 * Thread: any (pure). Memory: none. Errors: HTTP1_BODY_BAD, final. Limits: chunk sizes below 2^63; a chunk's line and
 * the trailer section HTTP1_BODY_LINE_BYTES_MAX each.
 */
#ifndef CORE_PROTO_HTTP1_BODY_H
#define CORE_PROTO_HTTP1_BODY_H

#include "core/proto/http1_head.h"

enum { HTTP1_BODY_LINE_BYTES_MAX = 16384 };

enum http1_body_status { HTTP1_BODY_MORE, HTTP1_BODY_END, HTTP1_BODY_BAD };

struct http1_body_reader {
    enum http1_body kind;
    uint8_t state;       /* private: where in the chunked coding */
    uint32_t line_bytes; /* private: of the chunk's line, or of the trailers, so far */
    uint64_t left;       /* of the length, or of the current chunk */
};

/* At the first byte behind the head. */
void http1_body_init(struct http1_body_reader *r, const struct http1_head *head);

/*
 * How many bytes at the front of in belong to the body: *taken. END: the body ends with them (with HTTP1_BODY_NONE or
 * length 0 already at *taken = 0). MORE: all of in belongs to it. BAD: the chunked coding is broken behind *taken
 * bytes.
 */
MUST_USE enum http1_body_status http1_body_next(struct http1_body_reader *r, struct slice in, size_t *taken);

#endif

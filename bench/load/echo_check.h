/*
 * echo_check - compressed echoes: frames taken apart, messages put together, inflated and held against what was sent.
 *
 * A server compresses the same message to the same bytes each time, for there is no context: an answer that was
 * inflated and found right once is known by its compressed bytes from then on. So that checking costs a comparison, as
 * it does for plain echoes, and the load is not what is measured.
 *
 * Thread: one. Memory: the heap. Errors: -ENOMEM; an answer that is wrong is ECHO_CHECK_BAD. Limits: an answer's
 * compressed bytes are at most twice those of its message, and 1,024.
 */
#ifndef BENCH_LOAD_ECHO_CHECK_H
#define BENCH_LOAD_ECHO_CHECK_H

#include "bench/load/stream.h"
#include "core/deflate/pmd_inflater.h"
#include "core/proto/ws_frame.h"

enum { ECHO_CHECK_BAD = -1 };

/* What all connections share. */
struct echo_check {
    const struct stream *stream;
    struct pmd_inflater *inflater;
    uint8_t *plain; /* room for a message and one byte */
    struct span known[STREAM_MESSAGES_MAX];
    uint64_t plain_count; /* answers that were not compressed, as a server may choose: right, but cheaper */
};

/* Where one connection stands. */
struct echo_reader {
    uint8_t header[WS_FRAME_HEADER_BYTES_MAX];
    uint8_t header_bytes; /* of a frame that is not known yet */
    bool in_frame, in_message, is_final, is_compressed;
    uint64_t payload_left;
    uint8_t *body;
    size_t body_bytes;
};

MUST_USE int echo_check_init(struct echo_check *c, const struct stream *stream);
void echo_check_deinit(struct echo_check *c);

MUST_USE int echo_reader_init(struct echo_reader *r, const struct echo_check *c);
void echo_reader_deinit(struct echo_reader *r);

/* More bytes, the next message being one of the stream. How many messages became whole, or ECHO_CHECK_BAD. */
MUST_USE int echo_reader_take(struct echo_reader *r, struct echo_check *c, uint64_t message, struct slice got);

#endif

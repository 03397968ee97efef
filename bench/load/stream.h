/*
 * stream - the messages of a run, made ahead: masked frames to send, and what must come back, over and over.
 *
 * A few different messages, numbered, repeat for ever; each connection begins with another one, so that an answer that
 * went to the wrong connection is found out. Frames lie one behind the other: what is to be sent next is one run of
 * bytes. Of plain frames what must come back is a run of bytes too, compared as such: the header of an unmasked frame
 * in its shortest form, and the payload. Raw, the bytes sent are to come back.
 *
 * Thread: any once made. Memory: the heap. Errors: -ENOMEM. Limits: STREAM_MESSAGES_MAX.
 */
#ifndef BENCH_LOAD_STREAM_H
#define BENCH_LOAD_STREAM_H

#include <stdbool.h>

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum { STREAM_MESSAGES_MAX = 512 };

enum stream_kind { STREAM_TEXT, STREAM_BINARY };
enum stream_form { STREAM_PLAIN, STREAM_COMPRESSED, STREAM_RAW };

/* A periodic sequence of bytes, in pieces that need not be of one length. */
struct stream_tile {
    uint8_t *bytes;
    size_t period;
    size_t begin[STREAM_MESSAGES_MAX + 1]; /* of each piece; and the period */
};

struct stream {
    uint32_t count; /* different messages */
    uint32_t size;  /* payload of each */
    enum stream_form form;
    struct stream_tile out;     /* frames to send */
    struct stream_tile in;      /* what must come back; not of compressed ones */
    struct stream_tile payload; /* the messages themselves */
};

MUST_USE int stream_init(struct stream *s, uint32_t size, enum stream_kind kind, enum stream_form form);
void stream_deinit(struct stream *s);

/* Where a message begins in a tile's endless sequence. */
static inline uint64_t stream_position(const struct stream *s, const struct stream_tile *tile, uint64_t message)
{
    return message / s->count * tile->period + tile->begin[message % s->count];
}

/* The bytes from one position to another, as far as they lie in one piece of memory. from is below to. */
struct slice stream_run(const struct stream_tile *tile, uint64_t from, uint64_t to);

/* Whether bytes that came are those that stand at a position. */
bool stream_matches(const struct stream_tile *tile, uint64_t position, struct slice got);

#endif

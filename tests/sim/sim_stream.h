/*
 * sim_stream - an independent reader of one direction of a WebSocket connection: RFC 6455 and RFC 7692, byte by byte,
 * by the letter, without a line of core/proto. It says what the messages are, and what is wrong.
 *
 * Thread: one. Memory: zlib's, freed by sim_stream_free(). Errors: fault, a close code, final. Limits: struct
 * sim_stream_rules.
 */
#ifndef TESTS_SIM_SIM_STREAM_H
#define TESTS_SIM_SIM_STREAM_H

#include <zlib.h>

#include "core/base/slice.h"

enum {
    SIM_STREAM_CONTROL_BYTES_MAX = 125,
    SIM_STREAM_HEADER_BYTES_MAX = 14,
    SIM_STREAM_CONTINUATION = 0,
    SIM_STREAM_TEXT = 1,
    SIM_STREAM_BINARY = 2,
    SIM_STREAM_CLOSE = 8,
    SIM_STREAM_PING = 9,
    SIM_STREAM_PONG = 10,
};

struct sim_stream_rules {
    bool is_masked;       /* its frames must be */
    bool may_compress;    /* RSV1 was agreed on */
    bool inflates;        /* what is compressed is read; else it is taken as bytes */
    bool has_takeover;    /* a message may refer to the ones before it */
    uint64_t bytes_max;   /* of a message on the wire */
    uint64_t content_max; /* of an inflated one */
};

struct sim_stream_events {
    /* Content of a message: of text or binary, inflated. bytes may be none, where one begins. */
    void (*content)(void *owner, uint8_t opcode, bool begins, struct slice bytes);
    /* A frame of a message, or a message, is over. */
    void (*frame_ended)(void *owner, bool ends_message);
    void (*control)(void *owner, uint8_t opcode, struct slice payload);
};

struct sim_utf8 {
    uint8_t left, low, high; /* bytes of the character still to come, and the bounds of the next one */
};

struct sim_stream {
    struct sim_stream_rules rules;
    const struct sim_stream_events *events;
    void *owner;
    uint8_t header[SIM_STREAM_HEADER_BYTES_MAX];
    size_t header_bytes;
    uint8_t control[SIM_STREAM_CONTROL_BYTES_MAX];
    size_t control_bytes;
    uint8_t key[4];
    uint64_t frame_bytes, frame_taken; /* payload of the frame under way */
    uint64_t message_bytes, content_bytes;
    uint8_t opcode;  /* of the frame under way */
    uint8_t message; /* opcode of the message under way; 0: none */
    bool in_payload, is_final, is_compressed, content_begins;
    bool has_final; /* a final block of DEFLATE was in the message */
    bool is_over;   /* a Close was read */
    struct sim_utf8 utf8;
    z_stream inflater;
    bool has_inflater;
    uint16_t fault; /* 0, or the close code that the fault asks for */
    const char *why;
};

void sim_stream_init(struct sim_stream *s, const struct sim_stream_rules *rules, const struct sim_stream_events *events,
                     void *owner);
void sim_stream_free(struct sim_stream *s);

/* Reads bytes; nothing is read behind a fault. Bytes behind a Close are one. */
void sim_stream_read(struct sim_stream *s, struct slice bytes);

/* Whether the stream stands between two frames, and between two messages. */
static inline bool sim_stream_is_at_rest(const struct sim_stream *s)
{
    return s->header_bytes == 0 && !s->in_payload && s->message == 0;
}

#endif

/*
 * ws_record - reads a whole WebSocket stream, cut into pieces, and writes down what came of it in a form that does not
 * depend on the cuts; on the way it asserts what every part promises.
 *
 * Thread: any. Memory: malloc'ed, ws_record_free() gives it back. Errors: asserted. Limits: none.
 */
#ifndef TESTS_SUPPORT_WS_RECORD_H
#define TESTS_SUPPORT_WS_RECORD_H

#include <stdlib.h>

#include "core/proto/ws_message.h"

struct ws_record {
    struct ws_message m;
    const struct ws_rules *rules;
    uint8_t *log; /* what came out: see ws_record_part() */
    size_t len;
    enum ws_status end; /* WS_NEED_MORE, or the fault */
};

/* How a stream is cut: a first piece, then pieces of one size. */
struct ws_cuts {
    size_t first;
    size_t then;
};

static inline void ws_record_byte(struct ws_record *r, uint8_t byte)
{
    r->log[r->len++] = byte;
}

static inline bool ws_record_is_within(struct slice s, const uint8_t *ptr, size_t len)
{
    return s.ptr >= ptr && s.len <= len && (size_t)(s.ptr - ptr) <= len - s.len;
}

/* The header must be the shortest form of itself, and lie where the part says that it does. */
static inline void ws_record_check_head(const struct ws_record *r, struct span piece, const struct ws_part *part)
{
    struct ws_frame frame;
    size_t bytes;
    uint8_t again[WS_FRAME_HEADER_BYTES_MAX];

    ASSERT(ws_frame_decode(part->head, &frame, &bytes) == WS_OK && bytes == part->head.len);
    ASSERT(ws_frame_encode(&frame, again) == bytes && memcmp(again, part->head.ptr, bytes) == 0);
    ASSERT(frame.rsv == part->rsv);
    ASSERT(frame.masked == (r->rules->masking == WS_MASKING_REQUIRED));
    if (part->is_held) {
        ASSERT(ws_record_is_within(part->head, r->m.held, sizeof r->m.held));
    } else {
        ASSERT(ws_record_is_within(part->head, piece.ptr, piece.len));
        ASSERT(part->body.len == 0 || part->body.ptr == part->head.ptr + part->head.len);
    }
}

static inline void ws_record_check_body(const struct ws_record *r, struct span piece, const struct ws_part *part)
{
    const bool is_held = part->is_held && part->is_control;
    ASSERT(!is_held || ws_record_is_within(part->body, r->m.held, sizeof r->m.held));
    ASSERT(is_held || part->body.len == 0 || ws_record_is_within(part->body, piece.ptr, piece.len));
    ASSERT(part->is_control || r->rules->payload == WS_PAYLOAD_AS_RECEIVED || part->key == 0);
    ASSERT(!part->is_control || (part->head.len > 0 && part->body.len <= WS_FRAME_CONTROL_BYTES_MAX));
    ASSERT(part->is_control == ws_opcode_is_control(part->opcode));
}

/* Head: 'C' or 'F', opcode, rsv; 'M' in front of a message's first; 'b' and each payload byte; 'f' and 'm' at ends. */
static inline void ws_record_part(struct ws_record *r, const struct ws_part *part)
{
    if (part->begins_message) {
        ws_record_byte(r, 'M');
    }
    if (part->head.len > 0) {
        ws_record_byte(r, part->is_control ? 'C' : 'F');
        ws_record_byte(r, part->opcode);
        ws_record_byte(r, part->rsv);
    }
    uint8_t *plain = malloc(part->body.len + 1);
    ASSERT(ws_part_unmask(part, plain) == part->body.len);
    for (size_t i = 0; i < part->body.len; i++) {
        ws_record_byte(r, 'b');
        ws_record_byte(r, plain[i]);
    }
    free(plain);
    if (part->ends_frame) {
        ws_record_byte(r, 'f');
    }
    if (part->ends_message) {
        ws_record_byte(r, 'm');
    }
}

/* One input: a copy of its own, so that a sanitizer sees a step beside it. */
static inline void ws_record_piece(struct ws_record *r, struct slice bytes)
{
    struct span piece = {malloc(bytes.len == 0 ? 1 : bytes.len), bytes.len};
    memcpy(piece.ptr, bytes.ptr, bytes.len);
    struct span in = piece;
    struct ws_part part;

    while ((r->end = ws_message_next(&r->m, r->rules, &in, &part)) == WS_OK) {
        if (part.head.len > 0) {
            ws_record_check_head(r, piece, &part);
        }
        ws_record_check_body(r, piece, &part);
        ws_record_part(r, &part);
    }
    ASSERT(r->end != WS_NEED_MORE || in.len == 0);
    free(piece.ptr);
}

static inline struct ws_record ws_record_read(const struct ws_rules *rules, struct slice stream, struct ws_cuts cuts)
{
    /* The most log per byte is of empty messages: seven bytes for two. */
    struct ws_record r = {.rules = rules, .log = malloc(stream.len * 4 + 1), .end = WS_NEED_MORE};
    size_t bytes = cuts.first < stream.len ? cuts.first : stream.len;

    ws_message_init(&r.m);
    while (stream.len > 0 && r.end == WS_NEED_MORE) {
        ws_record_piece(&r, slice_first(stream, bytes));
        stream = slice_skip(stream, bytes);
        bytes = cuts.then < stream.len ? cuts.then : stream.len;
    }
    return r;
}

static inline void ws_record_free(struct ws_record *r)
{
    free(r->log);
}

/*
 * Whether a stream cut into pieces came to the same as the whole. In front of a fault the pieces may have given out
 * more: what came of the bad frame before its fault was there to see.
 */
static inline bool ws_record_agrees(const struct ws_record *cut, const struct ws_record *whole)
{
    if (cut->end != whole->end || cut->len < whole->len || memcmp(cut->log, whole->log, whole->len) != 0) {
        return false;
    }
    return whole->end != WS_NEED_MORE || cut->len == whole->len;
}

#endif

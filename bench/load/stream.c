#include "bench/load/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "core/deflate/pmd_deflater.h"
#include "core/proto/ws_frame.h"
#include "simd/simd.h"

/* So many bytes of messages: enough that they differ, few enough that they stay in the second-level cache. */
enum { WANTED_BYTES = 64 * 1024, MESSAGES_MIN = 2 };

static int make_tile(struct stream_tile *tile, size_t bytes)
{
    tile->bytes = malloc(bytes);
    return tile->bytes == NULL ? -ENOMEM : 0;
}

/* Text such as people send: words, in an order of the message's own; its number stands in front, as far as it fits. */
static void write_text(uint8_t *out, uint32_t size, uint32_t message)
{
    static const char *const words[] = {"the ",  "gate ", "opens ",  "and ",   "water ", "runs ",  "to ",   "mill ",
                                        "wheel", ": {\"", "\"id\":", "value ", "null, ", "true, ", "12.5 ", "lock "};
    uint32_t seed = message * 2654435761u + 12345;
    size_t at = 0;

    while (at < size) {
        const char *word = words[seed >> 28];
        const size_t len = strlen(word), room = size - at;
        memcpy(out + at, word, len < room ? len : room);
        at += len;
        seed = seed * 1664525u + 1013904223u;
    }
    for (unsigned i = 0; i < 3 && i < size; i++, message /= 26) {
        out[i] = (uint8_t)('a' + message % 26);
    }
}

static void write_payloads(struct stream *s, enum stream_kind kind)
{
    for (uint32_t i = 0; i <= s->count; i++) {
        s->payload.begin[i] = (size_t)i * s->size;
    }
    s->payload.period = s->payload.begin[s->count];
    for (uint32_t i = 0; i < s->count; i++) {
        uint8_t *out = s->payload.bytes + s->payload.begin[i];
        write_text(out, s->size, i);
        for (uint32_t b = 3; kind == STREAM_BINARY && b < s->size; b++) {
            out[b] ^= (uint8_t)(b * 37);
        }
    }
}

/* Appends a frame to a tile's message. */
static void append(struct stream_tile *tile, uint32_t message, const struct ws_frame *frame, struct slice payload)
{
    uint8_t *out = tile->bytes + tile->begin[message];
    const size_t header = ws_frame_encode(frame, out);

    if (frame->masked) {
        simd->mask(out + header, payload.ptr, payload.len, frame->key);
    } else {
        memcpy(out + header, payload.ptr, payload.len);
    }
    tile->begin[message + 1] = tile->begin[message] + header + payload.len;
}

/* The bytes of a message as they travel: itself, or what is left of it. */
static struct slice coded(const struct stream *s, uint32_t message, struct pmd_deflater *deflater, struct span room)
{
    const struct slice plain = {s->payload.bytes + s->payload.begin[message], s->size};

    if (deflater == NULL) {
        return plain;
    }
    pmd_deflater_reset(deflater);
    return (struct slice){room.ptr, pmd_deflater_run(deflater, plain, true, room)};
}

static void write_frames(struct stream *s, enum stream_kind kind, struct pmd_deflater *deflater, struct span room)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct slice payload = coded(s, i, deflater, room);
        struct ws_frame frame = {.payload_bytes = payload.len,
                                 .key = i * 2246822519u + 0x3d21fa37u,
                                 .opcode = kind == STREAM_TEXT ? WS_OPCODE_TEXT : WS_OPCODE_BINARY,
                                 .rsv = deflater != NULL ? WS_RSV1 : 0,
                                 .fin = true,
                                 .masked = true};
        append(&s->out, i, &frame, payload);
        frame.masked = s->form == STREAM_RAW;
        append(&s->in, i, &frame, payload);
    }
    s->out.period = s->out.begin[s->count];
    s->in.period = s->in.begin[s->count];
}

static int write_compressed(struct stream *s, enum stream_kind kind, size_t bound)
{
    struct pmd_deflater *deflater = aligned_alloc(64, (sizeof *deflater + 63) / 64 * 64);
    uint8_t *room = malloc(bound);

    if (deflater != NULL && room != NULL) {
        pmd_deflater_init(deflater, PMD_WINDOW_BITS_MAX, 6);
        write_frames(s, kind, deflater, (struct span){room, bound});
    }
    const int rc = deflater != NULL && room != NULL ? 0 : -ENOMEM;
    free(deflater);
    free(room);
    return rc;
}

int stream_init(struct stream *s, uint32_t size, enum stream_kind kind, enum stream_form form)
{
    const uint32_t wanted = WANTED_BYTES / size;
    const size_t bound = form == STREAM_COMPRESSED ? pmd_deflater_bound(size) : size;

    *s = (struct stream){.size = size, .form = form};
    s->count = wanted < MESSAGES_MIN ? MESSAGES_MIN : wanted > STREAM_MESSAGES_MAX ? STREAM_MESSAGES_MAX : wanted;
    const size_t frames = s->count * (bound + WS_FRAME_HEADER_BYTES_MAX);
    int rc = make_tile(&s->payload, (size_t)s->count * size);
    rc = rc < 0 ? rc : make_tile(&s->out, frames);
    rc = rc < 0 ? rc : make_tile(&s->in, frames);
    if (rc == 0) {
        write_payloads(s, kind);
        if (form == STREAM_COMPRESSED) {
            rc = write_compressed(s, kind, bound);
        } else {
            write_frames(s, kind, NULL, (struct span){NULL, 0});
        }
    }
    if (rc < 0) {
        stream_deinit(s);
    }
    return rc;
}

void stream_deinit(struct stream *s)
{
    free(s->out.bytes);
    free(s->in.bytes);
    free(s->payload.bytes);
    *s = (struct stream){0};
}

struct slice stream_run(const struct stream_tile *tile, uint64_t from, uint64_t to)
{
    const size_t at = from % tile->period, there = tile->period - at;
    const uint64_t wanted = to - from;

    return (struct slice){tile->bytes + at, wanted < there ? (size_t)wanted : there};
}

bool stream_matches(const struct stream_tile *tile, uint64_t position, struct slice got)
{
    while (got.len > 0) {
        const struct slice wanted = stream_run(tile, position, position + got.len);
        if (memcmp(wanted.ptr, got.ptr, wanted.len) != 0) {
            return false;
        }
        got = slice_skip(got, wanted.len);
        position += wanted.len;
    }
    return true;
}

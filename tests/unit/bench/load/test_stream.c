#include "bench/load/stream.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/proto/ws_frame.h"
#include "simd/simd.h"

static struct stream s;

static void make(uint32_t size, enum stream_kind kind, enum stream_form form)
{
    cr_assert_eq(stream_init(&s, size, kind, form), 0);
}

static struct slice piece(const struct stream_tile *tile, uint32_t message)
{
    return (struct slice){tile->bytes + tile->begin[message], tile->begin[message + 1] - tile->begin[message]};
}

/* The payload of a frame, unmasked. */
static struct slice open_frame(struct slice bytes, struct ws_frame *frame, uint8_t *room)
{
    size_t header = 0;

    cr_assert_eq(ws_frame_decode(bytes, frame, &header), WS_OK);
    cr_assert_eq(header + frame->payload_bytes, bytes.len);
    simd->mask(room, bytes.ptr + header, bytes.len - header, frame->masked ? frame->key : 0);
    return (struct slice){room, bytes.len - header};
}

Test(stream, sends_masked_frames_and_wants_the_same_messages_back)
{
    static const uint32_t sizes[] = {1, 2, 16, 125, 126, 1024, 65535, 65536, 1048576};
    static uint8_t sent[1048576], wanted[1048576];

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        make(sizes[i], STREAM_TEXT, STREAM_PLAIN);
        for (uint32_t m = 0; m < s.count; m++) {
            struct ws_frame out, in;
            const struct slice a = open_frame(piece(&s.out, m), &out, sent);
            const struct slice b = open_frame(piece(&s.in, m), &in, wanted);
            cr_assert(out.masked && !in.masked && out.fin && out.opcode == WS_OPCODE_TEXT);
            cr_assert_eq(a.len, sizes[i]);
            cr_assert(slice_equals(a, b));
            cr_assert_eq(simd->utf8(SIMD_UTF8_BOUNDARY, a.ptr, a.len), SIMD_UTF8_BOUNDARY);
        }
        stream_deinit(&s);
    }
}

Test(stream, has_messages_that_differ)
{
    make(16, STREAM_TEXT, STREAM_PLAIN);
    for (uint32_t m = 1; m < s.count; m++) {
        cr_assert_neq(memcmp(s.payload.bytes, s.payload.bytes + s.payload.begin[m], 16), 0, "message %u", m);
    }
    stream_deinit(&s);
}

Test(stream, compresses_its_messages)
{
    make(1024, STREAM_TEXT, STREAM_COMPRESSED);
    struct ws_frame frame;
    size_t header = 0;
    cr_assert_eq(ws_frame_decode(piece(&s.out, 0), &frame, &header), WS_OK);
    cr_assert_eq(frame.rsv, WS_RSV1);
    cr_assert_lt(frame.payload_bytes, 1024);
    stream_deinit(&s);
}

Test(stream, wants_raw_bytes_back_as_they_were)
{
    make(125, STREAM_BINARY, STREAM_RAW);
    cr_assert_eq(s.out.period, s.in.period);
    cr_assert_eq(memcmp(s.out.bytes, s.in.bytes, s.in.period), 0);
    stream_deinit(&s);
}

Test(stream, goes_on_for_ever)
{
    make(125, STREAM_TEXT, STREAM_PLAIN);
    cr_assert_eq(stream_position(&s, &s.in, 0), 0);
    cr_assert_eq(stream_position(&s, &s.in, s.count), s.in.period);
    cr_assert_eq(stream_position(&s, &s.in, 3 * (uint64_t)s.count + 1), 3 * s.in.period + 127);
    struct slice run = stream_run(&s.in, s.in.period - 5, s.in.period + 5);
    cr_assert_eq(run.len, 5);
    run = stream_run(&s.in, 7 * s.in.period + 1, 7 * s.in.period + 4);
    cr_assert_eq(run.len, 3);
    cr_assert_eq(run.ptr, s.in.bytes + 1);
    stream_deinit(&s);
}

Test(stream, finds_every_wrong_byte_wherever_the_bytes_are_cut)
{
    make(16, STREAM_TEXT, STREAM_PLAIN);
    const size_t bytes = 3 * s.in.period;
    uint8_t *got = malloc(bytes);
    for (size_t i = 0; i < bytes; i++) {
        got[i] = s.in.bytes[i % s.in.period];
    }
    cr_assert(stream_matches(&s.in, 0, (struct slice){got, bytes}));
    for (size_t cut = 0; cut < bytes; cut += 17) {
        cr_assert(stream_matches(&s.in, cut, (struct slice){got + cut, bytes - cut}));
        got[cut] ^= 1;
        cr_assert(!stream_matches(&s.in, 0, (struct slice){got, bytes}));
        cr_assert(!stream_matches(&s.in, cut, (struct slice){got + cut, 1}));
        cr_assert(stream_matches(&s.in, 0, (struct slice){got, cut}));
        got[cut] ^= 1;
    }
    free(got);
    stream_deinit(&s);
}

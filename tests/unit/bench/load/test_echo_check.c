#include "bench/load/echo_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct stream s;
static struct echo_check check;
static struct echo_reader reader;

static void set_up(void)
{
    cr_assert_eq(stream_init(&s, 1024, STREAM_TEXT, STREAM_COMPRESSED), 0);
    cr_assert_eq(echo_check_init(&check, &s), 0);
    cr_assert_eq(echo_reader_init(&reader, &check), 0);
}

static void tear_down(void)
{
    echo_reader_deinit(&reader);
    echo_check_deinit(&check);
    stream_deinit(&s);
}

TestSuite(echo_check, .init = set_up, .fini = tear_down);

static struct slice answer(uint32_t message)
{
    return (struct slice){s.in.bytes + s.in.begin[message], s.in.begin[message + 1] - s.in.begin[message]};
}

Test(echo_check, takes_an_answer_whole_and_again)
{
    cr_assert_eq(echo_reader_take(&reader, &check, 0, answer(0)), 1);
    cr_assert_eq(echo_reader_take(&reader, &check, s.count, answer(0)), 1);
}

Test(echo_check, takes_all_answers_at_once_and_byte_by_byte)
{
    const struct slice all = {s.in.bytes, s.in.period};
    int whole = 0;

    cr_assert_eq(echo_reader_take(&reader, &check, 0, all), (int)s.count);
    for (size_t i = 0; i < all.len; i++) {
        const int more = echo_reader_take(&reader, &check, (unsigned)whole, slice_first(slice_skip(all, i), 1));
        cr_assert_geq(more, 0);
        whole += more;
    }
    cr_assert_eq(whole, (int)s.count);
}

Test(echo_check, takes_a_message_in_fragments_and_one_that_is_not_compressed)
{
    uint8_t out[2048];
    const struct slice plain = {s.payload.bytes, s.size};
    struct ws_frame frame = {.payload_bytes = 1000, .opcode = WS_OPCODE_TEXT};

    size_t len = ws_frame_encode(&frame, out);
    memcpy(out + len, plain.ptr, 1000);
    len += 1000;
    cr_assert_eq(echo_reader_take(&reader, &check, 0, (struct slice){out, len}), 0);
    frame = (struct ws_frame){.payload_bytes = 24, .opcode = WS_OPCODE_CONTINUATION, .fin = true};
    len = ws_frame_encode(&frame, out);
    memcpy(out + len, plain.ptr + 1000, 24);
    cr_assert_eq(echo_reader_take(&reader, &check, 0, (struct slice){out, len + 24}), 1);
    cr_assert_eq(check.plain_count, 1);
}

Test(echo_check, refuses_the_answer_to_another_message)
{
    cr_assert_eq(echo_reader_take(&reader, &check, 1, answer(0)), ECHO_CHECK_BAD);
}

Test(echo_check, refuses_every_wrong_byte_known_or_not)
{
    uint8_t copy[2048];
    const struct slice right = answer(0);

    for (int known = 0; known < 2; known++) {
        for (size_t i = 4; i < right.len; i++) {
            memcpy(copy, right.ptr, right.len);
            copy[i] ^= 0x40;
            reader.in_frame = reader.in_message = false;
            reader.header_bytes = 0;
            reader.body_bytes = 0;
            cr_assert_neq(echo_reader_take(&reader, &check, 0, (struct slice){copy, right.len}), 1, "byte %zu", i);
        }
        reader.in_frame = reader.in_message = false;
        reader.header_bytes = 0;
        reader.body_bytes = 0;
        cr_assert_eq(echo_reader_take(&reader, &check, 0, right), 1);
    }
}

Test(echo_check, refuses_frames_that_are_masked_too_long_or_out_of_order)
{
    struct ws_frame frame = {.payload_bytes = 4, .opcode = WS_OPCODE_TEXT, .fin = true, .masked = true, .key = 1};
    uint8_t out[WS_FRAME_HEADER_BYTES_MAX];

    cr_assert_eq(echo_reader_take(&reader, &check, 0, (struct slice){out, ws_frame_encode(&frame, out)}),
                 ECHO_CHECK_BAD);
    reader.header_bytes = 0;
    frame = (struct ws_frame){.payload_bytes = 1 << 20, .opcode = WS_OPCODE_TEXT, .fin = true};
    cr_assert_eq(echo_reader_take(&reader, &check, 0, (struct slice){out, ws_frame_encode(&frame, out)}),
                 ECHO_CHECK_BAD);
    reader.header_bytes = 0;
    frame = (struct ws_frame){.payload_bytes = 4, .opcode = WS_OPCODE_CONTINUATION, .fin = true};
    cr_assert_eq(echo_reader_take(&reader, &check, 0, (struct slice){out, ws_frame_encode(&frame, out)}),
                 ECHO_CHECK_BAD);
}

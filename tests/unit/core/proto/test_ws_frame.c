#include "core/proto/ws_frame.h"

#include <criterion/criterion.h>

static enum ws_status decode(const uint8_t *bytes, size_t len, struct ws_frame *frame, size_t *header_bytes)
{
    return ws_frame_decode((struct slice){bytes, len}, frame, header_bytes);
}

/* What RFC 6455 section 5.2 says of two bytes, and the header's length when it finds nothing wrong: put plainly. */
static enum ws_status reference_of_two(unsigned first, unsigned second, size_t *header_bytes)
{
    const unsigned opcode = first % 16;
    const unsigned length = second % 128;
    *header_bytes = 2 + (length == 126 ? 2 : 0) + (length == 127 ? 8 : 0) + (second >= 128 ? 4 : 0);
    if ((opcode >= 3 && opcode <= 7) || opcode >= 11) {
        return WS_ERR_OPCODE;
    }
    if (opcode >= 8 && first < 128) {
        return WS_ERR_CONTROL_FRAGMENT;
    }
    return opcode >= 8 && length > 125 ? WS_ERR_CONTROL_LENGTH : WS_OK;
}

Test(ws_frame, decodes_all_first_two_bytes_as_the_rfc_says)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        /* 0x0101...: a good length of any form, and a key. */
        uint8_t in[WS_FRAME_HEADER_BYTES_MAX] = {
            (uint8_t)(pair >> 8), (uint8_t)pair, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        struct ws_frame frame;
        size_t expected_bytes;
        size_t bytes;
        const enum ws_status expected = reference_of_two(pair >> 8, pair & 0xff, &expected_bytes);
        cr_assert_eq(decode(in, sizeof in, &frame, &bytes), expected, "%04x", pair);
        if (expected != WS_OK) {
            continue;
        }
        cr_assert_eq(bytes, expected_bytes, "%04x", pair);
        cr_assert_eq(decode(in, bytes - 1, &frame, &bytes), WS_NEED_MORE, "%04x", pair);
        cr_assert_eq(frame.opcode, (pair >> 8) % 16);
        cr_assert_eq(frame.rsv, (pair >> 12) % 8);
        cr_assert_eq(frame.fin, pair >= 0x8000);
        cr_assert_eq(frame.masked, (pair & 0x80) != 0);
        cr_assert_eq(frame.key, frame.masked ? 0x01010101u : 0u);
    }
}

Test(ws_frame, finds_a_bad_first_byte_alone)
{
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t in = (uint8_t)first;
        struct ws_frame frame;
        size_t bytes;
        const enum ws_status expected = reference_of_two(first, 0, &bytes);
        cr_assert_eq(decode(&in, 1, &frame, &bytes), expected == WS_OK ? WS_NEED_MORE : expected, "%02x", first);
    }
}

struct length_row {
    uint64_t length;
    size_t extended_bytes; /* of its shortest form */
};

static const struct length_row length_rows[] = {
    {0, 0},
    {1, 0},
    {124, 0},
    {125, 0},
    {126, 2},
    {127, 2},
    {255, 2},
    {256, 2},
    {65534, 2},
    {65535, 2},
    {65536, 8},
    {65537, 8},
    {1 << 24, 8},
    {UINT32_MAX, 8},
    {(uint64_t)1 << 32, 8},
    {(uint64_t)1 << 62, 8},
    {INT64_MAX, 8},
};

Test(ws_frame, encodes_each_length_in_its_shortest_form_and_decodes_it_again)
{
    for (size_t i = 0; i < ARRAY_LEN(length_rows); i++) {
        for (unsigned masked = 0; masked < 2; masked++) {
            const struct ws_frame in = {.payload_bytes = length_rows[i].length,
                                        .opcode = WS_OPCODE_BINARY,
                                        .rsv = WS_RSV2,
                                        .fin = (i & 1) != 0,
                                        .key = masked ? 0xa1b2c3d4 : 0,
                                        .masked = masked != 0};
            uint8_t bytes[WS_FRAME_HEADER_BYTES_MAX];
            const size_t len = ws_frame_encode(&in, bytes);
            struct ws_frame out;
            size_t taken;
            cr_assert_eq(len, 2 + length_rows[i].extended_bytes + (masked ? 4 : 0));
            for (size_t part = 0; part < len; part++) {
                cr_assert_eq(decode(bytes, part, &out, &taken), WS_NEED_MORE);
            }
            cr_assert_eq(decode(bytes, len, &out, &taken), WS_OK);
            cr_assert_eq(taken, len);
            cr_assert_eq(out.payload_bytes, in.payload_bytes);
            cr_assert(out.opcode == in.opcode && out.rsv == in.rsv && out.fin == in.fin);
            cr_assert(out.masked == in.masked && out.key == in.key);
        }
    }
}

struct fault_row {
    const char *why;
    uint8_t bytes[10];
    size_t seen_at; /* how many bytes show the fault */
    enum ws_status status;
};

static const struct fault_row fault_rows[] = {
    {"0 in 2 bytes", {0x82, 126, 0, 0}, 4, WS_ERR_LENGTH},
    {"125 in 2 bytes", {0x82, 126, 0, 125}, 4, WS_ERR_LENGTH},
    {"0 in 8 bytes", {0x82, 127}, 8, WS_ERR_LENGTH},
    {"65535 in 8 bytes", {0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255}, 8, WS_ERR_LENGTH},
    {"2^63", {0x82, 127, 0x80}, 3, WS_ERR_LENGTH},
    {"2^64 - 1", {0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255}, 3, WS_ERR_LENGTH},
    {"ping of 126", {0x89, 126, 0, 126}, 2, WS_ERR_CONTROL_LENGTH},
    {"close of 2^16", {0x88, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 2, WS_ERR_CONTROL_LENGTH},
    {"fragmented pong", {0x0a, 0}, 1, WS_ERR_CONTROL_FRAGMENT},
    {"reserved opcode", {0x83, 0}, 1, WS_ERR_OPCODE},
};

Test(ws_frame, reports_a_fault_with_the_byte_that_shows_it)
{
    for (size_t i = 0; i < ARRAY_LEN(fault_rows); i++) {
        const struct fault_row *row = &fault_rows[i];
        for (size_t len = 0; len <= sizeof row->bytes; len++) {
            struct ws_frame frame = {.payload_bytes = 77};
            size_t bytes = 88;
            const enum ws_status expected = len < row->seen_at ? WS_NEED_MORE : row->status;
            cr_expect_eq(decode(row->bytes, len, &frame, &bytes), expected, "%s at %zu", row->why, len);
            cr_expect(frame.payload_bytes == 77 && bytes == 88, "%s", row->why);
        }
    }
}

Test(ws_frame, knows_control_opcodes)
{
    for (uint8_t opcode = 0; opcode < 16; opcode++) {
        cr_assert_eq(ws_opcode_is_control(opcode), opcode >= 8);
    }
}

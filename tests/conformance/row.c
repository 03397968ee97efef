#include "tests/conformance/row.h"

#define CODES(...) __VA_ARGS__
const struct row_ending_rule row_endings[ROW_ENDING_COUNT] = {
#define ENDING(ending, who, given, both) {#ending, ROW_CLOSER_##who, {CODES given}, both},
#include "tests/conformance/ending.def"
#undef ENDING
};

const struct row_offer_rule row_offers[ROW_OFFER_COUNT] = {
#define OFFER(name, resets, bits, bare, text) {text, resets, bits, bare},
#include "tests/conformance/offer.def"
#undef OFFER
};

#define CASE(number, chops, graded, ends, sent, expected) \
    {.id = number,                                        \
     .chop = chops,                                       \
     .grade = ROW_GRADE_##graded,                         \
     .ending = ROW_ENDING_##ends,                         \
     .send = sent,                                        \
     .expect = expected},

#define STREAM(number, offered, of, bytes, count, fragments, seconds) \
    {.id = number,                                                    \
     .ending = ROW_ENDING_NORMAL,                                     \
     .send = "",                                                      \
     .expect = "",                                                    \
     .stream = {ROW_OFFER_##offered, CORPUS_##of, bytes, count, fragments, seconds}},

static const struct row framing[] = {
#include "tests/conformance/group_1.def"
};
static const struct row pings[] = {
#include "tests/conformance/group_2.def"
};
static const struct row reserved_bits[] = {
#include "tests/conformance/group_3.def"
};
static const struct row opcodes[] = {
#include "tests/conformance/group_4.def"
};
static const struct row fragmentation[] = {
#include "tests/conformance/group_5.def"
};
static const struct row utf8[] = {
#include "tests/conformance/group_6.def"
#include "tests/conformance/group_6_invalid.def"
};
static const struct row closing[] = {
#include "tests/conformance/group_7.def"
};
static const struct row limits[] = {
#include "tests/conformance/group_9.def"
};
static const struct row misc[] = {
#include "tests/conformance/group_10.def"
};
static const struct row compression_data[] = {
#include "tests/conformance/group_12.def"
};
static const struct row compression_params[] = {
#include "tests/conformance/group_13.def"
};

#define GROUP(number, name, count, rows)                         \
    {                                                            \
        number, name, count, rows, sizeof(rows) / sizeof *(rows) \
    }
const struct row_group row_groups[] = {
    GROUP(1, "framing", 16, framing),
    GROUP(2, "pings and pongs", 11, pings),
    GROUP(3, "reserved bits", 7, reserved_bits),
    GROUP(4, "opcodes", 10, opcodes),
    GROUP(5, "fragmentation", 20, fragmentation),
    GROUP(6, "UTF-8", 145, utf8),
    GROUP(7, "closing", 37, closing),
    GROUP(9, "limits", 54, limits),
    GROUP(10, "miscellaneous", 1, misc),
    GROUP(12, "compressed data", 90, compression_data),
    GROUP(13, "compression offers", 126, compression_params),
};
const size_t row_group_count = sizeof row_groups / sizeof *row_groups;

size_t row_message_count(const struct row *row, size_t count)
{
    const struct row_stream *s = &row->stream;

    if (s->message_count == 0) {
        return 0;
    }
    const size_t scaled = count * (ROW_MESSAGE_BYTES_MAX / s->message_bytes);
    return scaled < s->message_count ? scaled : s->message_count;
}

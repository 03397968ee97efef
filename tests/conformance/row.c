#include "tests/conformance/row.h"

#define CODES(...) __VA_ARGS__
const struct row_ending_rule row_endings[ROW_ENDING_COUNT] = {
#define ENDING(ending, who, given, both) {#ending, ROW_CLOSER_##who, {CODES given}, both},
#include "tests/conformance/ending.def"
#undef ENDING
};

#define CASE(number, chops, graded, ends, sent, expected) \
    {.id = number,                                        \
     .chop = chops,                                       \
     .grade = ROW_GRADE_##graded,                         \
     .ending = ROW_ENDING_##ends,                         \
     .send = sent,                                        \
     .expect = expected},

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
};
const size_t row_group_count = sizeof row_groups / sizeof *row_groups;

#include "core/proto/ws_close.h"

#include <criterion/criterion.h>

/* RFC 6455 7.4.1 and the registry by name, one by one; 3000-4999 are for libraries and applications. */
static bool is_registered(unsigned code)
{
    static const unsigned codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return code / 1000 == 3 || code / 1000 == 4;
}

Test(ws_close, takes_the_registered_codes_and_no_other_of_all_65536)
{
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
        struct ws_close close;
        const enum ws_status status = ws_close_decode((struct slice){payload, 2}, &close);
        cr_assert_eq(ws_close_code_is_valid((uint16_t)code), is_registered(code), "%u", code);
        cr_assert_eq(status, is_registered(code) ? WS_OK : WS_ERR_CLOSE_CODE, "%u", code);
        cr_assert(status != WS_OK || close.code == code);
    }
}

struct row {
    const char *why;
    struct slice payload;
    enum ws_status status;
};

static const struct row rows[] = {
    {"one byte", {(const uint8_t *)"\x03", 1}, WS_ERR_CLOSE_LENGTH},
    {"no reason", {(const uint8_t *)"\x03\xe8", 2}, WS_OK},
    {"reason", {(const uint8_t *)"\x03\xe8\xe2\x82\xac", 5}, WS_OK},
    {"surrogate", {(const uint8_t *)"\x03\xe8\xed\xa0\x80", 5}, WS_ERR_UTF8},
    {"cut reason", {(const uint8_t *)"\x03\xe8\xe2\x82", 4}, WS_ERR_UTF8},
    {"code before reason", {(const uint8_t *)"\x03\xee\xff", 3}, WS_ERR_CLOSE_CODE},
};

Test(ws_close, checks_code_and_reason)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ws_close close;
        cr_expect_eq(ws_close_decode(rows[i].payload, &close), rows[i].status, "%s", rows[i].why);
        if (rows[i].status == WS_OK) {
            uint8_t again[WS_FRAME_CONTROL_BYTES_MAX];
            const struct slice encoded = {again, ws_close_encode(&close, again)};
            cr_expect(slice_equals(encoded, rows[i].payload), "%s", rows[i].why);
        }
    }
}

Test(ws_close, reads_an_empty_payload_as_no_status)
{
    uint8_t out[WS_FRAME_CONTROL_BYTES_MAX];
    struct ws_close close;
    cr_assert_eq(ws_close_decode((struct slice){0}, &close), WS_OK);
    cr_assert_eq(close.code, WS_CLOSE_NO_STATUS);
    cr_assert_eq(close.reason.len, 0);
    cr_assert_eq(ws_close_encode(&close, out), 0);
}

Test(ws_close, writes_no_code_that_must_not_be_on_the_wire)
{
    const struct ws_close close = {.code = WS_CLOSE_ABNORMAL, .reason = SLICE_LITERAL("gone")};
    uint8_t out[WS_FRAME_CONTROL_BYTES_MAX];
    cr_assert_eq(ws_close_encode(&close, out), 0);
}

Test(ws_close, leaves_nothing_of_a_long_reason_without_a_code_points_beginning)
{
    uint8_t reason[200];
    uint8_t out[WS_FRAME_CONTROL_BYTES_MAX];
    const struct ws_close close = {.code = WS_CLOSE_NORMAL, .reason = {reason, sizeof reason}};
    memset(reason, 0x80, sizeof reason);
    cr_assert_eq(ws_close_encode(&close, out), 2);
}

Test(ws_close, cuts_a_long_reason_between_code_points)
{
    static const char *const code_points[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < ARRAY_LEN(code_points); i++) {
        const size_t unit = i + 1;
        uint8_t reason[240];
        for (size_t at = 0; at < sizeof reason; at++) {
            reason[at] = (uint8_t)code_points[i][at % unit];
        }
        for (size_t len = 0; len <= sizeof reason; len += unit) {
            const struct ws_close close = {.code = 1011, .reason = {reason, len}};
            uint8_t out[WS_FRAME_CONTROL_BYTES_MAX];
            struct ws_close again;
            const size_t expected = len <= 123 ? len : 123 / unit * unit;
            cr_assert_eq(ws_close_encode(&close, out), 2 + expected, "%zu of %zu", len, unit);
            cr_assert_eq(ws_close_decode((struct slice){out, 2 + expected}, &again), WS_OK);
            cr_assert(slice_equals(again.reason, (struct slice){reason, expected}));
        }
    }
}

#include "core/proto/ws_message.h"

#include <criterion/criterion.h>

#include "core/proto/ws_close.h"
#include "tests/support/ws_record.h"

static const struct ws_rules from_client = {.message_bytes_max = 1 << 20, .masking = WS_MASKING_REQUIRED};
static const struct ws_rules from_client_unmasked = {
    .message_bytes_max = 1 << 20, .masking = WS_MASKING_REQUIRED, .payload = WS_PAYLOAD_UNMASKED};
static const struct ws_rules from_server = {.message_bytes_max = 1 << 20, .masking = WS_MASKING_FORBIDDEN};
static const struct ws_rules from_server_unmasked = {
    .message_bytes_max = 1 << 20, .masking = WS_MASKING_FORBIDDEN, .payload = WS_PAYLOAD_UNMASKED};

enum { STREAM_BYTES_MAX = 200000 };

struct stream {
    uint8_t bytes[STREAM_BYTES_MAX];
    size_t len;
};

/* A frame in short: FIN and RSV as the first byte has them, then what it carries. */
struct piece {
    uint8_t first;
    const char *payload; /* NULL ends a list */
    size_t len;          /* 0: strlen(payload) */
};

static const uint8_t key_bytes[4] = {0x37, 0xfa, 0x21, 0x3d};

static void append(struct stream *s, const struct ws_rules *rules, const struct piece *piece)
{
    struct ws_frame frame = {.payload_bytes = piece->len != 0 ? piece->len : strlen(piece->payload),
                             .opcode = piece->first & 0x0f,
                             .rsv = piece->first >> 4 & 7,
                             .fin = (piece->first & 0x80) != 0,
                             .masked = rules->masking == WS_MASKING_REQUIRED};
    if (frame.masked) {
        memcpy(&frame.key, key_bytes, 4);
    }
    s->len += ws_frame_encode(&frame, s->bytes + s->len);
    simd->mask(s->bytes + s->len, (const uint8_t *)piece->payload, (size_t)frame.payload_bytes, frame.key);
    s->len += (size_t)frame.payload_bytes;
}

static struct ws_record read_cut(const struct ws_rules *rules, const struct stream *s, struct ws_cuts cuts)
{
    return ws_record_read(rules, (struct slice){s->bytes, s->len}, cuts);
}

/* Reads whole, byte by byte and cut at every point; all must agree. Returns what it ended in; *log is what came out. */
static enum ws_status read_all_ways(const struct ws_rules *rules, const struct stream *s, struct ws_record *whole)
{
    *whole = read_cut(rules, s, (struct ws_cuts){s->len, s->len});
    for (size_t at = 1; at <= s->len; at++) {
        struct ws_record cut = read_cut(rules, s, (struct ws_cuts){at, SIZE_MAX});
        cr_assert(ws_record_agrees(&cut, whole), "cut at %zu of %zu: %s", at, s->len, ws_status_name(cut.end));
        ws_record_free(&cut);
    }
    struct ws_record stepped = read_cut(rules, s, (struct ws_cuts){1, 1});
    cr_assert(ws_record_agrees(&stepped, whole), "byte by byte: %s", ws_status_name(stepped.end));
    ws_record_free(&stepped);
    return whole->end;
}

struct stream_row {
    const char *why;
    struct piece pieces[6];
    enum ws_status end;
    enum ws_status end_with_rsv1; /* where RSV1 is allowed */
};

#define GOOD        WS_NEED_MORE, WS_NEED_MORE
#define BAD(status) WS_##status, WS_##status

static const struct stream_row stream_rows[] = {
    {"text", {{0x81, "Hello", 0}}, GOOD},
    {"empty text, empty binary", {{0x81, "", 0}, {0x82, "", 0}}, GOOD},
    {"two messages", {{0x81, "a", 0}, {0x82, "\xff\xfe", 0}}, GOOD},
    {"fragments", {{0x01, "Hel", 0}, {0x00, "", 0}, {0x80, "lo", 0}}, GOOD},
    {"empty fragments", {{0x01, "", 0}, {0x80, "", 0}}, GOOD},
    {"ping inside a message", {{0x01, "Hel", 0}, {0x89, "p", 0}, {0x80, "lo", 0}}, GOOD},
    {"ping inside a code point", {{0x01, "\xe2\x82", 0}, {0x89, "\xff", 0}, {0x80, "\xac", 0}}, GOOD},
    {"empty pings, pong", {{0x89, "", 0}, {0x8a, "abc", 0}}, GOOD},
    {"message behind a fragmented one", {{0x02, "a", 0}, {0x80, "b", 0}, {0x81, "c", 0}}, GOOD},
    {"ping that looks like a frame when cut", {{0x89, "\x82\x01x", 0}, {0x81, "y", 0}}, GOOD},
    {"close without code", {{0x88, "", 0}}, GOOD},
    {"close with reason", {{0x88, "\x03\xe8\xe2\x82\xac", 0}}, GOOD},
    {"rsv1 on text", {{0xc1, "\xff", 0}}, WS_ERR_RSV, WS_NEED_MORE},
    {"rsv1 on fragmented text", {{0x41, "\xff", 0}, {0x80, "\xff", 0}}, WS_ERR_RSV, WS_NEED_MORE},
    {"text checked again behind rsv1", {{0xc1, "\xff", 0}, {0x81, "\xff", 0}}, WS_ERR_RSV, WS_ERR_UTF8},
    {"rsv1 on continuation", {{0x01, "a", 0}, {0xc0, "b", 0}}, BAD(ERR_RSV)},
    {"rsv1 on ping", {{0xc9, "", 0}}, BAD(ERR_RSV)},
    {"rsv2", {{0xa1, "a", 0}}, BAD(ERR_RSV)},
    {"rsv3 with rsv1", {{0xd2, "a", 0}}, BAD(ERR_RSV)},
    {"continuation of nothing", {{0x80, "a", 0}}, BAD(ERR_CONTINUATION)},
    {"continuation behind the end", {{0x01, "a", 0}, {0x80, "b", 0}, {0x00, "c", 0}}, BAD(ERR_CONTINUATION)},
    {"continuation behind a ping", {{0x89, "", 0}, {0x00, "c", 0}}, BAD(ERR_CONTINUATION)},
    {"text inside text", {{0x01, "a", 0}, {0x81, "b", 0}}, BAD(ERR_INTERLEAVED)},
    {"binary inside text", {{0x01, "a", 0}, {0x00, "b", 0}, {0x02, "b", 0}}, BAD(ERR_INTERLEAVED)},
    {"close code 1005", {{0x88, "\x03\xed", 0}}, BAD(ERR_CLOSE_CODE)},
    {"close of one byte", {{0x88, "\x03", 0}}, BAD(ERR_CLOSE_LENGTH)},
    {"bad close reason", {{0x88, "\x03\xe8\xff", 0}}, BAD(ERR_UTF8)},
    {"surrogate", {{0x81, "ab\xed\xa0\x80", 0}}, BAD(ERR_UTF8)},
    {"overlong across fragments", {{0x01, "\xe0", 0}, {0x80, "\x80\x80", 0}}, BAD(ERR_UTF8)},
    {"beyond U+10FFFF", {{0x01, "\xf4\x90", 0}}, BAD(ERR_UTF8)},
    {"cut code point at the end", {{0x81, "a\xe2\x82", 0}}, BAD(ERR_UTF8)},
    {"cut code point, empty end", {{0x01, "\xe2\x82", 0}, {0x80, "", 0}}, BAD(ERR_UTF8)},
};

static void check_stream_row(const struct stream_row *row, struct ws_rules rules)
{
    static struct stream s;
    struct ws_record whole;
    s.len = 0;
    for (const struct piece *piece = row->pieces; piece->payload != NULL; piece++) {
        append(&s, &rules, piece);
    }
    cr_expect_eq(read_all_ways(&rules, &s, &whole), row->end, "%s: %s", row->why, ws_status_name(whole.end));
    ws_record_free(&whole);
    rules.rsv_allowed = WS_RSV1;
    cr_expect_eq(read_all_ways(&rules, &s, &whole), row->end_with_rsv1, "%s, rsv1", row->why);
    ws_record_free(&whole);
}

Test(ws_message, reads_streams_alike_however_they_are_cut)
{
    for (size_t i = 0; i < ARRAY_LEN(stream_rows); i++) {
        check_stream_row(&stream_rows[i], from_client);
        check_stream_row(&stream_rows[i], from_client_unmasked);
        check_stream_row(&stream_rows[i], from_server);
        check_stream_row(&stream_rows[i], from_server_unmasked);
    }
}

struct raw_row {
    const char *why;
    const struct ws_rules *rules;
    uint8_t bytes[14];
    size_t seen_at; /* how many bytes show the fault */
    enum ws_status status;
};

static const struct raw_row raw_rows[] = {
    {"reserved opcode before masking", &from_client, {0x83, 0x05}, 1, WS_ERR_OPCODE},
    {"rsv before opcode", &from_client, {0xff}, 1, WS_ERR_RSV},
    {"fragmented ping before masking", &from_client, {0x09, 0x00}, 1, WS_ERR_CONTROL_FRAGMENT},
    {"continuation of nothing", &from_client, {0x00}, 1, WS_ERR_CONTINUATION},
    {"unmasked client", &from_client, {0x81, 0x05, 'H', 'e', 'l', 'l', 'o'}, 2, WS_ERR_NOT_MASKED},
    {"unmasked empty client", &from_client, {0x82, 0x00}, 2, WS_ERR_NOT_MASKED},
    {"unmasked ping", &from_client, {0x89, 0x00}, 2, WS_ERR_NOT_MASKED},
    {"masked server", &from_server, {0x81, 0x85}, 2, WS_ERR_MASKED},
    {"masked pong", &from_server, {0x8a, 0x80}, 2, WS_ERR_MASKED},
    {"masking before length", &from_server, {0x82, 0xff, 0xff}, 2, WS_ERR_MASKED},
    {"ping of 126", &from_client, {0x89, 0xfe}, 2, WS_ERR_CONTROL_LENGTH},
    {"125 in 2 bytes", &from_client, {0x82, 0xfe, 0, 125}, 4, WS_ERR_LENGTH},
    {"65535 in 8 bytes", &from_server, {0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255}, 8, WS_ERR_LENGTH},
    {"2^63", &from_client, {0x82, 0xff, 0x80}, 3, WS_ERR_LENGTH},
    {"too big", &from_server, {0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1}, 10, WS_ERR_TOO_BIG},
    {"much too big",
     &from_client,
     {0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4},
     14,
     WS_ERR_TOO_BIG},
};

Test(ws_message, reports_a_header_fault_with_the_byte_that_shows_it)
{
    for (size_t i = 0; i < ARRAY_LEN(raw_rows); i++) {
        const struct raw_row *row = &raw_rows[i];
        struct stream s = {.len = sizeof row->bytes};
        struct ws_record whole;
        memcpy(s.bytes, row->bytes, sizeof row->bytes);
        cr_expect_eq(read_all_ways(row->rules, &s, &whole), row->status, "%s, with more behind", row->why);
        ws_record_free(&whole);
        s.len = row->seen_at;
        cr_expect_eq(read_all_ways(row->rules, &s, &whole), row->status, "%s", row->why);
        cr_expect_eq(whole.len, 0, "%s", row->why);
        ws_record_free(&whole);
        s.len = row->seen_at - 1;
        whole = read_cut(row->rules, &s, (struct ws_cuts){s.len, 1});
        cr_expect_eq(whole.end, WS_NEED_MORE, "%s, a byte less", row->why);
        ws_record_free(&whole);
    }
}

Test(ws_message, takes_lengths_of_every_form)
{
    static const size_t lengths[] = {0, 1, 124, 125, 126, 127, 65535, 65536, 70000};
    static char payload[70000];
    static struct stream s;
    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        const struct piece piece = {0x81, lengths[i] == 0 ? "" : payload, lengths[i]};
        s.len = 0;
        append(&s, &from_client, &piece);
        append(&s, &from_client, &(struct piece){0x89, "next", 0});
        for (size_t step = 1; step <= s.len; step = step * 3 + 1) {
            struct ws_record r = read_cut(&from_client_unmasked, &s, (struct ws_cuts){step, step});
            cr_assert_eq(r.end, WS_NEED_MORE);
            cr_assert_eq(r.len, 6 + 2 * lengths[i] + 3 + 8 + 1, "%zu in steps of %zu", lengths[i], step);
            ws_record_free(&r);
        }
    }
}

Test(ws_message, counts_the_size_over_all_fragments)
{
    static struct stream s;
    const struct ws_rules rules = {.message_bytes_max = 10, .masking = WS_MASKING_FORBIDDEN};
    for (size_t second = 1; second <= 6; second++) {
        struct ws_record whole;
        s.len = 0;
        append(&s, &rules, &(struct piece){0x82, "0123456789", 0});
        append(&s, &rules, &(struct piece){0x02, "01234", 0});
        append(&s, &rules, &(struct piece){0x00, "", 0});
        append(&s, &rules, &(struct piece){0x8a, "not counted", 0});
        append(&s, &rules, &(struct piece){0x80, "012345", second});
        cr_assert_eq(read_all_ways(&rules, &s, &whole), second <= 5 ? WS_NEED_MORE : WS_ERR_TOO_BIG, "%zu", second);
        ws_record_free(&whole);
    }
}

Test(ws_message, holds_an_open_message_to_the_size_that_is_allowed_now)
{
    struct ws_rules rules = {.message_bytes_max = 5, .masking = WS_MASKING_FORBIDDEN};
    uint8_t bytes[] = {0x02, 5, '0', '1', '2', '3', '4', 0x80, 0};
    struct span in = {bytes, sizeof bytes};
    struct ws_message m;
    struct ws_part part;
    ws_message_init(&m);
    cr_assert_eq(ws_message_next(&m, &rules, &in, &part), WS_OK);
    rules.message_bytes_max = 4;
    cr_assert_eq(ws_message_next(&m, &rules, &in, &part), WS_ERR_TOO_BIG);
}

Test(ws_message, sums_sizes_without_overflow)
{
    static const uint8_t bytes[] = {0x02, 0x01, 'a', 0x80, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255};
    const struct ws_rules rules = {.message_bytes_max = INT64_MAX, .masking = WS_MASKING_FORBIDDEN};
    struct ws_record r = ws_record_read(&rules, (struct slice){bytes, sizeof bytes}, (struct ws_cuts){99, 99});
    cr_assert_eq(r.end, WS_ERR_TOO_BIG);
    ws_record_free(&r);
}

Test(ws_message, refuses_a_message_too_big_by_one_in_one_short_frame)
{
    static struct stream s;
    const struct ws_rules rules = {.message_bytes_max = 4, .masking = WS_MASKING_REQUIRED};
    append(&s, &rules, &(struct piece){0x82, "1234", 0});
    append(&s, &rules, &(struct piece){0x82, "12345", 0});
    struct ws_record whole;
    cr_assert_eq(read_all_ways(&rules, &s, &whole), WS_ERR_TOO_BIG);
    ws_record_free(&whole);
}

Test(ws_message, gives_out_a_header_that_came_without_payload)
{
    uint8_t bytes[] = {0x82, 0x83, 1, 2, 3, 4};
    struct span in = {bytes, sizeof bytes};
    struct ws_message m;
    struct ws_part part;
    ws_message_init(&m);
    cr_assert(ws_message_is_between_frames(&m));
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_OK);
    cr_assert(part.head.ptr == bytes && part.head.len == 6 && part.body.len == 0);
    cr_assert(part.begins_message && !part.ends_frame && !part.ends_message && !part.is_held);
    cr_assert_not(ws_message_is_between_frames(&m));
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_NEED_MORE);
}

Test(ws_message, turns_the_key_from_part_to_part)
{
    uint8_t first[] = {0x82, 0x85, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3};
    uint8_t second[] = {'d' ^ 4, 'e' ^ 1};
    uint8_t plain[4];
    struct span in = {first, sizeof first};
    struct ws_message m;
    struct ws_part part;
    ws_message_init(&m);
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_OK);
    cr_assert_eq(ws_part_unmask(&part, plain), 3);
    cr_assert_arr_eq(plain, "abc", 3);
    in = (struct span){second, sizeof second};
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_OK);
    cr_assert_eq(ws_part_unmask(&part, plain), 2);
    cr_assert_arr_eq(plain, "de", 2);
    cr_assert(part.head.len == 0 && part.ends_message && part.opcode == WS_OPCODE_BINARY);
    cr_assert_eq(second[0], 'd' ^ 4);
}

Test(ws_message, unmasks_data_in_place_and_leaves_control_frames)
{
    uint8_t bytes[] = {0x81, 0x81, 1, 2, 3, 4, 'a' ^ 1, 0x89, 0x81, 1, 2, 3, 4, 'p' ^ 1};
    struct span in = {bytes, sizeof bytes};
    struct ws_message m;
    struct ws_part part;
    ws_message_init(&m);
    cr_assert_eq(ws_message_next(&m, &from_client_unmasked, &in, &part), WS_OK);
    cr_assert(part.key == 0 && bytes[6] == 'a' && part.body.ptr == bytes + 6);
    cr_assert_eq(ws_message_next(&m, &from_client_unmasked, &in, &part), WS_OK);
    cr_assert(part.is_control && part.key != 0 && bytes[13] == ('p' ^ 1));
    cr_assert(ws_message_is_between_frames(&m));
}

Test(ws_message, holds_control_frames_of_125_bytes_and_says_so)
{
    static struct stream s;
    char payload[125];
    uint8_t plain[125];
    memset(payload, 'p', sizeof payload);
    append(&s, &from_client, &(struct piece){0x89, payload, sizeof payload});
    for (size_t at = 1; at < s.len; at++) {
        struct ws_message m;
        struct ws_part part;
        struct span in = {s.bytes, at};
        ws_message_init(&m);
        cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_NEED_MORE);
        cr_assert_not(ws_message_is_between_frames(&m));
        in = (struct span){s.bytes + at, s.len - at};
        cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_OK);
        cr_assert(part.is_held && part.is_control && in.len == 0 && ws_message_is_between_frames(&m));
        cr_assert_eq(ws_part_unmask(&part, plain), 125);
        cr_assert_arr_eq(plain, payload, 125);
    }
}

Test(ws_message, leaves_a_bad_frame_at_the_front_of_the_input)
{
    static struct stream s;
    struct ws_message m;
    struct ws_part part;
    append(&s, &from_client, &(struct piece){0x81, "good", 0});
    const size_t good_bytes = s.len;
    append(&s, &from_client, &(struct piece){0x81, "\xff", 0});
    struct span in = {s.bytes, s.len};
    ws_message_init(&m);
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_OK);
    cr_assert_eq(ws_message_next(&m, &from_client, &in, &part), WS_ERR_UTF8);
    cr_assert_eq(in.ptr, s.bytes + good_bytes);
}

Test(ws_message, finds_bad_text_at_the_first_impossible_byte_that_came)
{
    static struct stream s;
    append(&s, &from_client, &(struct piece){0x81, "abc\xce\xba\xed\xa0\x80 and much more", 0});
    /* Header 6, "abc" 3, U+03BA 2, 0xed: 0xa0 is the thirteenth byte. */
    for (size_t len = 1; len <= 13; len++) {
        s.len = len;
        struct ws_record r = read_cut(&from_client, &s, (struct ws_cuts){len, 1});
        cr_expect_eq(r.end, len < 13 ? WS_NEED_MORE : WS_ERR_UTF8, "%zu", len);
        ws_record_free(&r);
    }
}

/* Every part's last bytes are given back once, as many as the dice say: the payload comes out all the same. */
static void check_unread(const struct ws_rules *rules, unsigned dice)
{
    static struct stream s;
    struct ws_message m;
    struct ws_part part;
    uint8_t got[64];
    size_t len = 0;
    unsigned messages = 0;

    s.len = 0;
    append(&s, rules, &(struct piece){0x42, "compressed, ", 0});
    append(&s, rules, &(struct piece){0x00, "", 0});
    append(&s, rules, &(struct piece){0x80, "in three frames", 0});
    append(&s, rules, &(struct piece){0xc1, "\xff\x00\xfe", 3});
    struct span in = {s.bytes, s.len};
    ws_message_init(&m);
    for (bool is_again = false; in.len > 0;) {
        cr_assert_eq(ws_message_next(&m, rules, &in, &part), WS_OK);
        const size_t left = is_again || part.body.len == 0 ? 0 : dice++ % part.body.len + 1;
        is_again = left > 0;
        simd->mask(got + len, part.body.ptr, part.body.len - left, part.key);
        len += part.body.len - left;
        messages += part.ends_message && left == 0;
        if (left > 0) {
            ws_message_unread(&m, rules, &in, &part, left);
        }
    }
    cr_assert_eq(messages, 2);
    cr_assert_arr_eq(got, "compressed, in three frames\xff\x00\xfe", 30);
    cr_assert(len == 30 && ws_message_is_between_frames(&m));
}

Test(ws_message, takes_back_what_was_left_of_a_compressed_part)
{
    for (unsigned dice = 0; dice < 60; dice++) {
        for (unsigned unmasked = 0; unmasked < 2; unmasked++) {
            struct ws_rules rules = unmasked != 0 ? from_client_unmasked : from_client;
            rules.rsv_allowed = WS_RSV1;
            check_unread(&rules, dice);
            rules.masking = WS_MASKING_FORBIDDEN;
            check_unread(&rules, dice);
        }
    }
}

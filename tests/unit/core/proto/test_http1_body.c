#include "core/proto/http1_body.h"

#include <criterion/criterion.h>

static struct http1_head head;

static enum http1_body_status read_from(struct http1_body_reader *r, struct slice in, size_t step, size_t *total)
{
    enum http1_body_status status = HTTP1_BODY_MORE;
    *total = 0;
    do {
        size_t taken;
        const struct slice rest = slice_skip(in, *total);
        const struct slice piece = slice_first(rest, rest.len < step ? rest.len : step);
        status = http1_body_next(r, piece, &taken);
        cr_assert(taken <= piece.len && (status != HTTP1_BODY_MORE || taken == piece.len));
        *total += taken;
    } while (status == HTTP1_BODY_MORE && *total < in.len);
    return status;
}

struct row {
    struct slice in;
    enum http1_body_status status;
    size_t total; /* bytes of the body; in front of the bad byte where there is one */
};

#define ROW(text, status, total)                                                \
    {                                                                           \
        {(const uint8_t *)(text), sizeof(text) - 1}, HTTP1_BODY_##status, total \
    }

static const struct row chunked_rows[] = {
    ROW("", MORE, 0),
    ROW("0\r\n\r\n", END, 5),
    ROW("0\r\n\r\nGET / HTTP/1.1\r\n", END, 5),
    ROW("5\r\nhello\r\n0\r\n\r\nrest", END, 15),
    ROW("000005\r\nhello\r\n000\r\n\r\n", END, 22),
    ROW("a\r\n0123456789\r\nA;x=\"y\"\t\r\n0123456789\r\n0;z\r\nX: \x80\r\nY:\r\n\r\nrest", END, 54),
    ROW("7fffffffffffffff\r\nab", MORE, 20),
    ROW("07fffffffffffffff\r\nab", MORE, 21),
    ROW("8000000000000000\r\n", BAD, 15),
    ROW("fffffffffffffffff\r\n", BAD, 15),
    ROW("\r\n", BAD, 0),
    ROW(";x\r\n", BAD, 0),
    ROW("g\r\n", BAD, 0),
    ROW("-1\r\n", BAD, 0),
    ROW("0x5\r\n", BAD, 1),
    ROW(" 5\r\n", BAD, 0),
    ROW("5 \r\n", BAD, 1),
    ROW("5\nhello", BAD, 1),
    ROW("5\rhello", BAD, 2),
    ROW("5;a\nhello", BAD, 3),
    ROW("5;a\0", BAD, 3),
    ROW("5;a\x7f", BAD, 3),
    ROW("5;a\r\r\n", BAD, 4),
    ROW("5\r\nhello0\r\n", BAD, 8),
    ROW("5\r\nhello\n", BAD, 8),
    ROW("5\r\nhello\r0", BAD, 9),
    ROW("5\r\nhello\r\n\r\n", BAD, 10),
    ROW("0\r\nX\r\n\r\n", BAD, 4),
    ROW("0\r\n: y\r\n\r\n", BAD, 3),
    ROW("0\r\nX : y\r\n\r\n", BAD, 4),
    ROW("0\r\n X: y\r\n\r\n", BAD, 3),
    ROW("0\r\nX: y\n\r\n", BAD, 7),
    ROW("0\r\nX: y\r\r\n", BAD, 8),
    ROW("0\r\n\n", BAD, 3),
    ROW("0\r\n\rx", BAD, 4),
};

Test(http1_body, follows_the_chunked_coding_however_it_is_cut)
{
    head.body = HTTP1_BODY_CHUNKED;
    for (size_t i = 0; i < ARRAY_LEN(chunked_rows); i++) {
        const struct row *row = &chunked_rows[i];
        for (size_t step = 1; step <= row->in.len + 1; step++) {
            struct http1_body_reader r;
            size_t total;
            http1_body_init(&r, &head);
            cr_expect_eq(read_from(&r, row->in, step, &total), row->status, "row %zu by %zu", i, step);
            cr_expect_eq(total, row->total, "row %zu by %zu: %zu", i, step, total);
        }
    }
}

Test(http1_body, stays_at_its_end_and_at_its_fault)
{
    static const struct row rows[] = {ROW("0\r\n\r\n", END, 5), ROW("x", BAD, 0)};
    head.body = HTTP1_BODY_CHUNKED;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http1_body_reader r;
        size_t taken;
        http1_body_init(&r, &head);
        cr_assert_eq(read_from(&r, rows[i].in, 99, &taken), rows[i].status);
        cr_assert_eq(http1_body_next(&r, SLICE_LITERAL("0\r\n\r\n"), &taken), rows[i].status);
        cr_assert_eq(taken, 0);
    }
}

/* A line of the given bytes, CR LF included, opened by start and filled up with x. */
static enum http1_body_status read_line_of(const char *start, size_t bytes, size_t *total)
{
    static uint8_t in[2 * HTTP1_BODY_LINE_BYTES_MAX];
    struct http1_body_reader r;
    const size_t start_bytes = strlen(start);
    memset(in, 'x', sizeof in);
    memcpy(in, start, start_bytes);
    memcpy(in + bytes - 2, "\r\n", 2);
    head.body = HTTP1_BODY_CHUNKED;
    http1_body_init(&r, &head);
    return read_from(&r, (struct slice){in, bytes}, 1000, total);
}

Test(http1_body, limits_chunk_lines_and_the_trailer_section)
{
    size_t total;
    cr_assert_eq(read_line_of("1;", HTTP1_BODY_LINE_BYTES_MAX, &total), HTTP1_BODY_MORE);
    cr_assert_eq(read_line_of("1;", HTTP1_BODY_LINE_BYTES_MAX + 1, &total), HTTP1_BODY_BAD);
    cr_assert_eq(total, HTTP1_BODY_LINE_BYTES_MAX);
    cr_assert_eq(read_line_of("1\r\nx\r\n1;", 6 + HTTP1_BODY_LINE_BYTES_MAX, &total), HTTP1_BODY_MORE);
    cr_assert_eq(read_line_of("1\r\nx\r\n1;", 6 + HTTP1_BODY_LINE_BYTES_MAX + 1, &total), HTTP1_BODY_BAD);
    cr_assert_eq(read_line_of("0\r\nX:", 3 + HTTP1_BODY_LINE_BYTES_MAX, &total), HTTP1_BODY_MORE);
    cr_assert_eq(read_line_of("0\r\nX:", 3 + HTTP1_BODY_LINE_BYTES_MAX + 1, &total), HTTP1_BODY_BAD);
}

Test(http1_body, limits_no_number_of_chunks)
{
    struct http1_body_reader r;
    size_t total;
    head.body = HTTP1_BODY_CHUNKED;
    http1_body_init(&r, &head);
    for (int i = 0; i < 100000; i++) {
        cr_assert_eq(read_from(&r, SLICE_LITERAL("1\r\nx\r\n"), 6, &total), HTTP1_BODY_MORE);
    }
    cr_assert_eq(read_from(&r, SLICE_LITERAL("0\r\n\r\n"), 6, &total), HTTP1_BODY_END);
}

Test(http1_body, counts_a_length_down)
{
    const struct slice in = SLICE_LITERAL("0123456789");
    head.body = HTTP1_BODY_LENGTH;
    for (uint64_t length = 0; length <= 12; length++) {
        for (size_t step = 1; step <= 10; step++) {
            struct http1_body_reader r;
            size_t total;
            head.content_length = length;
            http1_body_init(&r, &head);
            cr_assert_eq(read_from(&r, in, step, &total), length <= 10 ? HTTP1_BODY_END : HTTP1_BODY_MORE);
            cr_assert_eq(total, length <= 10 ? length : 10);
            cr_assert_eq(r.left, length - total);
        }
    }
}

Test(http1_body, ends_at_once_without_a_body_and_never_until_close)
{
    struct http1_body_reader r;
    size_t taken;
    head.body = HTTP1_BODY_NONE;
    head.content_length = 5; /* of a 304: says nothing of this body */
    http1_body_init(&r, &head);
    cr_assert_eq(http1_body_next(&r, SLICE_LITERAL("next"), &taken), HTTP1_BODY_END);
    cr_assert_eq(taken, 0);
    head.body = HTTP1_BODY_UNTIL_CLOSE;
    http1_body_init(&r, &head);
    cr_assert_eq(http1_body_next(&r, SLICE_LITERAL("all"), &taken), HTTP1_BODY_MORE);
    cr_assert_eq(taken, 3);
}

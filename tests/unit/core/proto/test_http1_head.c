#include "core/proto/http1_head.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct http1_head head;

/* Shorthand of the rows: a request, or a response, of one header line. */
#define REQUEST(start, headers) start "\r\n" headers "\r\n"
#define GET(headers)            "GET / HTTP/1.1\r\nHost: a\r\n" headers "\r\n"
#define POST(headers)           "POST / HTTP/1.1\r\nHost: a\r\n" headers "\r\n"
#define WITH_HOST(target, host) "GET " target " HTTP/1.1\r\nHost: " host "\r\n\r\n"

struct row {
    struct slice text;
    enum http1_status status;
};

#define ROW(text, status)                                           \
    {                                                               \
        {(const uint8_t *)(text), sizeof(text) - 1}, HTTP1_##status \
    }

static const struct row request_rows[] = {
    ROW(GET(""), OK),
    ROW(GET("X:\r\n"), OK),
    ROW(GET("X: \t a\tb \x80\xff \r\n"), OK),
    ROW(REQUEST("GET / HTTP/1.0", ""), OK),
    ROW(REQUEST("M-SEARCH /?a?b HTTP/1.1", "Host: a\r\n"), OK),
    ROW(GET("") "behind", OK),
    /* start line */
    ROW("\r\n" GET(""), ERR_START_LINE),
    ROW(REQUEST("GET /", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST(" / HTTP/1.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("G@T / HTTP/1.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET\t/ HTTP/1.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/1.1 ", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET /a b HTTP/1.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / http/1.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/1,1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/1.x", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/x.1", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/1.10", "Host: a\r\n"), ERR_START_LINE),
    ROW(REQUEST("GET / HTTP/2.0", "Host: a\r\n"), ERR_VERSION),
    ROW(REQUEST("GET / HTTP/1.2", "Host: a\r\n"), ERR_VERSION),
    ROW(REQUEST("GET / HTTP/0.9", "Host: a\r\n"), ERR_VERSION),
    /* target */
    ROW(WITH_HOST("", "a"), ERR_TARGET),
    ROW(WITH_HOST("*", "a"), ERR_TARGET),
    ROW(WITH_HOST("a:80", "a:80"), ERR_TARGET),
    ROW(WITH_HOST("/#x", "a"), ERR_TARGET),
    ROW(WITH_HOST("/\x80", "a"), ERR_TARGET),
    ROW(WITH_HOST("/\t", "a"), ERR_TARGET),
    ROW(WITH_HOST("ftp://a/", "a"), ERR_TARGET),
    ROW(WITH_HOST("http:///", "a"), ERR_TARGET),
    ROW(WITH_HOST("http://u@a/", "a"), ERR_TARGET),
    ROW(WITH_HOST("http://a:99999/", "a"), ERR_TARGET),
    ROW(WITH_HOST("http://b/", "a"), ERR_HOST),
    ROW(WITH_HOST("http://a:80/", "a"), ERR_HOST),
    ROW(WITH_HOST("http://a/", "a"), OK),
    ROW(WITH_HOST("HTTPS://A:1", "a:1"), OK),
    ROW(WITH_HOST("ws://a?q", "a"), OK),
    ROW(WITH_HOST("wss://[::1]:8/x", "[::1]:8"), OK),
    ROW(REQUEST("GET http://a/ HTTP/1.0", ""), OK),
    /* Host */
    ROW(REQUEST("GET / HTTP/1.1", ""), ERR_HOST),
    ROW(GET("Host: a\r\n"), ERR_HOST),
    ROW(REQUEST("GET / HTTP/1.0", "Host: a\r\nhost: b\r\n"), ERR_HOST),
    ROW(WITH_HOST("/", ""), ERR_HOST),
    ROW(WITH_HOST("/", "a, b"), ERR_HOST),
    ROW(WITH_HOST("/", "u@a"), ERR_HOST),
    /* header lines */
    ROW(GET("X : y\r\n"), ERR_HEADER_NAME),
    ROW(GET(": y\r\n"), ERR_HEADER_NAME),
    ROW(GET("X\r\n"), ERR_HEADER_NAME),
    ROW(GET("X y: z\r\n"), ERR_HEADER_NAME),
    ROW(GET("X\xe9: z\r\n"), ERR_HEADER_NAME),
    ROW(GET("X: y\r\n z\r\n"), ERR_FOLDING),
    ROW(GET("\tX: y\r\n"), ERR_FOLDING),
    ROW("GET / HTTP/1.1\r\n Host: a\r\n\r\n", ERR_FOLDING),
    /* bytes that no head has */
    ROW(GET("X: a\0b\r\n"), ERR_CONTROL_BYTE),
    ROW(GET("X: a\x01\r\n"), ERR_CONTROL_BYTE),
    ROW(GET("X: a\x7f\r\n"), ERR_CONTROL_BYTE),
    ROW(GET("X: a\x0b\r\n"), ERR_CONTROL_BYTE),
    ROW(GET("X: a\n"), ERR_BARE_LF),
    ROW("\n" GET(""), ERR_BARE_LF),
    ROW("GET / HTTP/1.1\nHost: a\n\n", ERR_BARE_LF),
    ROW(GET("X: a\rb\r\n"), ERR_BARE_CR),
    ROW(GET("X: a\r\r\n"), ERR_BARE_CR),
    /* Content-Length */
    ROW(POST("Content-Length: 0\r\n"), OK),
    ROW(POST("content-length: 9223372036854775807\r\n"), OK),
    ROW(POST("Content-Length: 9223372036854775808\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 18446744073709551617\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 99999999999999999999999\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length:\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: +1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: -1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 1 1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 0x1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 1,1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 1\r\nContent-Length: 1\r\n"), ERR_FRAMING),
    ROW(POST("Content-Length: 1\r\ncontent-length: 2\r\n"), ERR_FRAMING),
    /* Transfer-Encoding, and both: tries to smuggle a request */
    ROW(POST("Transfer-Encoding: chunked\r\n"), OK),
    ROW(POST("transfer-encoding: CHUNKED\r\n"), OK),
    ROW(POST("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: chunked, chunked\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: xchunked\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: gzip, chunked\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: identity\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: chunked;q=1\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: \"chunked\"\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding:\r\n"), ERR_FRAMING),
    ROW(POST("Transfer-Encoding: \x0b"
             "chunked\r\n"),
        ERR_CONTROL_BYTE),
    ROW(POST("Transfer-Encoding : chunked\r\n"), ERR_HEADER_NAME),
    ROW(POST("Transfer-Encoding:\r\n chunked\r\n"), ERR_FOLDING),
    ROW(POST("X: a\nTransfer-Encoding: chunked\r\n"), ERR_BARE_LF),
    ROW(REQUEST("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n"), ERR_FRAMING),
    /* not whole */
    ROW("", NEED_MORE),
    ROW("GET / HTTP/1.1\r\nHost: a\r\n", NEED_MORE),
    ROW("GET / HTTP/1.1\r\nHost: a\r\n\r", NEED_MORE),
};

static const struct row response_rows[] = {
    ROW("HTTP/1.1 200 OK\r\n\r\n", OK),
    ROW("HTTP/1.0 999 \r\nA: b\r\n\r\n", OK),
    ROW("HTTP/1.1 200 \xe9 and more\r\n\r\n", OK),
    ROW("HTTP/1.1 200\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1 099 x\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1 2000 x\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1 20x x\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1  200 x\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/3.0 200 x\r\n\r\n", ERR_VERSION),
    ROW("ICY 200 OK\r\n\r\n", ERR_START_LINE),
    ROW("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", ERR_HEADER_NAME),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", ERR_FRAMING),
    ROW("HTTP/1.1 101 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ERR_FRAMING),
    ROW("HTTP/1.1 200 OK\r\nX: \x1b[1m\r\n\r\n", ERR_CONTROL_BYTE),
};

static void expect_status(const struct row *row, enum http1_status status)
{
    cr_expect_eq(status, row->status, "%.*s: %s", (int)row->text.len, (const char *)row->text.ptr,
                 http1_status_text(status));
}

Test(http1_head, judges_requests_as_the_table_says)
{
    for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
        expect_status(&request_rows[i], http1_head_parse_request(request_rows[i].text, &head));
    }
}

Test(http1_head, judges_responses_as_the_table_says)
{
    for (size_t i = 0; i < ARRAY_LEN(response_rows); i++) {
        expect_status(&response_rows[i], http1_head_parse_response(response_rows[i].text, &head));
    }
}

/* Fed byte by byte, and in two parts at every point, the scan comes to the same as over the whole. */
static void check_scan(struct slice text)
{
    size_t whole = 0;
    size_t stepped = 0;
    const enum http1_status status = http1_head_scan(text, 4096, &whole);
    enum http1_status step = HTTP1_NEED_MORE;
    for (size_t len = 0; len <= text.len && step == HTTP1_NEED_MORE; len++) {
        size_t split = 0;
        step = http1_head_scan(slice_first(text, len), 4096, &stepped);
        cr_assert_eq(http1_head_scan(slice_first(text, len), 4096, &split), step);
        cr_assert_eq(split, stepped);
        cr_assert(step != HTTP1_NEED_MORE || http1_head_scan(text, 4096, &split) == status);
        cr_assert(step != HTTP1_NEED_MORE || split == whole);
    }
    cr_assert_eq(step, status);
    cr_assert_eq(stepped, whole);
}

Test(http1_head, scans_alike_however_the_bytes_come)
{
    for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
        check_scan(request_rows[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(response_rows); i++) {
        check_scan(response_rows[i].text);
    }
}

Test(http1_head, refuses_a_head_without_an_end_within_the_limit)
{
    const struct slice text = SLICE_LITERAL(GET("") "behind");
    const size_t bytes = sizeof(GET("")) - 1;
    const size_t line_bytes = sizeof "GET / HTTP/1.1\r\n" - 1;
    for (size_t max = 0; max <= text.len; max++) {
        size_t scanned = 0;
        const enum http1_status status = http1_head_scan(text, max, &scanned);
        const enum http1_status over = max < line_bytes ? HTTP1_ERR_LONG_LINE : HTTP1_ERR_TOO_LARGE;
        cr_assert_eq(status, max < bytes ? over : HTTP1_OK, "%zu", max);
        cr_assert_eq(scanned, max < bytes ? max : bytes, "%zu", max);
    }
}

Test(http1_head, stops_the_scan_at_the_bad_byte)
{
    const struct slice text = SLICE_LITERAL("GET /\0 HTTP/1.1\r\n");
    size_t scanned = 0;
    cr_assert_eq(http1_head_scan(text, 4096, &scanned), HTTP1_ERR_CONTROL_BYTE);
    cr_assert_eq(scanned, 5);
}

Test(http1_head, refuses_an_empty_first_line_with_its_first_byte)
{
    size_t scanned = 0;
    cr_assert_eq(http1_head_scan(SLICE_LITERAL("\r"), 4096, &scanned), HTTP1_ERR_START_LINE);
    cr_assert_eq(scanned, 0);
}

Test(http1_head, refuses_every_control_byte_but_tab_everywhere_in_a_value)
{
    for (unsigned c = 0; c < 256; c++) {
        char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: b?d\r\n\r\n";
        *strchr(text, '?') = (char)c;
        const bool is_bad = (c < 0x20 && c != '\t') || c == 0x7f;
        const struct slice in = {(const uint8_t *)text, sizeof text - 1};
        cr_expect_eq(http1_head_parse_request(in, &head) != HTTP1_OK, is_bad, "%02x", c);
    }
}

Test(http1_head, takes_a_hundred_header_lines_and_no_more)
{
    static char text[4096];
    for (int lines = 98; lines <= 102; lines++) {
        int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < lines; i++) {
            len += snprintf(text + len, sizeof text - (size_t)len, "X%d: y\r\n", i);
        }
        len += snprintf(text + len, sizeof text - (size_t)len, "\r\n");
        const enum http1_status status =
            http1_head_parse_request((struct slice){(const uint8_t *)text, (size_t)len}, &head);
        cr_assert_eq(status, lines <= HTTP1_HEAD_HEADERS_MAX ? HTTP1_OK : HTTP1_ERR_TOO_MANY, "%d", lines);
        cr_assert(status != HTTP1_OK || head.header_count == lines);
    }
}

/* A head whose Connection lines, two of them, have so many options, and as many empty elements between them. */
static struct slice with_options(const char *start, unsigned count)
{
    static char text[4096];
    int len = snprintf(text, sizeof text, "%s\r\nHost: a\r\nConnection: x0", start);
    for (unsigned i = 1; i < count; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, i == 20 ? "\r\nconnection:x%u" : ", ,x%u", i);
    }
    len += snprintf(text + len, sizeof text - (size_t)len, "\r\n\r\n");
    return (struct slice){(const uint8_t *)text, (size_t)len};
}

Test(http1_head, takes_thirty_two_options_in_connection_and_no_more)
{
    for (unsigned count = 31; count <= 34; count++) {
        const enum http1_status want = count <= HTTP1_HEAD_OPTIONS_MAX ? HTTP1_OK : HTTP1_ERR_OPTIONS;
        cr_assert_eq(http1_head_parse_request(with_options("GET / HTTP/1.1", count), &head), want, "%u", count);
        cr_assert_eq(http1_head_parse_response(with_options("HTTP/1.1 200 OK", count), &head), want, "%u", count);
        cr_assert(want != HTTP1_OK || head.option_count == count);
        cr_assert(want != HTTP1_OK || http1_head_has_option(&head, SLICE_LITERAL("X30")));
        cr_assert_not(http1_head_has_option(&head, SLICE_LITERAL("x3x")));
    }
    cr_assert_eq(http1_status_code(HTTP1_ERR_OPTIONS), 400);
}

struct target_row {
    const char *target;
    const char *path;
    const char *query;
};

static const struct target_row target_rows[] = {
    {"/", "/", ""},        {"/a/b?c=d?e", "/a/b", "c=d?e"}, {"//x?", "//x", ""},
    {"http://h", "/", ""}, {"http://h?q", "/", "q"},        {"wss://h/p/../x?q/r", "/p/../x", "q/r"},
};

Test(http1_head, parts_targets_into_path_and_query)
{
    for (size_t i = 0; i < ARRAY_LEN(target_rows); i++) {
        const struct target_row *row = &target_rows[i];
        char text[128];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", row->target);
        cr_assert_eq(http1_head_parse_request(slice_from_string(text), &head), HTTP1_OK, "%s", row->target);
        cr_expect(slice_equals(head.target, slice_from_string(row->target)));
        cr_expect(slice_equals(head.path, slice_from_string(row->path)), "%s", row->target);
        cr_expect(slice_equals(head.query, slice_from_string(row->query)), "%s", row->target);
        cr_expect(slice_equals(head.host, SLICE_LITERAL("h")));
    }
}

struct body_row {
    const char *text;
    enum http1_body body;
    uint64_t length;
};

static const struct body_row body_rows[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", HTTP1_BODY_UNTIL_CLOSE, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0012\r\n\r\n", HTTP1_BODY_LENGTH, 12},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_BODY_CHUNKED, 0},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", HTTP1_BODY_NONE, 0},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", HTTP1_BODY_NONE, 0},
    {"HTTP/1.1 101 Switching Protocols\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_BODY_NONE, 0},
    {"HTTP/1.1 100 Continue\r\n\r\n", HTTP1_BODY_NONE, 0},
};

Test(http1_head, knows_how_a_response_body_is_framed)
{
    for (size_t i = 0; i < ARRAY_LEN(body_rows); i++) {
        const struct body_row *row = &body_rows[i];
        cr_assert_eq(http1_head_parse_response(slice_from_string(row->text), &head), HTTP1_OK, "%s", row->text);
        cr_expect_eq(head.body, row->body, "%s", row->text);
        cr_expect(row->body != HTTP1_BODY_LENGTH || head.content_length == row->length, "%s", row->text);
    }
    cr_assert_eq(http1_head_parse_request(slice_from_string(GET("")), &head), HTTP1_OK);
    cr_assert_eq(head.body, HTTP1_BODY_NONE);
}

Test(http1_head, finds_headers_and_tokens_without_case)
{
    const struct slice text =
        SLICE_LITERAL(GET("Connection: keep-alive,\tUPGRADE\r\nX: 1\r\nconnection: close\r\nx: 2\r\n"));
    const struct slice connection = SLICE_LITERAL("CONNECTION");
    cr_assert_eq(http1_head_parse_request(text, &head), HTTP1_OK);
    cr_assert_eq(head.bytes, text.len);
    cr_assert(slice_equals(http1_head_find(&head, SLICE_LITERAL("x"))->value, SLICE_LITERAL("1")));
    cr_assert_null(http1_head_find(&head, SLICE_LITERAL("y")));
    cr_assert_eq(http1_head_count(&head, connection), 2);
    cr_assert(http1_head_has_token(&head, connection, SLICE_LITERAL("upgrade")));
    cr_assert(http1_head_has_option(&head, SLICE_LITERAL("upgrade")));
    cr_assert(http1_head_has_token(&head, connection, SLICE_LITERAL("Close")));
    cr_assert_not(http1_head_has_token(&head, connection, SLICE_LITERAL("alive")));
    cr_assert_not(http1_head_has_token(&head, SLICE_LITERAL("X"), SLICE_LITERAL("close")));
}

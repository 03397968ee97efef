/*
 * Requests (first byte even) and responses (odd), with their bodies: the scan finds the same end byte by byte, every
 * slice lies in the head, what was read and is written again reads the same, and a body ends where it ends whole.
 */
#include <stdlib.h>

#include "core/proto/http1_body.h"
#include "core/proto/http1_head.h"
#include "core/proto/http1_write.h"

typedef enum http1_status parse_fn(struct slice in, struct http1_head *head);

static bool is_within(struct slice s, struct slice in)
{
    return s.len == 0 || (s.ptr >= in.ptr && s.ptr + s.len <= in.ptr + in.len);
}

static enum http1_status check_scan(struct slice in, size_t bytes_max, size_t *end)
{
    size_t whole = 0;
    size_t stepped = 0;
    const enum http1_status status = http1_head_scan(in, bytes_max, &whole);
    enum http1_status step = HTTP1_NEED_MORE;

    for (size_t len = 0; len <= in.len && step == HTTP1_NEED_MORE; len++) {
        step = http1_head_scan(slice_first(in, len), bytes_max, &stepped);
    }
    ASSERT(step == status && stepped == whole && whole <= in.len);
    *end = whole;
    return status;
}

static void check_slices(const struct http1_head *h, struct slice in)
{
    const struct slice all = slice_first(in, h->bytes);
    ASSERT(is_within(h->method, all) && is_within(h->target, all) && is_within(h->query, all));
    ASSERT(is_within(h->host, all) && is_within(h->reason, all));
    ASSERT(is_within(h->path, all) || slice_equals(h->path, SLICE_LITERAL("/")));
    for (size_t i = 0; i < h->header_count; i++) {
        ASSERT(http1_is_token(h->headers[i].name) && is_within(h->headers[i].name, all));
        ASSERT(is_within(h->headers[i].value, all));
    }
}

static void write_again(struct http1_write *w, const struct http1_head *h)
{
    if (h->method.len > 0) {
        ASSERT(h->path.ptr[0] == '/');
        http1_write_bytes(w, h->method);
        http1_write_bytes(w, SLICE_LITERAL(" "));
        http1_write_bytes(w, h->target);
        http1_write_text(w, " HTTP/1.%u\r\n", h->minor);
    } else {
        http1_write_text(w, "HTTP/1.%u %u ", h->minor, h->status);
        http1_write_bytes(w, h->reason);
        http1_write_end(w);
    }
    for (size_t i = 0; i < h->header_count; i++) {
        http1_write_header(w, h->headers[i].name, h->headers[i].value);
    }
    http1_write_end(w);
}

static void check_round_trip(const struct http1_head *h, parse_fn *parse)
{
    static struct http1_head again;
    /* ": " may be longer than what stood there, by two bytes a line; and text needs one byte more than it has. */
    const size_t size = h->bytes + (size_t)2 * HTTP1_HEAD_HEADERS_MAX + 1;
    struct http1_write w;

    http1_write_init(&w, malloc(size), size);
    write_again(&w, h);
    ASSERT(http1_write_is_whole(&w));
    ASSERT(parse((struct slice){w.ptr, w.len}, &again) == HTTP1_OK && again.bytes == w.len);
    ASSERT(again.body == h->body && again.content_length == h->content_length && again.status == h->status);
    ASSERT(slice_equals(again.path, h->path) && slice_equals(again.query, h->query));
    ASSERT(slice_equals(again.host, h->host) && again.header_count == h->header_count);
    for (size_t i = 0; i < h->header_count; i++) {
        ASSERT(slice_equals(again.headers[i].value, h->headers[i].value));
    }
    free(w.ptr);
}

static enum http1_body_status read_body(const struct http1_head *h, struct slice in, size_t step, size_t *total)
{
    struct http1_body_reader r;
    size_t taken;
    http1_body_init(&r, h);
    enum http1_body_status status = http1_body_next(&r, slice_first(in, 0), &taken);

    *total = 0;
    while (status == HTTP1_BODY_MORE && *total < in.len) {
        const struct slice rest = slice_skip(in, *total);
        const struct slice piece = slice_first(rest, rest.len < step ? rest.len : step);
        status = http1_body_next(&r, piece, &taken);
        ASSERT(taken <= piece.len && (status != HTTP1_BODY_MORE || taken == piece.len));
        *total += taken;
    }
    return status;
}

static void check_body(const struct http1_head *h, struct slice in)
{
    size_t whole;
    size_t stepped;
    const enum http1_body_status status = read_body(h, in, SIZE_MAX, &whole);
    ASSERT(read_body(h, in, 1, &stepped) == status && stepped == whole);
    ASSERT(read_body(h, in, 7, &stepped) == status && stepped == whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http1_head head;
    if (size < 1) {
        return 0;
    }
    parse_fn *const parse = data[0] & 1 ? http1_head_parse_response : http1_head_parse_request;
    const struct slice in = {data + 1, size - 1};
    size_t end;

    check_scan(in, 64, &end);
    const enum http1_status scanned = check_scan(in, SIZE_MAX, &end);
    const enum http1_status parsed = parse(in, &head);
    ASSERT(scanned == HTTP1_OK || parsed == scanned);
    if (parsed == HTTP1_OK) {
        ASSERT(head.bytes == end);
        check_slices(&head, in);
        check_round_trip(&head, parse);
        check_body(&head, slice_skip(in, end));
    }
    return 0;
}

#include "core/proto/http1_write.h"

#include <criterion/criterion.h>
#include <signal.h>

static void write_answer(struct http1_write *w)
{
    http1_write_status_line(w, 426);
    http1_write_header(w, SLICE_LITERAL("Sec-WebSocket-Version"), SLICE_LITERAL("13"));
    http1_write_text(w, "Content-Length: %d\r\n", 2);
    http1_write_end(w);
    http1_write_bytes(w, SLICE_LITERAL("no"));
}

static const char answer[] =
    "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 2\r\n\r\nno";

Test(http1_write, writes_heads)
{
    uint8_t out[256];
    struct http1_write w;
    http1_write_init(&w, out, sizeof out);
    write_answer(&w);
    cr_assert(http1_write_is_whole(&w));
    cr_assert(slice_equals((struct slice){out, w.len}, slice_from_string(answer)));
}

Test(http1_write, remembers_what_did_not_fit_and_writes_nothing_behind_the_end)
{
    for (size_t size = 0; size < sizeof answer + 10; size++) {
        uint8_t out[sizeof answer + 10];
        struct http1_write w;
        memset(out, 0xa5, sizeof out);
        http1_write_init(&w, out, size);
        write_answer(&w);
        cr_assert_eq(http1_write_is_whole(&w), size >= sizeof answer - 1, "%zu", size);
        for (size_t i = size; i < sizeof out; i++) {
            cr_assert_eq(out[i], 0xa5, "%zu of %zu", i, size);
        }
        cr_assert(!http1_write_is_whole(&w) || memcmp(out, answer, sizeof answer - 1) == 0);
    }
}

Test(http1_write, text_needs_a_byte_more_than_it_has)
{
    uint8_t out[4];
    struct http1_write w;
    http1_write_init(&w, out, sizeof out);
    http1_write_text(&w, "%s", "123");
    cr_assert(http1_write_is_whole(&w));
    http1_write_init(&w, out, sizeof out);
    http1_write_text(&w, "%s", "1234");
    cr_assert_not(http1_write_is_whole(&w));
}

Test(http1_write, knows_the_registered_reasons)
{
    cr_assert_str_eq(http1_write_reason(101), "Switching Protocols");
    cr_assert_str_eq(http1_write_reason(431), "Request Header Fields Too Large");
    cr_assert_str_eq(http1_write_reason(505), "HTTP Version Not Supported");
    cr_assert_str_eq(http1_write_reason(299), "Unknown");
}

static void write_header(struct slice name, struct slice value)
{
    uint8_t out[64];
    struct http1_write w;
    http1_write_init(&w, out, sizeof out);
    http1_write_header(&w, name, value);
}

Test(http1_write, never_writes_a_value_that_would_split_a_head_at_lf, .signal = SIGABRT)
{
    write_header(SLICE_LITERAL("X"), SLICE_LITERAL("a\nb"));
}

Test(http1_write, never_writes_a_value_that_would_split_a_head_at_cr, .signal = SIGABRT)
{
    write_header(SLICE_LITERAL("X"), SLICE_LITERAL("a\rb"));
}

Test(http1_write, never_writes_a_name_with_a_nul, .signal = SIGABRT)
{
    write_header(SLICE_LITERAL("X\0Y"), SLICE_LITERAL("a"));
}

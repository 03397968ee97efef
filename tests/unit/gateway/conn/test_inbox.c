#include "gateway/conn/inbox.h"

#include <criterion/criterion.h>

enum { HEAD_MAX = 1024 };

static struct slab slab;
static struct inbox *in;

static void set_up(void)
{
    cr_assert_eq(inbox_slab_init(&slab, HEAD_MAX, 2), 0);
    in = inbox_take(&slab);
    cr_assert_not_null(in);
}

static void tear_down(void)
{
    slab_give(&slab, in);
    slab_deinit(&slab);
}

TestSuite(inbox, .init = set_up, .fini = tear_down);

static void append(const char *text)
{
    inbox_append(in, &slab, slice_from_string(text));
}

Test(inbox, finds_a_head_that_comes_in_pieces_and_what_is_behind_it)
{
    append("GET / HTTP/1.1\r\nHo");
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_NEED_MORE);
    append("st: a\r\n\r");
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_NEED_MORE);
    append("\nearly");
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_OK);
    cr_assert_eq(inbox_head(in).len, 27);
    cr_assert_eq(inbox_rest(in).len, 5);
    cr_assert_eq(memcmp(inbox_rest(in).ptr, "early", 5), 0);
}

Test(inbox, drops_an_interim_head_and_goes_on_with_the_next)
{
    append("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\nxy");
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_OK);
    inbox_drop_head(in);
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_OK);
    cr_assert_eq(memcmp(inbox_head(in).ptr, "HTTP/1.1 101", 12), 0);
    cr_assert_eq(inbox_rest(in).len, 2);
}

Test(inbox, says_when_a_head_is_too_large)
{
    static char big[HEAD_MAX + 1];

    memset(big, 'a', HEAD_MAX);
    append(big);
    cr_assert_eq(inbox_scan(in, HEAD_MAX - 1), HTTP1_ERR_LONG_LINE);
    in->scanned = 0;
    memcpy(in->bytes, "a\r\n", 3);
    cr_assert_eq(inbox_scan(in, HEAD_MAX - 1), HTTP1_ERR_TOO_LARGE);
}

Test(inbox, has_room_for_two_buffers_behind_the_longest_head)
{
    cr_assert_geq(inbox_room(in, &slab), HEAD_MAX + 2 * BUF_RING_BUFFER_BYTES);
    append("12345");
    cr_assert_geq(inbox_room(in, &slab), HEAD_MAX + 2 * BUF_RING_BUFFER_BYTES - 5);
}

Test(inbox, is_empty_again_for_its_next_tenant)
{
    append("GET / HTTP/1.1\r\n\r\n");
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_OK);
    slab_give(&slab, in);
    in = inbox_take(&slab);
    cr_assert_eq(in->len, 0);
    cr_assert_eq(in->head_bytes, 0);
    cr_assert_eq(inbox_scan(in, HEAD_MAX), HTTP1_NEED_MORE);
}

Test(inbox, there_are_no_more_than_the_slab_has)
{
    struct inbox *other = inbox_take(&slab);
    cr_assert_not_null(other);
    cr_assert_null(inbox_take(&slab));
    slab_give(&slab, other);
}

#include "core/io/io_feature.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/ring_fixture.h"

Test(io_feature, finds_what_the_gateway_cannot_do_without)
{
    struct io io;

    ring_fixture_open(&io);
    cr_assert(io.feature.buf_ring);
    cr_assert(io.feature.msg_ring);
    cr_assert(io.feature.recv_multishot);
    ring_fixture_close(&io);
}

Test(io_feature, says_of_every_feature_whether_it_is_there)
{
    const struct io_feature f = {.buf_ring = true, .bundle = true};
    char text[256];

    io_feature_format(&f, text, sizeof text);
    cr_assert_not_null(strstr(text, "+buf_ring"));
    cr_assert_not_null(strstr(text, "+bundle"));
#define IO_FEATURE(name, since, how) cr_assert_not_null(strstr(text, #name));
#include "core/io/io_feature.def"
#undef IO_FEATURE
    cr_assert_not_null(strstr(text, "-send_zc"));
}

Test(io_feature, text_is_cut_at_the_size_given)
{
    const struct io_feature f = {0};
    char text[12];

    memset(text, 'x', sizeof text);
    io_feature_format(&f, text, sizeof text);
    cr_assert_lt(strlen(text), sizeof text);
}

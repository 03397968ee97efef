#include "core/proto/http1_authority.h"

#include <criterion/criterion.h>

#include "core/base/attrs.h"

static const char *const good[] = {
    "a",          "example.com",   "example.com:80",     "EXAMPLE.com:65535", "127.0.0.1", "127.0.0.1:0", "[::1]",
    "[::1]:8080", "[2001:db8::a]", "[::ffff:1.2.3.4]:1", "a_b~c!$&'()*+,;=",  "%41%ff",    "x:00080",
};
static const char *const bad[] = {
    "",    ":80", "a:",  "a:65536", "a:123456", "a:8x", "a:-1",      "a:+1",    "a:80:80", "user@a", "a/b",
    "a b", "a?b", "a#b", "[::1",    "::1",      "[]",   "[1.2.3.4]", "[::1]x",  "[::1]:",  "[v1.x]", "[fe80::1%25lo]",
    "%4",  "%zz", "a%",  "a\\b",    "\xc3\xa9", "a\"",  "<a>",       "[::1]80", "[::g]",   "a\x7f",
};

Test(http1_authority, takes_names_addresses_and_ports)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        cr_expect(http1_authority_is_valid(slice_from_string(good[i])), "%s", good[i]);
    }
}

Test(http1_authority, refuses_everything_else)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cr_expect_not(http1_authority_is_valid(slice_from_string(bad[i])), "%s", bad[i]);
    }
    cr_assert_not(http1_authority_is_valid(SLICE_LITERAL("a\0b")));
}

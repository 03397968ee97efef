#include "gateway/log/json.h"

#include <criterion/criterion.h>

static char out[256];

Test(json, writes_an_object_on_one_line)
{
    struct json j;

    json_begin(&j, out, sizeof out);
    json_text(&j, "event", "open");
    json_number(&j, "n", UINT64_MAX);
    json_number(&j, "zero", 0);
    const size_t n = json_end(&j);
    cr_assert_eq(n, strlen("{\"event\":\"open\",\"n\":18446744073709551615,\"zero\":0}\n"));
    cr_assert_eq(memcmp(out, "{\"event\":\"open\",\"n\":18446744073709551615,\"zero\":0}\n", n), 0);
}

Test(json, escapes_what_rfc_8259_wants_escaped)
{
    struct json j;

    json_begin(&j, out, sizeof out);
    json_string(&j, "k", SLICE_LITERAL("a\"b\\c\n\x01\x7f\xc3\xa9\0z"));
    const size_t n = json_end(&j);
    static const char want[] = "{\"k\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xc3\xa9\\u0000z\"}\n";
    cr_assert_eq(n, sizeof want - 1);
    cr_assert_eq(memcmp(out, want, n), 0);
}

Test(json, says_when_it_does_not_fit_and_writes_nothing_beyond)
{
    struct json j;
    char small[20];

    memset(small, '#', sizeof small);
    json_begin(&j, small, 10);
    json_text(&j, "key", "a long value");
    cr_assert_eq(json_end(&j), 0);
    cr_assert_eq(small[10], '#');
}

Test(json, an_empty_object_is_whole)
{
    struct json j;
    json_begin(&j, out, sizeof out);
    cr_assert_eq(json_end(&j), 3);
    cr_assert_eq(memcmp(out, "{}\n", 3), 0);
}

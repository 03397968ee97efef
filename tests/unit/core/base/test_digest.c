#include "core/base/digest.h"

#include <criterion/criterion.h>

Test(digest, sha1_gives_the_vectors_of_fips_180)
{
    static const uint8_t abc[DIGEST_SHA1_BYTES] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                                   0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    static const uint8_t empty[DIGEST_SHA1_BYTES] = {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
                                                     0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09};
    uint8_t out[DIGEST_SHA1_BYTES];

    digest_sha1(SLICE_LITERAL("abc"), out);
    cr_assert_arr_eq(out, abc, sizeof abc);
    digest_sha1(SLICE_LITERAL(""), out);
    cr_assert_arr_eq(out, empty, sizeof empty);
}

Test(digest, base64_gives_the_vectors_of_rfc_4648)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t out[8];
        const size_t bytes = digest_base64(slice_from_string(rows[i][0]), out);
        cr_expect(slice_equals((struct slice){out, bytes}, slice_from_string(rows[i][1])), "%s", rows[i][0]);
    }
}

Test(digest, base64_writes_nothing_behind_what_it_returns)
{
    uint8_t in[200];
    memset(in, 0xff, sizeof in);
    for (size_t len = 0; len <= sizeof in; len++) {
        uint8_t out[4 * 67 + 1];
        memset(out, 0xa5, sizeof out);
        const size_t bytes = digest_base64((struct slice){in, len}, out);
        cr_assert_eq(bytes, (len + 2) / 3 * 4);
        cr_assert_eq(out[bytes], 0xa5, "%zu", len);
        cr_assert(len < 3 || memcmp(out, "////", 4) == 0);
    }
}

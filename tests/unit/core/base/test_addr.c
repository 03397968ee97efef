#include "core/base/addr.h"

#include <criterion/criterion.h>
#include <errno.h>

struct row {
    const char *ip;
    uint16_t port;
    const char *text; /* NULL: refused */
    const char *ip_text;
};

static const struct row rows[] = {
    {"127.0.0.1", 80, "127.0.0.1:80", "127.0.0.1"},
    {"0.0.0.0", 0, "0.0.0.0:0", "0.0.0.0"},
    {"255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255"},
    {"::1", 8443, "[::1]:8443", "::1"},
    {"", 9, "[::]:9", "::"},
    {"2001:DB8:0:0:0:0:0:1", 1, "[2001:db8::1]:1", "2001:db8::1"},
    {"1111:2222:3333:4444:5555:6666:7777:8888", 65535, "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
     "1111:2222:3333:4444:5555:6666:7777:8888"},
    {"::ffff:192.0.2.1", 7, "192.0.2.1:7", "192.0.2.1"},
    {"[::1]", 0, NULL, NULL},
    {"256.0.0.1", 0, NULL, NULL},
    {"1.2.3", 0, NULL, NULL},
    {"localhost", 0, NULL, NULL},
    {"::1::", 0, NULL, NULL},
    {"fe80::1%lo", 0, NULL, NULL},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000", 0, NULL, NULL},
};

Test(addr, reads_and_formats_ip_addresses)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[ADDR_TEXT_BYTES_MAX];
        struct addr a;
        const int status = addr_from_ip(&a, slice_from_string(rows[i].ip), rows[i].port);
        if (rows[i].text == NULL) {
            cr_expect_eq(status, -EINVAL, "%s", rows[i].ip);
            continue;
        }
        cr_assert_eq(status, 0, "%s", rows[i].ip);
        cr_expect_eq(addr_port(&a), rows[i].port);
        cr_expect_not(addr_is_unix(&a));
        cr_expect_str_eq(addr_format(&a, text), rows[i].text);
        cr_expect_str_eq(addr_format_ip(&a, text), rows[i].ip_text);
    }
}

Test(addr, takes_unix_paths_of_up_to_107_bytes)
{
    char path[109];
    char text[ADDR_TEXT_BYTES_MAX];
    struct addr a;
    memset(path, 'x', sizeof path);

    cr_assert_eq(addr_from_path(&a, SLICE_LITERAL("")), -EINVAL);
    for (size_t len = 1; len <= sizeof path; len++) {
        cr_assert_eq(addr_from_path(&a, (struct slice){(const uint8_t *)path, len}), len <= 107 ? 0 : -EINVAL);
    }
    cr_assert_eq(addr_from_path(&a, SLICE_LITERAL("/run/x.sock")), 0);
    cr_assert(addr_is_unix(&a));
    cr_assert_eq(addr_port(&a), 0);
    cr_assert_str_eq(addr_format(&a, text), "unix:/run/x.sock");
    cr_assert_str_eq(addr_format_ip(&a, text), "unix");
}

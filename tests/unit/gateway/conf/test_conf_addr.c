#include "gateway/conf/conf_addr.h"

#include <criterion/criterion.h>

static void expect(const char *text, const char *formatted)
{
    struct addr addr;
    char out[ADDR_TEXT_BYTES_MAX];
    const char *problem = conf_addr_parse(slice_from_string(text), &addr);

    cr_assert_null(problem, "%s: %s", text, problem);
    cr_assert_str_eq(addr_format(&addr, out), formatted);
}

static void refuse(const char *text, const char *expected)
{
    struct addr addr;
    const char *problem = conf_addr_parse(slice_from_string(text), &addr);

    cr_assert_not_null(problem, "%s", text);
    cr_assert_not_null(strstr(problem, expected), "%s: %s", text, problem);
}

Test(conf_addr, reads_ipv4_ipv6_every_address_and_unix_paths)
{
    expect("127.0.0.1:80", "127.0.0.1:80");
    expect("0.0.0.0:65535", "0.0.0.0:65535");
    expect("[::1]:8081", "[::1]:8081");
    expect(":8080", "[::]:8080");
    expect("unix:/run/sluice/edge.sock", "unix:/run/sluice/edge.sock");
}

Test(conf_addr, a_port_is_needed_and_in_range)
{
    refuse("", "a port is missing");
    refuse("8080", "a port is missing");
    refuse("127.0.0.1", "a port is missing");
    refuse("[::1]", "a port is missing");
    refuse(":", "from 1 to 65535");
    refuse("[::1]:", "from 1 to 65535");
    refuse(":65536", "from 1 to 65535");
    refuse(":http", "from 1 to 65535");
    refuse(":-1", "from 1 to 65535");
}

Test(conf_addr, of_port_0_the_kernel_chooses_one_so_two_are_not_the_same)
{
    struct addr a, b;

    expect("127.0.0.1:0", "127.0.0.1:0");
    cr_assert_null(conf_addr_parse(SLICE_LITERAL("127.0.0.1:0"), &a));
    cr_assert_null(conf_addr_parse(SLICE_LITERAL("127.0.0.1:0"), &b));
    cr_assert_not(conf_addr_is_same(&a, &b));
}

Test(conf_addr, a_name_is_refused)
{
    refuse("localhost:80", "numeric address");
    refuse("*:80", "numeric address");
    refuse("256.0.0.1:80", "numeric address");
}

Test(conf_addr, an_ipv6_address_stands_in_brackets)
{
    refuse("::1:8080", "in brackets");
    refuse("[::1", "] after the IPv6 address");
    refuse("[]:80", "is missing");
    refuse("[::1]80", "only :PORT");
}

Test(conf_addr, a_unix_path_is_absolute_and_at_most_107_bytes)
{
    char path[5 + 108 + 1] = "unix:/";

    refuse("unix:", "begin with /");
    refuse("unix:run/x", "begin with /");
    memset(path + 6, 'x', 106);
    expect(path, path);
    path[112] = 'x';
    refuse(path, "107 bytes");
}

Test(conf_addr, a_unix_path_with_a_nul_byte_is_refused)
{
    struct addr addr;
    cr_assert_not_null(conf_addr_parse(SLICE_LITERAL("unix:/a\0b"), &addr));
}

Test(conf_addr, addresses_are_equal_when_family_host_and_port_are)
{
    struct addr a, b, c;

    cr_assert_null(conf_addr_parse(SLICE_LITERAL(":80"), &a));
    cr_assert_null(conf_addr_parse(SLICE_LITERAL("[::]:80"), &b));
    cr_assert_null(conf_addr_parse(SLICE_LITERAL("0.0.0.0:80"), &c));
    cr_assert(conf_addr_is_same(&a, &b));
    cr_assert_not(conf_addr_is_same(&a, &c));
}

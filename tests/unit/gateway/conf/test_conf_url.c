#include "gateway/conf/conf_url.h"

#include <criterion/criterion.h>

static struct conf_url target(const char *text)
{
    struct conf_url url;
    const char *problem = conf_url_parse_target(slice_from_string(text), &url);

    cr_assert_null(problem, "%s: %s", text, problem);
    return url;
}

static void expect_addr(const char *text, const char *formatted)
{
    struct conf_url url = target(text);
    char out[ADDR_TEXT_BYTES_MAX];

    cr_assert_eq(url.kind, CONF_URL_ADDRESS);
    cr_assert_str_eq(addr_format(&url.addr, out), formatted);
}

static void refuse(const char *text, const char *expected)
{
    struct conf_url url;
    const char *problem = conf_url_parse_target(slice_from_string(text), &url);

    cr_assert_not_null(problem, "%s", text);
    cr_assert_not_null(strstr(problem, expected), "%s: %s", text, problem);
}

Test(conf_url, reads_numeric_addresses)
{
    expect_addr("ws://127.0.0.1:9000", "127.0.0.1:9000");
    expect_addr("ws://127.0.0.1:9000/", "127.0.0.1:9000");
    expect_addr("ws://[::1]:9000", "[::1]:9000");
    expect_addr("ws+unix:/run/chat.sock", "unix:/run/chat.sock");
}

Test(conf_url, the_port_is_80_unless_given)
{
    expect_addr("ws://127.0.0.1", "127.0.0.1:80");
    expect_addr("ws://[::1]", "[::1]:80");
    cr_assert_eq(target("ws://chat.example.com").port, 80);
}

Test(conf_url, a_name_is_left_to_be_looked_up)
{
    const struct conf_url url = target("ws://chat_1.example-host.com:9000");

    cr_assert_eq(url.kind, CONF_URL_HOST);
    cr_assert(slice_equals(url.name, SLICE_LITERAL("chat_1.example-host.com")));
    cr_assert_eq(url.port, 9000);
}

Test(conf_url, echo_and_the_names_of_upstreams_are_targets_but_no_servers)
{
    struct conf_url url;

    cr_assert_eq(target("echo").kind, CONF_URL_ECHO);
    cr_assert_eq(target("chat-1.eu_x").kind, CONF_URL_UPSTREAM);
    cr_assert_not_null(conf_url_parse_server(SLICE_LITERAL("echo"), &url));
    cr_assert_not_null(conf_url_parse_server(SLICE_LITERAL("chat"), &url));
}

Test(conf_url, tls_to_backends_is_refused_clearly)
{
    refuse("wss://127.0.0.1:9000", "TLS to backends is not in this version");
    refuse("https://127.0.0.1:9000", "TLS to backends is not in this version");
    refuse("wss+unix:/x", "TLS to backends is not in this version");
}

Test(conf_url, other_schemes_get_what_would_be_right)
{
    refuse("http://127.0.0.1:9000", "ws://HOST:PORT");
    refuse("unix:/x", "ws+unix:/path");
    refuse("ws:127.0.0.1", "two slashes");
    refuse("127.0.0.1:9000", "ws://HOST:PORT");
    refuse("tcp://127.0.0.1:9000", "ws://HOST:PORT");
    refuse("ws+unix://run/x", "one slash");
    refuse("ws+unix:x", "begin with /");
}

Test(conf_url, a_path_or_query_is_refused_for_the_clients_goes_on)
{
    refuse("ws://127.0.0.1:9000/chat", "go on unchanged");
    refuse("ws://127.0.0.1:9000?x", "go on unchanged");
    refuse("ws://127.0.0.1:9000/#x", "go on unchanged");
}

Test(conf_url, hosts_and_ports_that_are_none_are_refused)
{
    refuse("ws://", "host is missing");
    refuse("ws://:80", "host is missing");
    refuse("ws://127.0.0.1:", "from 1 to 65535");
    refuse("ws://127.0.0.1:0", "from 1 to 65535");
    refuse("ws://127.0.0.1:99999", "from 1 to 65535");
    refuse("ws://user:pw@127.0.0.1", "password");
    refuse("ws://1.2.3:80", "neither a name nor");
    refuse("ws://256.1.1.1", "neither a name nor");
    refuse("ws://a b", "neither a name nor");
    refuse("ws://::1", "in brackets");
    refuse("ws://[127.0.0.1]", "only an IPv6 address");
    refuse("ws://[chat]", "no IPv6 address");
}

Test(conf_url, a_host_name_has_at_most_253_bytes)
{
    char text[5 + CONF_URL_HOST_BYTES_MAX + 2] = "ws://";

    memset(text + 5, 'a', CONF_URL_HOST_BYTES_MAX);
    cr_assert_eq(target(text).kind, CONF_URL_HOST);
    text[5 + CONF_URL_HOST_BYTES_MAX] = 'a';
    refuse(text, "neither a name nor");
}

Test(conf_url, the_name_of_an_upstream_is_a_word_of_at_most_64_bytes_other_than_echo)
{
    char name[CONF_URL_NAME_BYTES_MAX + 1];
    const struct slice all = {(const uint8_t *)name, sizeof name};

    memset(name, 'a', sizeof name);
    cr_assert_null(conf_url_check_name(slice_first(all, CONF_URL_NAME_BYTES_MAX)));
    cr_assert_not_null(conf_url_check_name(all));
    cr_assert_not_null(conf_url_check_name(SLICE_LITERAL("")));
    cr_assert_not_null(conf_url_check_name(SLICE_LITERAL("a/b")));
    cr_assert_not_null(conf_url_check_name(SLICE_LITERAL("a\0b")));
    cr_assert_not_null(conf_url_check_name(SLICE_LITERAL("echo")));
}

#include "gateway/conf/conf_route.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_expect.h"

#define LISTEN "listen: ':1'\n"

Test(conf_route, has_its_target_its_pattern_and_its_line)
{
    struct config *config =
        config_expect_loads(LISTEN "routes:\n  - match: { host: A.com, path: /x/* }\n    to: ws://127.0.0.1:9\n  - to: "
                                   "echo\n");
    const struct config_route *r = config->routes;

    cr_assert_eq(config->route_count, 2);
    cr_assert(slice_equals(r[0].host, SLICE_LITERAL("a.com")));
    cr_assert(slice_equals(r[0].path, SLICE_LITERAL("/x/")) && r[0].path_is_prefix);
    cr_assert_eq(r[0].target, CONFIG_TARGET_UPSTREAM);
    cr_assert_str_eq(r[0].upstream->servers[0].url, "ws://127.0.0.1:9");
    cr_assert_str_eq(r[0].to, "ws://127.0.0.1:9");
    cr_assert_eq(r[0].line, 3);
    cr_assert_eq(r[1].target, CONFIG_TARGET_ECHO);
    cr_assert_null(r[1].upstream);
    cr_assert_eq(r[1].line, 5);
    config_destroy(config);
}

Test(conf_route, begins_with_the_settings_of_the_top_level_wherever_those_stand)
{
    struct config *config = config_expect_loads(
        LISTEN "routes:\n  - match: { path: /a }\n    to: echo\n    limits: { message_size: 3B }\n    timeouts: { "
               "connect: 7s }\n  - to: echo\nlimits: { message_size: 5B, refusal_size: 6KiB }\ntimeouts: { close: 9s "
               "}\n");
    const struct config_route_settings *a = &config->routes[0].settings, *b = &config->routes[1].settings;

    cr_assert_eq(a->message_bytes_max, 3);
    cr_assert_eq(a->refusal_bytes_max, 6 << 10);
    cr_assert_eq(a->connect_timeout_ms, 7000);
    cr_assert_eq(a->close_timeout_ms, 9000);
    cr_assert_eq(b->message_bytes_max, 5);
    cr_assert_eq(b->connect_timeout_ms, 2000);
    config_destroy(config);
}

Test(conf_route, there_must_be_one)
{
    config_expect_errors(LISTEN, "t.yaml: no routes: write routes: and below it - to: ws://HOST:PORT\n");
    config_expect_errors(LISTEN "routes: []\n", "t.yaml:2:9: routes: there must be 1 to 10000\n");
    config_expect_errors(LISTEN "routes:\n", "t.yaml:2:8: routes must be a list, not nothing\n");
    config_expect_errors(LISTEN "routes: {to: echo}\n",
                         "t.yaml:2:9: routes must be a list, not a mapping (key: value)\n");
}

Test(conf_route, each_wrong_route_is_an_error_of_its_own)
{
    config_expect_errors(
        LISTEN
        "routes:\n  - {}\n  - echo\n  - { to: [] }\n  - { to: a/b }\n  - { match: [], to: echo }\n  - { match: { "
        "host: [], pth: /a }, to: echo }\n  - { to: echo, match: { path: a } }\n  - { to: echo, log: {} }\n",
        "t.yaml:3:5: a route needs a target: to: an upstream's name, ws://HOST:PORT, ws+unix:/path or echo\n"
        "t.yaml:4:5: a route must be a mapping (key: value), not a single value\n"
        "t.yaml:5:11: to must be a single value, not a list\n"
        "t.yaml:6:11: to: \"a/b\": a route leads to an upstream's name, ws://HOST:PORT, ws+unix:/path or echo\n"
        "t.yaml:7:14: match must be a mapping (key: value), not a list\n"
        "t.yaml:8:22: host must be a single value, not a list\n"
        "t.yaml:8:26: unknown key \"pth\" in a match; did you mean \"path\"?\n"
        "t.yaml:9:32: path: \"a\": a path begins with /; leave out the key for any path\n"
        "t.yaml:10:17: unknown key \"log\" in a route; it knows: match, to, limits, slow_consumer, ping, compression, "
        "timeouts\n");
}

Test(conf_route, one_that_an_earlier_one_leaves_nothing_to_is_an_error)
{
    config_expect_errors(LISTEN "routes:\n  - { to: echo, match: { path: /a/* } }\n  - { to: echo }\n  - { to: echo, "
                                "match: { host: x } }\n",
                         "t.yaml:5:5: this route is never reached: the one in line 4 takes all of its requests\n");
    config_expect_errors(LISTEN "routes:\n  - { to: echo, match: { path: /a/* } }\n  - { to: echo, match: { host: "
                                "x, path: /a/b } }\n  - { to: echo }\n",
                         "t.yaml:4:5: this route is never reached: the one in line 3 takes all of its requests\n");
}

static char *file_with_routes(unsigned count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    fputs(LISTEN "routes:\n", out);
    for (unsigned i = 1; i <= count; i++) {
        fprintf(out, "  - { match: { path: /%u }, to: 'ws://127.0.0.1:%u' }\n", i, i);
    }
    (void)fclose(out);
    return text;
}

Test(conf_route, there_are_at_most_10000)
{
    char *most = file_with_routes(CONFIG_ROUTES_MAX), *more = file_with_routes(CONFIG_ROUTES_MAX + 1);
    struct config *config = config_expect_loads(most);

    cr_assert_eq(config->route_count, CONFIG_ROUTES_MAX);
    cr_assert_eq(config->upstream_count, CONFIG_ROUTES_MAX);
    config_expect_errors(more, "t.yaml:3:3: routes: there must be 1 to 10000\n");
    config_destroy(config);
    free(most);
    free(more);
}

Test(conf_route, compression_that_cannot_be_is_refused_where_a_route_asks_for_it)
{
    config_expect_errors(LISTEN "routes:\n  - { to: echo, compression: passthrough }\n",
                         "t.yaml:3:30: compression: passthrough needs a backend that compresses, and echo has none; "
                         "write edge\n");
    config_expect_errors(LISTEN "routes:\n  - { to: echo, compression: { mode: edge, inspect: on } }\n",
                         "t.yaml:3:30: compression.inspect is for mode: passthrough; edge always looks into what it "
                         "inflates\n");
    config_destroy(
        config_expect_loads(LISTEN "compression: { mode: passthrough, inspect: on }\nroutes:\n  - { to: echo }\n"));
}

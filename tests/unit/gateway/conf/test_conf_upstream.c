#include "gateway/conf/conf_upstream.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_expect.h"

#define LISTEN "listen: ':1'\n"

Test(conf_upstream, servers_are_urls_or_mappings_with_one)
{
    struct config *config = config_expect_loads(
        LISTEN "routes: [{to: chat}]\nupstreams:\n"
               "  chat: {servers: ['ws://127.0.0.1:9000', {url: 'ws://[::1]:9001'}, 'ws+unix:/run/chat.sock']}\n"
               "  unused: {servers: ['ws://127.0.0.1']}\n");
    const struct config_upstream *chat = config->routes[0].upstream;
    char text[ADDR_TEXT_BYTES_MAX];

    cr_assert_eq(config->upstream_count, 2);
    cr_assert_eq(chat, &config->upstreams[0]);
    cr_assert_str_eq(chat->name, "chat");
    cr_assert_eq(chat->server_count, 3);
    cr_assert_str_eq(addr_format(&chat->servers[1].addr, text), "[::1]:9001");
    cr_assert_str_eq(chat->servers[2].url, "ws+unix:/run/chat.sock");
    cr_assert_not(conf_upstream_is_inline(chat));
    config_destroy(config);
}

Test(conf_upstream, routes_with_the_same_url_share_one)
{
    struct config *config = config_expect_loads(
        LISTEN "routes: [{match: {path: /a}, to: 'ws://127.0.0.1'}, {match: {path: /b}, to: 'ws://127.0.0.1'}, "
               "{to: 'ws+unix:/x'}]\n");

    cr_assert_eq(config->upstream_count, 2);
    cr_assert_eq(config->routes[0].upstream, config->routes[1].upstream);
    cr_assert_str_eq(config->routes[2].upstream->name, "ws+unix:/x");
    cr_assert(conf_upstream_is_inline(config->routes[2].upstream));
    config_destroy(config);
}

Test(conf_upstream, an_unknown_name_is_told_the_nearest_one)
{
    config_expect_errors(LISTEN "routes: [{to: chta}]\nupstreams: {chat: {servers: ['ws://127.0.0.1']}}\n",
                         "t.yaml:2:15: no upstream is named \"chta\"; did you mean \"chat\"?\n");
    config_expect_errors(LISTEN "routes: [{to: ecko}]\n",
                         "t.yaml:2:15: no upstream is named \"ecko\"; did you mean \"echo\"?\n");
}

Test(conf_upstream, each_wrong_upstream_is_an_error_but_not_the_routes_that_name_it)
{
    config_expect_errors(
        LISTEN "routes: [{to: a}]\nupstreams:\n  a: {servers: []}\n  b: {}\n  c: ['ws://x']\n  d: {servers: [{}, [], "
               "'wss://x', {ur: 1, url: 'ws://127.0.0.1'}]}\n  e: {servers: 'ws://127.0.0.1'}\n  echo: {servers: "
               "['ws://127.0.0.1']}\n  'a b': {server: 1}\n",
        "t.yaml:4:16: servers: there must be 1 to 1000\n"
        "t.yaml:5:6: an upstream needs servers: { servers: [\"ws://HOST:PORT\"] }\n"
        "t.yaml:6:6: an upstream must be a mapping (key: value), not a list\n"
        "t.yaml:7:17: a server needs its URL: { url: \"ws://HOST:PORT\" }\n"
        "t.yaml:7:21: a server's URL must be a single value, not a list\n"
        "t.yaml:7:25: \"wss://x\": TLS to backends is not in this version; write ws://HOST:PORT\n"
        "t.yaml:7:37: unknown key \"ur\" in a server; did you mean \"url\"?\n"
        "t.yaml:8:16: servers must be a list, not a single value\n"
        "t.yaml:9:3: \"echo\": echo is built in; the upstream needs another name\n"
        "t.yaml:10:3: \"a b\": the name of an upstream has 1 to 64 letters, digits, _, - or .\n"
        "t.yaml:10:10: an upstream needs servers: { servers: [\"ws://HOST:PORT\"] }\n"
        "t.yaml:10:11: unknown key \"server\" in an upstream; did you mean \"servers\"?\n");
    config_expect_errors(LISTEN "routes: [{to: echo}]\nupstreams: []\n",
                         "t.yaml:3:12: upstreams must be a mapping (key: value), not a list\n");
}

Test(conf_upstream, a_text_alone_looks_no_names_up)
{
    config_expect_errors(LISTEN "routes: [{to: 'ws://localhost:9000'}]\n",
                         "t.yaml:2:15: \"localhost\": only a numeric address is possible here\n");
}

static char *file_with_servers(unsigned count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    fputs(LISTEN "routes: [{to: chat}]\nupstreams:\n  chat:\n    servers:\n", out);
    for (unsigned i = 1; i <= count; i++) {
        fprintf(out, "      - ws://127.0.0.1:%u\n", i);
    }
    (void)fclose(out);
    return text;
}

Test(conf_upstream, an_upstream_has_at_most_1000_servers)
{
    char *most = file_with_servers(CONFIG_SERVERS_MAX), *more = file_with_servers(CONFIG_SERVERS_MAX + 1);
    struct config *config = config_expect_loads(most);

    cr_assert_eq(config->upstreams[0].server_count, CONFIG_SERVERS_MAX);
    for (unsigned i = 0; i < CONFIG_SERVERS_MAX; i++) {
        cr_assert_eq(addr_port(&config->upstreams[0].servers[i].addr), i + 1);
    }
    config_expect_errors(more, "t.yaml:6:7: servers: there must be 1 to 1000\n");
    config_destroy(config);
    free(most);
    free(more);
}

Test(conf_upstream, there_are_at_most_10000)
{
    for (unsigned count = CONFIG_UPSTREAMS_MAX; count <= CONFIG_UPSTREAMS_MAX + 1; count++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        fputs(LISTEN "routes: [{to: echo}]\nupstreams:\n", out);
        for (unsigned i = 1; i <= count; i++) {
            fprintf(out, "  u%u: { servers: ['ws://127.0.0.1'] }\n", i);
        }
        (void)fclose(out);
        if (count <= CONFIG_UPSTREAMS_MAX) {
            config_destroy(config_expect_loads(text));
        } else {
            config_expect_errors(text, "t.yaml:4:3: upstreams: there must be at most 10000\n");
        }
        free(text);
    }
}

#include "gateway/conf/conf_print.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_equal.h"
#include "tests/support/config_expect.h"

static void expect_same_after_print(const char *text)
{
    struct config *config = config_expect_loads(text);
    char *printed = config_expect_print(config);
    struct config *again = config_expect_loads(printed);
    char *printed_again = config_expect_print(again);

    cr_assert(config_equal(config, again), "%s", printed);
    cr_assert_str_eq(printed, printed_again);
    free(printed);
    free(printed_again);
    config_destroy(config);
    config_destroy(again);
}

Test(conf_print, what_is_printed_loads_again_and_means_the_same)
{
    expect_same_after_print("listen: ':1'\nroutes: [{to: echo}]\n");
    expect_same_after_print("listeners: [{bind: ':1'}, {bind: '[::1]:2'}, {bind: 'unix:/x y'}]\n"
                            "shards: 7\nlog: {access: off}\nlimits: {connections: 100, head_size: 1537B}\n"
                            "ping: {answer: edge}\ntimeouts: {drain: 1h, close: 61s}\n"
                            "routes:\n"
                            "  - {to: chat, match: {host: '*.a.com', path: /r/*}, limits: {message_size: 3B}}\n"
                            "  - {to: 'ws://[::1]:9', match: {host: '[::1]', path: '/\"\\'}, ping: {answer: pass}}\n"
                            "  - {to: 'ws://[::1]:9', match: {path: /*}}\n"
                            "upstreams: {chat: {servers: ['ws://127.0.0.1', 'ws://127.0.0.1']}, '007': {servers: "
                            "['ws+unix:/x']}}\n");
}

Test(conf_print, text_that_yaml_would_misread_is_escaped)
{
    expect_same_after_print(
        "listen: \"unix:/\\\"\\\\\\u0085\\u00a0\\u2028\\u2029\\ufeff\xc3\xa9\xe2\x82\xac\xf0\x9f\x98"
        "\x80\"\nroutes: [{to: \"ws+unix:/ #: \\u2028'\"}]\n");
}

Test(conf_print, defaults_are_printed_with_their_units)
{
    struct config *config = config_expect_loads("listen: ':1'\nroutes: [{to: echo, match: {path: /a}}]\n");
    char *printed = config_expect_print(config);

    cr_assert_str_eq(
        printed,
        "listeners:\n  - bind: \":1\"\nshards: auto\nlimits:\n  connections: auto\n  head_size: 16KiB\n"
        "  message_size: 1MiB\n  backend_message_size: 16MiB\n  refusal_size: 1MiB\nslow_consumer:\n"
        "  queue: 256KiB\n  policy: pause\nping:\n  answer: pass\ncompression:\n  mode: off\n  memory: 256MiB\n"
        "  level: 1\n  min_size: 64B\n  max_inflated: 16MiB\n  inspect: off\ntimeouts:\n  handshake: 10s\n"
        "  connect: 2s\n  close: 5s\n  drain: 10s\nlog:\n  access: on\nroutes:\n  - to: \"echo\"\n"
        "    match:\n      path: \"/a\"\n    limits:\n      message_size: 1MiB\n"
        "      backend_message_size: 16MiB\n      refusal_size: 1MiB\n    slow_consumer:\n"
        "      queue: 256KiB\n      policy: pause\n    ping:\n      answer: pass\n    compression:\n      mode: off\n"
        "      memory: 256MiB\n      level: 1\n      min_size: 64B\n      max_inflated: 16MiB\n"
        "      inspect: off\n    timeouts:\n"
        "      handshake: 10s\n      connect: 2s\n      close: 5s\n");
    free(printed);
    config_destroy(config);
}

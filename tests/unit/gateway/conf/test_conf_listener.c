#include "gateway/conf/conf_listener.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_expect.h"

#define ROUTES "routes: [{to: echo}]\n"

Test(conf_listener, one_address_or_a_list_of_them_is_read)
{
    struct config *config = config_expect_loads("listen: :8080\n" ROUTES);
    char text[ADDR_TEXT_BYTES_MAX];

    cr_assert_eq(config->listener_count, 1);
    cr_assert_str_eq(config->listeners[0].text, ":8080");
    cr_assert_str_eq(addr_format(&config->listeners[0].addr, text), "[::]:8080");
    config_destroy(config);

    config = config_expect_loads("listeners: [{bind: '0.0.0.0:8080'}, {bind: '[::1]:8081'}, {bind: unix:/a}]\n" ROUTES);
    cr_assert_eq(config->listener_count, 3);
    cr_assert_str_eq(addr_format(&config->listeners[1].addr, text), "[::1]:8081");
    cr_assert_str_eq(addr_format(&config->listeners[2].addr, text), "unix:/a");
    config_destroy(config);
}

Test(conf_listener, neither_or_both_ways_of_writing_is_an_error)
{
    config_expect_errors(ROUTES, "t.yaml: nothing to listen on: write listen: \":8080\"\n");
    config_expect_errors("listeners: [{bind: ':1'}]\nlisten: ':2'\n" ROUTES,
                         "t.yaml:2:1: both listen and listeners: put all addresses in listeners\n");
}

Test(conf_listener, each_wrong_listener_is_an_error_of_its_own)
{
    config_expect_errors("listeners: [{bind: ':1'}, {bind: '[::]:1'}, {bnd: ':3'}, ':4', {bind: x:5}]\n" ROUTES,
                         "t.yaml:1:34: \"[::]:1\": another listener has this address already\n"
                         "t.yaml:1:45: a listener needs an address: { bind: \"0.0.0.0:8080\" }\n"
                         "t.yaml:1:46: unknown key \"bnd\" in a listener; did you mean \"bind\"?\n"
                         "t.yaml:1:58: a listener must be a mapping (key: value), not a single value\n"
                         "t.yaml:1:71: \"x:5\": the host must be a numeric address, like 127.0.0.1 or [::1]; without "
                         "it, every address is meant\n");
    config_expect_errors("listen: [':1']\n" ROUTES,
                         "t.yaml:1:9: an address to listen on must be a single value, not a list\n");
    config_expect_errors("listeners: ':1'\n" ROUTES, "t.yaml:1:12: listeners must be a list, not a single value\n");
    config_expect_errors("listeners: []\n" ROUTES, "t.yaml:1:12: listeners: there must be 1 to 64\n");
}

Test(conf_listener, there_may_be_64_and_no_more)
{
    for (unsigned count = CONFIG_LISTENERS_MAX; count <= CONFIG_LISTENERS_MAX + 1; count++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        fputs(ROUTES "listeners:\n", out);
        for (unsigned i = 1; i <= count; i++) {
            fprintf(out, "  - bind: ':%u'\n", i);
        }
        (void)fclose(out);
        if (count <= CONFIG_LISTENERS_MAX) {
            config_destroy(config_expect_loads(text));
        } else {
            config_expect_errors(text, "t.yaml:3:3: listeners: there must be 1 to 64\n");
        }
        free(text);
    }
}

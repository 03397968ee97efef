#include "gateway/route/router.h"

#include <criterion/criterion.h>

#include "tests/support/config_expect.h"

static struct config *config;

static void set_up(void)
{
    config = config_expect_loads("listen: ':1'\n"
                                 "routes:\n"                                                             /* 2 */
                                 "  - { to: echo, match: { host: chat.example.com, path: /rooms/* } }\n" /* 3 */
                                 "  - { to: echo, match: { host: '*.example.com', path: /exact } }\n"    /* 4 */
                                 "  - { to: echo, match: { host: '*.example.com' } }\n"                  /* 5 */
                                 "  - { to: echo, match: { host: '[::1]' } }\n"                          /* 6 */
                                 "  - { to: echo, match: { host: any.path, path: /* } }\n"               /* 7 */
                                 "  - { to: echo, match: { path: /public/* } }\n"                        /* 8 */
                                 "  - { to: echo, match: { path: /admin/* } }\n");                       /* 9 */
}

static void tear_down(void)
{
    config_destroy(config);
}

TestSuite(router, .init = set_up, .fini = tear_down);

/* The route's line; 0: none. */
static void expect(const char *host, const char *path, unsigned line)
{
    const struct config_route *route = router_match(config, slice_from_string(host), slice_from_string(path));
    cr_assert_eq(route != NULL ? route->line : 0, line, "%s %s: %u", host, path, route != NULL ? route->line : 0);
}

Test(router, the_first_route_that_matches_takes_the_request)
{
    expect("chat.example.com", "/rooms/1", 3);
    expect("chat.example.com", "/exact", 4);
    expect("chat.example.com", "/other", 5);
    expect("other.com", "/public/x", 8);
    expect("other.com", "/admin/x", 9);
}

Test(router, no_route_matches_what_none_was_written_for)
{
    expect("other.com", "/", 0);
    expect("other.com", "", 0);
    expect("", "/x", 0);
    expect("", "/public/", 8);
}

Test(router, a_host_is_compared_without_case_port_and_last_dot)
{
    expect("CHAT.Example.Com", "/rooms/1", 3);
    expect("chat.example.com:8080", "/rooms/1", 3);
    expect("chat.example.com.", "/rooms/1", 3);
    expect("Chat.example.com.:443", "/rooms/1", 3);
    expect("[::1]", "/", 6);
    expect("[::1]:8080", "/", 6);
}

Test(router, a_star_stands_for_one_label_or_more)
{
    expect("a.example.com", "/", 5);
    expect("a.b.example.com", "/", 5);
    expect("example.com", "/", 0);
    expect(".example.com", "/", 0);
    expect("badexample.com", "/", 0);
    expect("a.example.com.evil.org", "/", 0);
}

Test(router, a_prefix_takes_what_is_below_it_and_an_exact_path_only_itself)
{
    expect("other.com", "/public/", 8);
    expect("other.com", "/public/a/b", 8);
    expect("other.com", "/public", 0);
    expect("other.com", "/publicity", 0);
    expect("other.com", "/Public/a", 0);
    expect("a.example.com", "/exact", 4);
    expect("a.example.com", "/exact/", 5);
}

Test(router, hosts_that_are_broken_match_only_routes_of_any_host)
{
    expect("[::1", "/public/", 8);
    expect(":80", "/public/", 8);
    expect(".", "/public/", 8);
    expect("[", "/", 0);
}

Test(router, a_path_with_dot_segments_slips_into_no_other_route)
{
    static const char *const paths[] = {
        "/public/../admin/x",    "/public/%2e%2e/admin/x", "/public/.%2E/admin/x", "/public/..%2fadmin/x",
        "/public/..\\admin/x",   "/public/..;/admin/x",    "/public/./x",          "/public/..",
        "/public/%2e%2e%5cadmin"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        expect("other.com", paths[i], 0);
    }
}

Test(router, a_path_with_dot_segments_still_matches_routes_of_every_path)
{
    expect("any.path", "/a/../b", 7);
    expect("a.example.com", "/../exact", 5);
}

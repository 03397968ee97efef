#include "gateway/conf/conf_pattern.h"

#include <criterion/criterion.h>

static struct config_arena *arena;

static void set_up(void)
{
    arena = config_arena_create();
}

static void tear_down(void)
{
    config_arena_destroy(arena);
}

TestSuite(conf_pattern, .init = set_up, .fini = tear_down);

static struct config_route route(const char *host, const char *path)
{
    struct config_route r = {0};

    if (host != NULL) {
        const char *problem = conf_pattern_parse_host(slice_from_string(host), arena, &r);
        cr_assert_null(problem, "%s: %s", host, problem);
    }
    if (path != NULL) {
        const char *problem = conf_pattern_parse_path(slice_from_string(path), arena, &r);
        cr_assert_null(problem, "%s: %s", path, problem);
    }
    return r;
}

static void refuse_host(const char *host, const char *expected)
{
    struct config_route r = {0};
    const char *problem = conf_pattern_parse_host(slice_from_string(host), arena, &r);

    cr_assert_not_null(problem, "%s", host);
    cr_assert_not_null(strstr(problem, expected), "%s: %s", host, problem);
    cr_assert_eq(r.host.len, 0);
}

static void refuse_path(const char *path, const char *expected)
{
    struct config_route r = {0};
    const char *problem = conf_pattern_parse_path(slice_from_string(path), arena, &r);

    cr_assert_not_null(problem, "%s", path);
    cr_assert_not_null(strstr(problem, expected), "%s: %s", path, problem);
    cr_assert_eq(r.path.len, 0);
}

Test(conf_pattern, a_host_is_kept_in_lower_case)
{
    cr_assert(slice_equals(route("Chat.Example.COM", NULL).host, SLICE_LITERAL("chat.example.com")));
    cr_assert(slice_equals(route("[FE80::1]", NULL).host, SLICE_LITERAL("[fe80::1]")));
}

Test(conf_pattern, a_star_in_front_of_a_host_makes_it_a_suffix)
{
    const struct config_route r = route("*.Example.com", NULL);

    cr_assert(r.host_is_suffix);
    cr_assert(slice_equals(r.host, SLICE_LITERAL(".example.com")));
    cr_assert_not(route("example.com", NULL).host_is_suffix);
}

Test(conf_pattern, what_is_no_host_is_refused)
{
    refuse_host("", "leave out the key");
    refuse_host("*", "leave out the key");
    refuse_host("*.", "begins with");
    refuse_host(".example.com", "begins with");
    refuse_host("*example.com", "only at the front");
    refuse_host("a.*.com", "only at the front");
    refuse_host("example.com:80", "port");
    refuse_host("example.com.", "dot at its end");
    refuse_host("b\xc3\xbc"
                "cher.de",
                "xn--");
    refuse_host("a b", "letters");
    refuse_host("http://x", "port");
    refuse_host("[::1]:80", "a port is not matched");
    refuse_host("[]", "no IPv6 address");
    refuse_host("[", "ends with ]");
    refuse_host("[127.0.0.1]", "no IPv6 address");
    refuse_host("[a*]", "no IPv6 address");
}

Test(conf_pattern, a_path_is_exact_or_a_prefix_with_a_star_after_a_slash)
{
    const struct config_route exact = route(NULL, "/a"), prefix = route(NULL, "/a/*"), any = route(NULL, "/*");

    cr_assert(slice_equals(exact.path, SLICE_LITERAL("/a")) && !exact.path_is_prefix);
    cr_assert(slice_equals(prefix.path, SLICE_LITERAL("/a/")) && prefix.path_is_prefix);
    cr_assert(slice_equals(any.path, SLICE_LITERAL("/")) && any.path_is_prefix);
    cr_assert(conf_pattern_is_any_path(&any));
    cr_assert_not(conf_pattern_is_any_path(&prefix));
}

Test(conf_pattern, what_is_no_path_is_refused)
{
    refuse_path("", "begins with /");
    refuse_path("rooms", "begins with /");
    refuse_path("*", "begins with /");
    refuse_path("/rooms*", "only at the end");
    refuse_path("/*/a", "only at the end");
    refuse_path("/**", "only at the end");
    refuse_path("/a?b=c", "query");
    refuse_path("/a#b", "fragment");
    refuse_path("/a b", "percent-encoded");
    refuse_path("/\xc3\xa9", "percent-encoded");
    refuse_path("/a/../b", ". or .. segments");
    refuse_path("/a/%2e%2E/*", ". or .. segments");
}

Test(conf_pattern, patterns_have_at_most_1024_bytes)
{
    char text[CONF_PATTERN_BYTES_MAX + 2] = {0};

    memset(text, 'a', CONF_PATTERN_BYTES_MAX);
    cr_assert_eq(route(text, NULL).host.len, CONF_PATTERN_BYTES_MAX);
    text[0] = '/';
    cr_assert_eq(route(NULL, text).path.len, CONF_PATTERN_BYTES_MAX);
    text[CONF_PATTERN_BYTES_MAX] = 'a';
    refuse_path(text, "1024");
    text[0] = 'a';
    refuse_host(text, "1024");
}

/* Which pattern covers which, as a table: each row covers exactly the columns marked. */
static void expect_covers(struct config_route *r, const char *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            cr_assert_eq(conf_pattern_covers(&r[i], &r[j]), rows[i][j] == 'x', "%zu covers %zu", i, j);
        }
    }
}

Test(conf_pattern, a_host_covers_itself_and_what_is_below_its_star)
{
    struct config_route r[] = {route(NULL, NULL), route("example.com", NULL), route("a.example.com", NULL),
                               route("*.example.com", NULL), route("*.b.example.com", NULL)};
    static const char *const rows[] = {"xxxxx", "-x---", "--x--", "--xxx", "----x"};
    expect_covers(r, rows, ARRAY_LEN(r));
}

Test(conf_pattern, a_path_covers_itself_and_what_is_below_its_star)
{
    struct config_route r[] = {route(NULL, NULL),   route(NULL, "/*"),   route(NULL, "/a"),
                               route(NULL, "/a/*"), route(NULL, "/a/b"), route(NULL, "/a/b/*")};
    static const char *const rows[] = {"xxxxxx", "xxxxxx", "--x---", "---xxx", "----x-", "-----x"};
    expect_covers(r, rows, ARRAY_LEN(r));
}

Test(conf_pattern, host_and_path_must_both_be_covered)
{
    const struct config_route a = route("a.com", "/x/*"), b = route("a.com", "/x/y"), c = route("b.com", "/x/y");

    cr_assert(conf_pattern_covers(&a, &b));
    cr_assert_not(conf_pattern_covers(&a, &c));
    cr_assert_not(conf_pattern_covers(&b, &a));
}

Test(conf_pattern, dot_segments_are_found_in_every_spelling)
{
    static const char *const dots[] = {".",   "..",    "%2e",    "%2E",     "%2e%2e", ".%2e", "%2E.",
                                       "..;", ".;a=b", "..;a=b", "%2e%2e;", "..%3bx", "..%3B"};
    static const char *const separators[] = {"/", "\\", "%2f", "%2F", "%5c", "%5C"};

    for (size_t d = 0; d < ARRAY_LEN(dots); d++) {
        for (size_t s = 0; s < ARRAY_LEN(separators); s++) {
            char path[64];
            snprintf(path, sizeof path, "/a%s%s", separators[s], dots[d]);
            cr_assert(conf_pattern_has_dot_segment(slice_from_string(path)), "%s", path);
            snprintf(path, sizeof path, "%s%s%sb", separators[s], dots[d], separators[s]);
            cr_assert(conf_pattern_has_dot_segment(slice_from_string(path)), "%s", path);
        }
    }
}

Test(conf_pattern, dots_inside_of_names_are_no_dot_segments)
{
    static const char *const paths[] = {
        "",         "/",   "/a", "/a/",  "/.a", "/..a",  "/...",           "/a.",   "/a..",       "/a./b",
        "/%2e%2ea", "/%2", "/%", "/%2x", "//",  "/a;..", "/.well-known/x", "/a;/b", "/%252e%252e"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        cr_assert_not(conf_pattern_has_dot_segment(slice_from_string(paths[i])), "%s", paths[i]);
    }
}

#include "gateway/proc/about.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;
static FILE *out;

static void set_up(void)
{
    out = open_memstream(&text, &size);
}

static void tear_down(void)
{
    fclose(out);
    free(text);
}

TestSuite(about, .init = set_up, .fini = tear_down);

Test(about, the_version_says_what_the_gateway_runs_on)
{
    static const char *const parts[] = {"sluice ", "built with: ", "simd: ", "scalar", "kernel: ", "io_uring: +"};

    cr_assert_eq(about_print_version(out), 0);
    fflush(out);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cr_assert_not_null(strstr(text, parts[i]), "%s lacks %s", text, parts[i]);
    }
}

Test(about, the_last_line_of_the_start_says_where_it_listens)
{
    const struct io_feature feature = {.buf_ring = true};
    const struct config config = {.route_count = 2};
    const int cpus[2] = {3, 5};
    struct addr addrs[2];
    const struct listen_set set = {.listener_count = 2, .addrs = addrs};
    const struct about_start start = {
        .config = &config, .listen_set = &set, .feature = &feature, .cpus = cpus, .shard_count = 2, .sessions_max = 77};

    cr_assert_eq(addr_from_ip(&addrs[0], SLICE_LITERAL("::1"), 8080), 0);
    cr_assert_eq(addr_from_path(&addrs[1], SLICE_LITERAL("/run/x.sock")), 0);
    about_print_start(&start, out);
    fflush(out);
    cr_assert_not_null(strstr(text, ": 2 shards on CPUs 3 5; simd "), "%s", text);
    cr_assert_not_null(strstr(text, "; up to 77 connections; 2 routes\n"), "%s", text);
    cr_assert_not_null(strstr(text, "+buf_ring"), "%s", text);
    cr_assert_not_null(strstr(text, "\nsluice: ready: listening on [::1]:8080, unix:/run/x.sock\n"), "%s", text);
}

#include "bench/load/options.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

enum { WORDS_MAX = 100 };

static struct options o;
static char problem[OPTIONS_PROBLEM_BYTES_MAX];

static int parse(const char *line)
{
    static char copy[1024];
    char *argv[WORDS_MAX + 1] = {NULL}, *rest = copy;
    int argc = 0;

    snprintf(copy, sizeof copy, "sluice-load%s%s", line[0] != '\0' ? " " : "", line);
    for (char *word = strsep(&rest, " "); word != NULL && argc < WORDS_MAX; word = strsep(&rest, " ")) {
        argv[argc++] = word;
    }
    return options_parse(argc, argv, &o, problem);
}

static void refuse(const char *line, const char *part)
{
    cr_assert_eq(parse(line), -EINVAL, "%s", line);
    cr_assert_not_null(strstr(problem, part), "%s: %s", line, problem);
}

Test(options, have_defaults)
{
    cr_assert_eq(parse("--url ws://127.0.0.1:8080/echo"), 0, "%s", problem);
    char text[ADDR_TEXT_BYTES_MAX];
    cr_assert_str_eq(addr_format(&o.addr, text), "127.0.0.1:8080");
    cr_assert_str_eq(o.path, "/echo");
    cr_assert_eq(o.connections, 1);
    cr_assert_eq(o.size, 125);
    cr_assert_eq(o.depth, 1);
    cr_assert_eq(o.rate, 0);
    cr_assert_eq(o.cpu, -1);
}

Test(options, take_values_attached_and_apart)
{
    cr_assert_eq(parse("--connect=127.0.0.1:9 -c8 -s 16 --depth=4 -t 3 --pid 7 --pid 8 --cpu 1 --json"), 0, "%s",
                 problem);
    cr_assert_eq(o.connections, 8);
    cr_assert_eq(o.size, 16);
    cr_assert_eq(o.depth, 4);
    cr_assert_eq(o.seconds, 3);
    cr_assert_eq(o.pid_count, 2);
    cr_assert_eq(o.pids[1], 8);
    cr_assert_eq(o.cpu, 1);
    cr_assert(o.is_json);
}

Test(options, know_urls_without_port_or_path_and_unix_sockets)
{
    char text[ADDR_TEXT_BYTES_MAX];

    cr_assert_eq(parse("--url ws://127.0.0.1"), 0, "%s", problem);
    cr_assert_str_eq(addr_format(&o.addr, text), "127.0.0.1:80");
    cr_assert_str_eq(o.path, "/");
    cr_assert_eq(parse("--url ws://[::1]:99/a?b"), 0, "%s", problem);
    cr_assert_str_eq(addr_format(&o.addr, text), "[::1]:99");
    cr_assert_str_eq(o.path, "/a?b");
    cr_assert_eq(parse("--connect unix:/run/s --path /x"), 0, "%s", problem);
    cr_assert_str_eq(addr_format(&o.addr, text), "unix:/run/s");
}

Test(options, let_more_be_under_way_where_there_is_a_rate)
{
    cr_assert_eq(parse("--url ws://127.0.0.1 --rate 100"), 0);
    cr_assert_eq(o.depth, OPTIONS_DEPTH_RATED);
    cr_assert_eq(parse("--url ws://127.0.0.1 --rate 100 -d 2"), 0);
    cr_assert_eq(o.depth, 2);
}

Test(options, are_refused_with_what_would_be_right)
{
    refuse("", "--url ws://");
    refuse("-c 8", "--url ws://");
    refuse("--url wss://127.0.0.1/", "must be ws://");
    refuse("--url ws://localhost/", "IP address");
    refuse("--url ws://127.0.0.1:0/", "PORT 1 to 65535");
    refuse("--url ws://127.0.0.1:65536/", "PORT 1 to 65535");
    refuse("--connect 127.0.0.1", "HOST:PORT");
    refuse("--connect unix:", "unix:/PATH");
    refuse("--url ws://127.0.0.1 --path x", "must begin with /");
    refuse("--url ws://127.0.0.1 -c 0", "from 1 to");
    refuse("--url ws://127.0.0.1 -c 1x", "whole number");
    refuse("--url ws://127.0.0.1 -s 99999999999999999999", "whole number");
    refuse("--url ws://127.0.0.1 --pid 0", "process");
    refuse("--url ws://127.0.0.1 --size", "BYTES");
    refuse("--url ws://127.0.0.1 --json=1", "no value");
    refuse("--url ws://127.0.0.1 --fast", "unknown option");
    refuse("--url ws://127.0.0.1 word", "unknown option");
    refuse("--url ws://127.0.0.1 --raw --deflate", "--raw");
    refuse("--url ws://127.0.0.1 --handshakes --rate 5", "--handshakes");
    refuse("--connect unix:/x --sources 2", "--sources");
}

Test(options, take_so_many_processes_and_no_more)
{
    char line[1024] = "--url ws://127.0.0.1";

    for (size_t i = 0; i < OPTIONS_PIDS_MAX / 2; i++) {
        memcpy(line + strlen(line), " --pid=1", sizeof " --pid=1");
    }
    cr_assert_eq(parse(line), 0, "%s", problem);
    struct options full = o;
    cr_assert_eq(full.pid_count, OPTIONS_PIDS_MAX / 2);
    for (size_t i = 0; i < OPTIONS_PIDS_MAX / 2; i++) {
        memcpy(line + strlen(line), " --pid=1", sizeof " --pid=1");
    }
    cr_assert_eq(parse(line), 0, "%s", problem);
    memcpy(line + strlen(line), " --pid=1", sizeof " --pid=1");
    refuse(line, "at most");
}

Test(options, are_explained)
{
    cr_assert_eq(parse("--help"), 0);
    cr_assert(o.is_help);
    cr_assert_not_null(strstr(options_help(), "--handshakes"));
}

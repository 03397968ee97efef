#include "gateway/log/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int ends[2];

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
}

static void tear_down(void)
{
    if (ends[0] >= 0) {
        close(ends[0]);
    }
    if (ends[1] >= 0) {
        close(ends[1]);
    }
}

TestSuite(log, .init = set_up, .fini = tear_down, .timeout = 30);

static void write_line(struct log_ring *ring, unsigned n)
{
    char text[64];
    const int len = snprintf(text, sizeof text, "line %u\n", n);
    log_write(ring, (struct slice){(const uint8_t *)text, (size_t)len});
}

/* What a finished log has written. */
static size_t read_all(char *out, size_t size)
{
    size_t len = 0;
    close(ends[1]);
    ends[1] = -1;
    for (ssize_t n; (n = read(ends[0], out + len, size - 1 - len)) > 0;) {
        len += (size_t)n;
    }
    out[len] = '\0';
    return len;
}

Test(log, writes_the_lines_of_each_ring_in_order)
{
    static char out[65536];
    struct log *log = log_open(ends[1], 2);
    cr_assert_not_null(log);
    for (unsigned i = 0; i < 1000; i++) {
        write_line(log_ring_of(log, i % 2), i);
    }
    cr_assert(log_close(log));
    read_all(out, sizeof out);
    unsigned next[2] = {0, 1}, count = 0, n;
    char *rest = out;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && sscanf(line, "line %u", &n) == 1; count++) {
        cr_assert_eq(n, next[n % 2]);
        next[n % 2] += 2;
    }
    cr_assert_eq(count, 1000);
}

Test(log, drops_and_counts_when_the_output_is_slow_and_never_waits)
{
    static char line[1024];
    static char out[3 * LOG_RING_BYTES];
    struct log *log = log_open(ends[1], 1);
    enum { LINES = 2 * LOG_RING_BYTES / sizeof line };

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (unsigned i = 0; i < LINES; i++) {
        log_write(log_ring_of(log, 0), (struct slice){(const uint8_t *)line, sizeof line});
    }
    const uint64_t dropped = log_dropped(log);
    cr_assert_gt(dropped, 0);

    /* Once it is read again, the count is told. */
    size_t len = 0;
    while (len < (LINES - dropped) * sizeof line) {
        const ssize_t n = read(ends[0], out + len, sizeof out - len);
        cr_assert_gt(n, 0);
        len += (size_t)n;
    }
    cr_assert(log_close(log));
    read_all(out + len, sizeof out - len);
    cr_assert_not_null(strstr(out, "{\"event\":\"dropped\",\"lines\":"));
}

Test(log, an_output_that_takes_nothing_is_given_up)
{
    static uint8_t line[LOG_LINE_BYTES_MAX];
    struct log *log = log_open(ends[1], 1);

    for (unsigned i = 0; i < 10; i++) {
        log_write(log_ring_of(log, 0), (struct slice){line, sizeof line});
    }
    cr_assert(!log_close(log));
    /* The writer still waits, with its memory: the pipe stays open until the process ends. */
    ends[0] = ends[1] = -1;
}

Test(log, an_output_that_is_gone_loses_lines_without_harm)
{
    struct log *log = log_open(ends[1], 1);
    close(ends[0]);
    write_line(log_ring_of(log, 0), 1);
    cr_assert(log_close(log));
    ends[0] = -1;
}

static void await_dropped(const struct log *log, uint64_t count)
{
    while (log_dropped(log) < count) {
        usleep(1000);
    }
    cr_assert_eq(log_dropped(log), count);
}

Test(log, counts_what_a_full_output_does_not_take)
{
    const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct log *log = log_open(fd, 1);

    for (unsigned i = 0; i < 100; i++) {
        write_line(log_ring_of(log, 0), i);
    }
    await_dropped(log, 100);
    cr_assert(log_close(log));
    close(fd);
}

static void limit_file(rlim_t bytes)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The file takes two lines ("line 10" and its line feed are eight bytes) and half of the third. */
Test(log, a_torn_line_is_ended_and_counted_and_reported_once_there_is_room)
{
    char path[] = "/tmp/sluice-log-XXXXXX", out[256];
    const int fd = mkostemp(path, O_CLOEXEC);
    struct log *log = log_open(fd, 1);

    signal(SIGXFSZ, SIG_IGN);
    limit_file(20);
    for (unsigned i = 10; i < 15; i++) {
        write_line(log_ring_of(log, 0), i);
    }
    await_dropped(log, 3);
    limit_file(RLIM_INFINITY);
    write_line(log_ring_of(log, 0), 15);
    cr_assert(log_close(log));
    const ssize_t n = pread(fd, out, sizeof out - 1, 0);
    cr_assert_gt(n, 0);
    out[n] = '\0';
    cr_assert_str_eq(out, "line 10\nline 11\nline\nline 15\n{\"event\":\"dropped\",\"lines\":3}\n");
    close(fd);
    unlink(path);
}

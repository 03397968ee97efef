#include "gateway/proc/notice.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 16 };

static int reader, errors; /* standard error is a pipe; what it was */
static char got[2 * PIPE_BYTES];

static void set_up(void)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_neq(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES), -1);
    cr_assert_neq(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    reader = ends[0];
    errors = dup(STDERR_FILENO);
    cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
}

static void tear_down(void)
{
    dup2(errors, STDERR_FILENO);
    close(errors);
    close(reader);
}

TestSuite(notice, .init = set_up, .fini = tear_down, .timeout = 30);

static size_t read_said(void)
{
    size_t len = 0;
    for (ssize_t n; (n = read(reader, got + len, sizeof got - 1 - len)) > 0;) {
        len += (size_t)n;
    }
    got[len] = '\0';
    return len;
}

Test(notice, says_a_line)
{
    notice_line("shard %u of %s", 3U, "four");
    read_said();
    cr_assert_str_eq(got, "sluice: shard 3 of four\n");
}

Test(notice, cuts_a_line_that_is_too_long)
{
    static char text[2 * NOTICE_LINE_BYTES_MAX];

    memset(text, 'x', sizeof text - 1);
    notice_line("%s", text);
    const size_t len = read_said();
    cr_assert_lt(len, NOTICE_LINE_BYTES_MAX);
    cr_assert_eq(len, strcspn(got, "\n") + 1);
}

Test(notice, says_a_long_text_whole_where_there_is_room)
{
    static uint8_t text[PIPE_BYTES / 2];

    memset(text, 'x', sizeof text);
    notice_text((struct slice){text, sizeof text});
    cr_assert_eq(read_said(), sizeof text);
}

Test(notice, says_nothing_more_to_a_pipe_that_nobody_reads_and_never_waits)
{
    static uint8_t text[4 * PIPE_BYTES];

    memset(text, 'x', sizeof text);
    notice_text((struct slice){text, sizeof text});
    notice_line("not said");
    cr_assert_eq(read_said(), PIPE_BYTES);
    notice_line("said again");
    read_said();
    cr_assert_str_eq(got, "sluice: said again\n");
}

Test(notice, is_harmless_where_standard_error_is_closed)
{
    close(STDERR_FILENO);
    notice_line("to nobody");
}

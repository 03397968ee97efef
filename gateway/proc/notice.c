#include "gateway/proc/notice.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A pipe that is ready takes PIPE_BUF bytes without waiting (pipe(7)), and no promise is made of more. */
static bool is_ready(void)
{
    struct pollfd err = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&err, 1, 0) == 1 && (err.revents & POLLOUT) != 0;
}

void notice_text(struct slice text)
{
    while (text.len > 0 && is_ready()) {
        const ssize_t n = write(STDERR_FILENO, text.ptr, text.len < PIPE_BUF ? text.len : PIPE_BUF);
        if (n <= 0) {
            return;
        }
        text = slice_skip(text, (size_t)n);
    }
}

void notice_line(const char *format, ...)
{
    static const char prefix[] = "sluice: ";
    char line[NOTICE_LINE_BYTES_MAX];
    const size_t room = sizeof line - sizeof prefix; /* the line feed has its place */
    va_list arguments;

    memcpy(line, prefix, sizeof prefix);
    va_start(arguments, format);
    const int n = vsnprintf(line + sizeof prefix - 1, room, format, arguments);
    va_end(arguments);
    ASSERT(n >= 0);
    const size_t bytes = sizeof prefix - 1 + ((size_t)n < room ? (size_t)n : room - 1);
    line[bytes] = '\n';
    notice_text((struct slice){(const uint8_t *)line, bytes + 1});
}

#include "tests/kernel/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct report report;

int64_t report_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t report_elapsed_ms(void)
{
    return report_now_ms() - report.began_ms;
}

void report_fail(const char *format, ...)
{
    va_list args;
    printf("FAIL %s %s %s: ", report.scenario, report.address, report.path);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(" (after %lld ms)\n", (long long)report_elapsed_ms());
    exit(1);
}

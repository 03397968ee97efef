/*
 * report - where a scenario runs, since when, and how one ends that failed.
 *
 * Thread: one. Memory: static. Errors: report_fail() ends the process with 1. Limits: REPORT_LIMIT_MS a scenario.
 */
#ifndef TESTS_KERNEL_REPORT_H
#define TESTS_KERNEL_REPORT_H

#include <stdint.h>

#include "core/base/attrs.h"

enum { REPORT_LIMIT_MS = 150000 };

struct report {
    const char *scenario, *address, *path;
    int64_t began_ms;
};

extern struct report report;

int64_t report_now_ms(void);

/* Milliseconds since the scenario began. */
int64_t report_elapsed_ms(void);

/* One line that says what was wrong, and the end. */
NORETURN void report_fail(const char *format, ...) PRINTF(1, 2);

#endif

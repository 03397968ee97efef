/*
 * abrupt - connections that end as they must not: resets, half-closes, heads and frames that stop in the middle.
 *
 * Thread: one. Memory: malloc. Errors: report_fail(). Limits: none.
 */
#ifndef TESTS_KERNEL_ABRUPT_H
#define TESTS_KERNEL_ABRUPT_H

void abrupt_run(void);

#endif

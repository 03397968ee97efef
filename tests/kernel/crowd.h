/*
 * crowd - all the connections of a scenario at once, until each has come to the end that its plan has for it.
 *
 * Thread: one. Memory: static. Errors: report_fail(). Limits: PLAN_CONNS_MAX connections.
 */
#ifndef TESTS_KERNEL_CROWD_H
#define TESTS_KERNEL_CROWD_H

#include <sys/types.h>

#include "tests/kernel/plan.h"

/* pid: whom a plan stops or signals. */
void crowd_run(const struct plan *plan, pid_t pid);

#endif

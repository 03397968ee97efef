/*
 * cpu_time - the CPU time that processes have used, theirs and ours, from the scheduler's own account.
 *
 * Thread: any. Memory: none. Errors: -errno. Limits: threads that have ended are not counted.
 */
#ifndef BENCH_LOAD_CPU_TIME_H
#define BENCH_LOAD_CPU_TIME_H

#include <stdint.h>

#include "core/base/attrs.h"

/* Nanoseconds that the threads of a process have run, user and system, by /proc/PID/task/TID/schedstat. 0 or -errno. */
MUST_USE int cpu_time_of(int pid, uint64_t *ns);

/* Nanoseconds that this process has run. */
uint64_t cpu_time_own(void);

#endif

/*
 * descriptors - how many file descriptors there are, and how many sessions they allow.
 *
 * Thread: the process', at start. Memory: none. Errors: one line. Limits: RLIMIT_NOFILE,
 * CONFIG_CONNECTIONS_MAX sessions.
 */
#ifndef GATEWAY_PROC_DESCRIPTORS_H
#define GATEWAY_PROC_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/attrs.h"

enum { DESCRIPTORS_PER_SESSION = 2, DESCRIPTORS_WHY_BYTES_MAX = 256 };

/*
 * Raises RLIMIT_NOFILE to its hard limit and says how many sessions fit into it beside reserved descriptors:
 * *sessions_max is wanted, or with wanted 0 as many as fit. 0, or -EMFILE with why filled when not even wanted (or one)
 * fits.
 */
MUST_USE int descriptors_plan(uint32_t wanted, uint32_t reserved, uint32_t *sessions_max,
                              char why[DESCRIPTORS_WHY_BYTES_MAX]);

/* The same from a given limit. */
MUST_USE int descriptors_plan_from(uint64_t limit, uint32_t wanted, uint32_t reserved, uint32_t *sessions_max,
                                   char why[DESCRIPTORS_WHY_BYTES_MAX]);

#endif

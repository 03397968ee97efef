/*
 * plan - what the connections of a scenario send, and how they must end.
 *
 * Thread: any. Memory: static. Errors: none. Limits: PLAN_CONNS_MAX connections.
 */
#ifndef TESTS_KERNEL_PLAN_H
#define TESTS_KERNEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_SIZE_END UINT32_MAX
enum { PLAN_CONNS_MAX = 256 };

enum plan_ending { PLAN_END_CLOSE, PLAN_END_UNMASKED, PLAN_END_SIGNAL };

struct plan {
    const char *name;
    const uint32_t *sizes; /* of messages, in turn, ended by PLAN_SIZE_END */
    unsigned conns, messages, depth;
    unsigned ping_every, fragment_every; /* so many messages; 0: never */
    unsigned nap_ms;                     /* reads only in every other span of as many ms; 0: always */
    bool holds;                          /* the messages are sent while the gateway is stopped */
    enum plan_ending ending;
    int signal;
    unsigned code; /* of the Close that must come */
};

/* The plan of a scenario; NULL when there is none. */
const struct plan *plan_find(const char *name);

/* The plan of connections that only ever end as they must not. */
extern const struct plan plan_abrupt;

#endif

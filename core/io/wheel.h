/*
 * wheel - timers on a hierarchical wheel: seven levels of 64 slots, a tick of one millisecond.
 *
 * A timer stands on the level of the highest six-bit digit in which its deadline differs from now, so setting and
 * clearing one costs the same however many there are, and each timer moves down at most six times (Varghese and Lauck,
 * "Hashed and hierarchical timing wheels", 1987).
 *
 * Thread: one. Memory: none; a timer stands in the thing it times. Errors: none.
 * Limits: 42 bits of milliseconds (139 years of uptime): asserted.
 */
#ifndef CORE_IO_WHEEL_H
#define CORE_IO_WHEEL_H

#include <stdint.h>

#include "core/base/list.h"

enum { WHEEL_LEVELS = 7, WHEEL_SLOT_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_SLOT_BITS };
#define WHEEL_NEVER UINT64_MAX

struct wheel_timer;
typedef void wheel_fire_fn(struct wheel_timer *timer);

struct wheel_timer {
    struct list link;
    uint64_t deadline_ms;
    wheel_fire_fn *fire;
};

struct wheel {
    uint64_t now_ms;
    uint64_t occupied[WHEEL_LEVELS]; /* a bit per slot: 0 is empty, 1 may be */
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, uint64_t now_ms);

void wheel_timer_init(struct wheel_timer *t, wheel_fire_fn *fire);
/* Sets the timer to fire once, at deadline_ms or (when that is past) in the next run; one that was set is set anew. */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t deadline_ms);
/* Clears the timer; one that was not set stays so. */
void wheel_clear(struct wheel_timer *t);

static inline bool wheel_timer_is_set(const struct wheel_timer *t)
{
    return list_is_linked(&t->link);
}

/* When the wheel next wants to be run: never later than the earliest deadline, WHEEL_NEVER when no timer is set. */
uint64_t wheel_next_ms(struct wheel *w);

/* Moves on to now_ms and fires what is due, at most fire_max timers; the rest is due at once. Returns how many fired.
 */
unsigned wheel_run(struct wheel *w, uint64_t now_ms, unsigned fire_max);

#endif

#include "core/io/wheel.h"

#include "core/base/assert.h"

void wheel_init(struct wheel *w, uint64_t now_ms)
{
    *w = (struct wheel){.now_ms = now_ms};
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++) {
            list_init(&w->slots[level][slot]);
        }
    }
}

void wheel_timer_init(struct wheel_timer *t, wheel_fire_fn *fire)
{
    list_init(&t->link);
    t->deadline_ms = 0;
    t->fire = fire;
}

static unsigned level_of(uint64_t now_ms, uint64_t deadline_ms)
{
    const uint64_t differs = now_ms ^ deadline_ms;
    return differs == 0 ? 0 : (63u - (unsigned)__builtin_clzll(differs)) / WHEEL_SLOT_BITS;
}

static void place(struct wheel *w, struct wheel_timer *t)
{
    const unsigned level = level_of(w->now_ms, t->deadline_ms);
    ASSERT(level < WHEEL_LEVELS);
    const unsigned slot = (unsigned)(t->deadline_ms >> (level * WHEEL_SLOT_BITS)) % WHEEL_SLOTS;

    w->occupied[level] |= UINT64_C(1) << slot;
    list_push_back(&w->slots[level][slot], &t->link);
}

void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t deadline_ms)
{
    list_remove(&t->link);
    t->deadline_ms = deadline_ms > w->now_ms ? deadline_ms : w->now_ms;
    place(w, t);
}

void wheel_clear(struct wheel_timer *t)
{
    list_remove(&t->link);
}

/* The first slot of a level that holds a timer, not before the level's current one; WHEEL_SLOTS when none does. */
static unsigned first_slot(struct wheel *w, unsigned level)
{
    const unsigned current = (unsigned)(w->now_ms >> (level * WHEEL_SLOT_BITS)) % WHEEL_SLOTS;
    uint64_t bits;

    while ((bits = w->occupied[level] >> current << current) != 0) {
        const unsigned slot = (unsigned)__builtin_ctzll(bits);
        if (!list_is_empty(&w->slots[level][slot])) {
            return slot;
        }
        w->occupied[level] &= ~(UINT64_C(1) << slot);
    }
    return WHEEL_SLOTS;
}

struct due {
    uint64_t at_ms;
    unsigned level, slot;
};

/* A lower level is always due before a higher one: its timers share more digits with now. */
static struct due next_due(struct wheel *w)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        const unsigned slot = first_slot(w, level);
        if (slot < WHEEL_SLOTS) {
            const unsigned shift = level * WHEEL_SLOT_BITS;
            const uint64_t above = w->now_ms >> shift >> WHEEL_SLOT_BITS << WHEEL_SLOT_BITS;
            return (struct due){(above | slot) << shift, level, slot};
        }
    }
    return (struct due){.at_ms = WHEEL_NEVER};
}

uint64_t wheel_next_ms(struct wheel *w)
{
    return next_due(w).at_ms;
}

/* Moves the timers of a slot down to the levels where they belong now. */
static void cascade(struct wheel *w, struct list *slot)
{
    struct list moving;
    struct list *node;

    list_init(&moving);
    list_append(&moving, slot);
    while ((node = list_pop_front(&moving)) != NULL) {
        place(w, CONTAINER_OF(node, struct wheel_timer, link));
    }
}

unsigned wheel_run(struct wheel *w, uint64_t now_ms, unsigned fire_max)
{
    unsigned fired = 0;

    for (;;) {
        const struct due due = next_due(w);
        if (due.at_ms > now_ms) {
            break;
        }
        struct list *slot = &w->slots[due.level][due.slot];
        if (due.at_ms > w->now_ms) {
            w->now_ms = due.at_ms;
        }
        if (due.level > 0) {
            w->occupied[due.level] &= ~(UINT64_C(1) << due.slot);
            cascade(w, slot);
            continue;
        }
        if (fired == fire_max) {
            return fired;
        }
        struct wheel_timer *timer = CONTAINER_OF(list_pop_front(slot), struct wheel_timer, link);
        fired++;
        timer->fire(timer);
    }
    if (now_ms > w->now_ms) {
        w->now_ms = now_ms;
    }
    return fired;
}

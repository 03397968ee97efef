#include "core/io/wheel.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct probe {
    struct wheel_timer timer;
    uint64_t fired_at;
    unsigned count;
};

static struct wheel wheel;

static void note(struct wheel_timer *timer)
{
    struct probe *p = CONTAINER_OF(timer, struct probe, timer);
    p->fired_at = wheel.now_ms;
    p->count++;
}

static void start(uint64_t now_ms)
{
    wheel_init(&wheel, now_ms);
}

Test(wheel, fires_at_its_deadline_and_not_before)
{
    static const uint64_t starts[] = {0, 1, 63, 64, 4095, 4096, 123456789, UINT64_C(1) << 40};
    static const uint64_t delays[] = {0, 1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 262143, 262144, 10000000};

    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        for (size_t j = 0; j < ARRAY_LEN(delays); j++) {
            struct probe p = (struct probe){0};
            start(starts[i]);
            wheel_timer_init(&p.timer, note);
            wheel_set(&wheel, &p.timer, starts[i] + delays[j]);
            cr_assert(wheel_next_ms(&wheel) <= starts[i] + delays[j]);
            if (delays[j] > 0) {
                cr_assert_eq(wheel_run(&wheel, starts[i] + delays[j] - 1, 100), 0);
            }
            cr_assert_eq(wheel_run(&wheel, starts[i] + delays[j], 100), 1, "start %zu delay %zu", i, j);
            cr_assert_eq(p.fired_at, starts[i] + delays[j]);
            cr_assert(!wheel_timer_is_set(&p.timer));
            cr_assert_eq(wheel_next_ms(&wheel), WHEEL_NEVER);
        }
    }
}

Test(wheel, a_deadline_in_the_past_fires_in_the_next_run)
{
    struct probe p = (struct probe){0};

    start(1000);
    wheel_timer_init(&p.timer, note);
    wheel_set(&wheel, &p.timer, 3);
    cr_assert_eq(wheel_run(&wheel, 1000, 10), 1);
}

Test(wheel, a_cleared_timer_does_not_fire_and_a_timer_set_anew_fires_once)
{
    struct probe p = (struct probe){0}, q = (struct probe){0};

    start(5);
    wheel_timer_init(&p.timer, note);
    wheel_timer_init(&q.timer, note);
    wheel_set(&wheel, &p.timer, 70);
    wheel_clear(&p.timer);
    wheel_clear(&p.timer);
    wheel_set(&wheel, &q.timer, 70);
    wheel_set(&wheel, &q.timer, 9000);
    cr_assert_eq(wheel_run(&wheel, 8999, 10), 0);
    cr_assert_eq(wheel_run(&wheel, 9000, 10), 1);
    cr_assert_eq(p.count, 0);
    cr_assert_eq(q.count, 1);
}

Test(wheel, fires_no_more_than_it_may_and_the_rest_at_once)
{
    struct probe p[10];

    start(0);
    for (int i = 0; i < 10; i++) {
        p[i] = (struct probe){0};
        wheel_timer_init(&p[i].timer, note);
        wheel_set(&wheel, &p[i].timer, 50);
    }
    cr_assert_eq(wheel_run(&wheel, 100, 4), 4);
    cr_assert(wheel_next_ms(&wheel) <= 100);
    cr_assert_eq(wheel_run(&wheel, 100, 4), 4);
    cr_assert_eq(wheel_run(&wheel, 100, 4), 2);
    cr_assert_eq(wheel_next_ms(&wheel), WHEEL_NEVER);
}

static struct probe *rearmed;

static void rearm(struct wheel_timer *timer)
{
    note(timer);
    if (rearmed->count < 5) {
        wheel_set(&wheel, timer, wheel.now_ms + 7);
    }
}

Test(wheel, a_timer_may_set_itself_while_it_fires)
{
    struct probe p = (struct probe){0};

    start(100);
    rearmed = &p;
    wheel_timer_init(&p.timer, rearm);
    wheel_set(&wheel, &p.timer, 100);
    cr_assert_eq(wheel_run(&wheel, 1000, 100), 5);
    cr_assert_eq(p.fired_at, 128);
}

/* Against the plainest model: a sorted look at all deadlines. */
Test(wheel, agrees_with_a_plain_list_over_random_operations)
{
    enum { TIMERS = 64, STEPS = 200000 };
    static struct probe p[TIMERS];
    static uint64_t deadline[TIMERS];
    uint64_t now = 987654321;

    srand(7);
    start(now);
    for (int i = 0; i < TIMERS; i++) {
        wheel_timer_init(&p[i].timer, note);
    }
    for (int step = 0; step < STEPS; step++) {
        const int i = rand() % TIMERS;
        const uint64_t span = UINT64_C(1) << rand() % 24;
        if (rand() % 4 == 0) {
            wheel_clear(&p[i].timer);
            deadline[i] = 0;
        } else {
            deadline[i] = now + (uint64_t)rand() % span;
            wheel_set(&wheel, &p[i].timer, deadline[i]);
        }
        if (rand() % 3 == 0) {
            now += (uint64_t)rand() % (UINT64_C(1) << rand() % 20);
            wheel_run(&wheel, now, UINT32_MAX);
            uint64_t earliest = WHEEL_NEVER;
            for (int k = 0; k < TIMERS; k++) {
                const bool due = deadline[k] != 0 && deadline[k] <= now;
                cr_assert_eq(p[k].count, due ? 1 : 0, "step %d timer %d", step, k);
                if (due) {
                    cr_assert_eq(p[k].fired_at, deadline[k]);
                    p[k].count = 0;
                    deadline[k] = 0;
                } else if (deadline[k] != 0 && deadline[k] < earliest) {
                    earliest = deadline[k];
                }
            }
            cr_assert(wheel_next_ms(&wheel) <= earliest);
        }
    }
}

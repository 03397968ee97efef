#include "tests/kernel/plan.h"

#include <signal.h>
#include <string.h>

#include "core/base/attrs.h"

static const uint32_t all_sizes[] = {0,     1,     125,   126,   127,   1000,   4096,   16127, 16128,        16129,
                                     16256, 16384, 65535, 65536, 99999, 131072, 200000, 3,     PLAN_SIZE_END};
static const uint32_t small_sizes[] = {0, 1, 100, 125, 126, 700, 3000, PLAN_SIZE_END};
static const uint32_t large_sizes[] = {60000, 100000, 20000, PLAN_SIZE_END};
static const uint32_t slow_sizes[] = {20000, 3000, 65536, 100, PLAN_SIZE_END};

static const struct plan plans[] = {
    {"sizes", all_sizes, 4, 72, 16, 5, 4, 0, false, PLAN_END_CLOSE, 0, 1000},
    {"many", small_sizes, 200, 40, 16, 7, 5, 0, false, PLAN_END_CLOSE, 0, 1000},
    {"burst", large_sizes, 200, 3, 3, 0, 0, 0, true, PLAN_END_CLOSE, 0, 1000},
    {"slow", slow_sizes, 12, 300, 300, 9, 7, 60, false, PLAN_END_CLOSE, 0, 1000},
    {"unmasked", small_sizes, 20, 7, 7, 0, 0, 0, false, PLAN_END_UNMASKED, 0, 1002},
    {"drain", small_sizes, 40, 10, 10, 0, 0, 0, false, PLAN_END_SIGNAL, SIGTERM, 1001},
    {"lost", small_sizes, 20, 10, 10, 0, 0, 0, false, PLAN_END_SIGNAL, SIGKILL, 1014},
};

const struct plan plan_abrupt = {.sizes = slow_sizes};

const struct plan *plan_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        if (strcmp(plans[i].name, name) == 0) {
            return &plans[i];
        }
    }
    return NULL;
}

#include "bench/load/load.h"

#include <stdarg.h>
#include <stdio.h>

enum { NS_PER_SECOND = 1000000000 };

uint64_t load_due_ns(const struct load *l, uint32_t connection, uint64_t before)
{
    const uint64_t index = before * l->o->connections + connection;
    return l->begin_ns + (uint64_t)((unsigned __int128)index * NS_PER_SECOND / l->o->rate);
}

/* The message with an index is due at its share of the second: so the first one at once. */
uint64_t load_due_count(const struct load *l, uint64_t now_ns)
{
    if (now_ns < l->begin_ns) {
        return 0;
    }
    return (uint64_t)((unsigned __int128)(now_ns - l->begin_ns) * l->o->rate / NS_PER_SECOND) + 1;
}

void load_complain(struct load *l, const char *format, ...)
{
    va_list args;

    if (l->why[0] != '\0') {
        return;
    }
    va_start(args, format);
    vsnprintf(l->why, sizeof l->why, format, args);
    va_end(args);
}

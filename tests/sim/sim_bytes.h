/*
 * sim_bytes - bytes that grow at their end and are read from their front.
 *
 * Thread: one. Memory: malloc, freed by sim_bytes_free(). Errors: asserted. Limits: none.
 */
#ifndef TESTS_SIM_SIM_BYTES_H
#define TESTS_SIM_SIM_BYTES_H

#include <stdlib.h>

#include "core/base/slice.h"

struct sim_bytes {
    uint8_t *ptr;
    size_t len, room;
    size_t read; /* of len */
};

static inline void sim_bytes_add(struct sim_bytes *b, struct slice more)
{
    if (b->len + more.len > b->room) {
        b->room = 2 * (b->len + more.len) + 64;
        b->ptr = realloc(b->ptr, b->room);
        ASSERT(b->ptr != NULL);
    }
    if (more.len > 0) {
        memcpy(b->ptr + b->len, more.ptr, more.len);
    }
    b->len += more.len;
}

/* What was not read yet. */
static inline struct slice sim_bytes_left(const struct sim_bytes *b)
{
    return (struct slice){b->ptr == NULL ? (const uint8_t *)"" : b->ptr + b->read, b->len - b->read};
}

static inline void sim_bytes_free(struct sim_bytes *b)
{
    free(b->ptr);
    *b = (struct sim_bytes){0};
}

#endif

/*
 * bytes - a buffer that is filled at its end and emptied at its beginning.
 *
 * Thread: one. Memory: malloc, the caller's to free. Errors: without memory the scenario fails. Limits: none.
 */
#ifndef TESTS_KERNEL_BYTES_H
#define TESTS_KERNEL_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *ptr;
    size_t begin, end, capacity;
};

/* Room for count more bytes at the end; what was taken off the beginning is given up for it. */
uint8_t *bytes_room(struct bytes *b, size_t count);

static inline size_t bytes_count(const struct bytes *b)
{
    return b->end - b->begin;
}

#endif

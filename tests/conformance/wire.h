/*
 * wire - bytes to be written: frames of a client, masked, one behind the other.
 *
 * Thread: any. Memory: malloc'ed, wire_free() gives it back; zero is an empty one. Errors: none (memory: asserted).
 * Limits: none.
 */
#ifndef TESTS_CONFORMANCE_WIRE_H
#define TESTS_CONFORMANCE_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire {
    uint8_t *bytes;
    size_t count, size;
    uint64_t seed; /* of masking keys */
};

/* Appends a frame: its first byte as given, its length in the shortest form. */
void wire_put_frame(struct wire *w, uint8_t first, const uint8_t *payload, size_t bytes);
/* The next of a row of numbers below 2^32 that are always the same for a seed. */
uint64_t wire_random(uint64_t *seed);
void wire_free(struct wire *w);

#endif

/*
 * answers - messages and pongs, in the order in which they came, or should come.
 *
 * Thread: any. Memory: malloc'ed, answers_free() gives it back. Errors: none (memory: asserted). Limits: none.
 */
#ifndef TESTS_CONFORMANCE_ANSWERS_H
#define TESTS_CONFORMANCE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
    uint8_t opcode; /* 1 text, 2 binary, 9 ping, 10 pong */
    uint8_t *payload;
    size_t bytes;
};

struct answers {
    struct answer *list;
    size_t count, size;
};

/* Appends an answer; its payload is copied. */
void answers_add(struct answers *a, uint8_t opcode, const uint8_t *payload, size_t bytes);
/* How many at the front of both are the same. */
size_t answers_alike(const struct answers *a, const struct answers *b);
bool answers_are_equal(const struct answers *a, const struct answers *b);
/* Whether the front of a is all of b. */
bool answers_begin(const struct answers *a, const struct answers *b);
void answers_free(struct answers *a);

#endif

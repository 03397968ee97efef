/*
 * plain_utf8 - whether bytes are UTF-8 (RFC 3629), one at a time, from the grammar; no table, no vector.
 *
 * Thread: any (pure). Memory: none. Errors: none. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_PLAIN_UTF8_H
#define TESTS_CONFORMANCE_PLAIN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero is the start of a text. */
struct plain_utf8 {
    unsigned due;      /* bytes of the character begun that are still to come */
    uint8_t low, high; /* what the next of them may be */
};

/* Whether count more bytes can be part of a text; the text may end where due is 0. */
bool plain_utf8_takes(struct plain_utf8 *u, const uint8_t *bytes, size_t count);
bool plain_utf8_is_valid(const uint8_t *bytes, size_t count);

#endif

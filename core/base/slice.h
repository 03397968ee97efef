/*
 * slice - a borrowed view of bytes: pointer and length, never owned, never NUL-terminated.
 *
 * A span is the same with bytes that may be written.
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef CORE_BASE_SLICE_H
#define CORE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/assert.h"

struct slice {
    const uint8_t *ptr;
    size_t len;
};

struct span {
    uint8_t *ptr;
    size_t len;
};

#define SLICE_LITERAL(s) ((struct slice){(const uint8_t *)(s), sizeof(s) - 1})

static inline struct slice slice_from_string(const char *s)
{
    return (struct slice){(const uint8_t *)s, strlen(s)};
}

static inline struct slice slice_of_span(struct span s)
{
    return (struct slice){s.ptr, s.len};
}

/* The slice without its first n bytes. n must not exceed s.len. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
    ASSERT(n <= s.len);
    return (struct slice){s.ptr + n, s.len - n};
}

/* The first n bytes of the slice. n must not exceed s.len. */
static inline struct slice slice_first(struct slice s, size_t n)
{
    ASSERT(n <= s.len);
    return (struct slice){s.ptr, n};
}

static inline struct span span_skip(struct span s, size_t n)
{
    ASSERT(n <= s.len);
    return (struct span){s.ptr + n, s.len - n};
}

static inline bool slice_equals(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline uint8_t slice_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Equal when ASCII letters are compared without case; other bytes as they are. */
static inline bool slice_equals_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (slice_lower(a.ptr[i]) != slice_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

#endif

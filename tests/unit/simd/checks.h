/*
 * checks - what must hold for the byte kernels, without a test framework: for Criterion and for a bare aarch64 program.
 *
 * Every check goes through all levels that this CPU has, prints its first failures and returns how many there were.
 *
 * Thread: one. Memory: static buffers. Errors: counted. Limits: messages of CHECKS_BYTES_MAX.
 */
#ifndef TESTS_UNIT_SIMD_CHECKS_H
#define TESTS_UNIT_SIMD_CHECKS_H

#include "simd/simd.h"
#include "simd/utf8_text.h"

#define CHECK(suite, sentence) size_t checks_##sentence(void);
#include "tests/unit/simd/checks.def"
#undef CHECK

#define CHECKS_BYTES_MAX 8192
#define CHECKS_KEY       0x3d21fa37u

/* Prints the message, unless there were many already; 1. */
size_t checks_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The next level that this CPU has after the one given (NULL: the first), NULL after the last. */
const struct simd_kernels *checks_next_level(const struct simd_kernels *level);

/* Byte i of a stream with this key, masked or unmasked. */
uint8_t checks_mask_byte(uint8_t byte, uint32_t key, size_t i);

/* The state after one more byte, and after many, by looking up Unicode table 3-7. */
uint32_t checks_state_after_byte(uint32_t state, uint8_t byte);
uint32_t checks_state_after(uint32_t state, const uint8_t *text, size_t len);

/* The kernel of the form given: dst is used by UTF8_UNMASK alone, and plain or masked is read, not both. */
struct checks_text {
    uint8_t *dst;
    const uint8_t *plain, *masked;
    size_t len;
    uint32_t key;
};
uint32_t checks_run(const struct simd_kernels *kernels, enum utf8_form form, uint32_t state, struct checks_text text);

/* CHECKS_BYTES_MAX bytes between two pages that trap; two of them, which = 0 or 1. */
uint8_t *checks_guarded(unsigned which);

/* Numbers without pattern, the same in every run after checks_seed(). */
void checks_seed(void);
uint32_t checks_random(void);

/* Texts: valid UTF-8 of one kind, whole code points, filled up with ASCII. The last kind is random bytes. */
enum checks_kind { CHECKS_ASCII, CHECKS_TWO, CHECKS_THREE, CHECKS_FOUR, CHECKS_MIXED, CHECKS_NOISE, CHECKS_KIND_COUNT };
void checks_fill(enum checks_kind kind, uint8_t *text, size_t len);

#endif

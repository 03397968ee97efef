/*
 * pmd_zlib - one endpoint's permessage-deflate (RFC 7692 section 7.2) over zlib; nothing of the gateway's own is in it.
 *
 * A message that reaches further back than the window agreed on cannot be inflated, to the byte: zlib by itself would
 * let it reach into all that it has just put out.
 *
 * Thread: one at a time. Memory: malloc'ed, pmd_zlib_close() gives it back; what a call returns is good until the next.
 * Errors: NULL where a message cannot be inflated (memory: asserted). Limits: none.
 */
#ifndef TESTS_CONFORMANCE_PMD_ZLIB_H
#define TESTS_CONFORMANCE_PMD_ZLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZLIB_CONST
#include <zlib.h>

/* One direction. */
struct pmd_zlib_way {
    unsigned bits;     /* of its window, 8 to 15 */
    bool is_forgetful; /* no_context_takeover */
};

struct pmd_zlib {
    z_stream deflate, inflate;
    struct pmd_zlib_way sends, takes;
    uint8_t *out;
    size_t out_bytes, out_size;
};

void pmd_zlib_open(struct pmd_zlib *z, struct pmd_zlib_way sends, struct pmd_zlib_way takes);
/* What is to be sent for a message. */
const uint8_t *pmd_zlib_deflate(struct pmd_zlib *z, const uint8_t *message, size_t bytes, size_t *out_bytes);
/* The message that came compressed; NULL: it is damaged, does not end on a block, or does not keep what was agreed. */
const uint8_t *pmd_zlib_inflate(struct pmd_zlib *z, const uint8_t *payload, size_t bytes, size_t *out_bytes);
void pmd_zlib_close(struct pmd_zlib *z);

#endif

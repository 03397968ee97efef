/*
 * pmd_memory - zlib's allocations of one context, taken from one block of a fixed size.
 *
 * zlib allocates at the beginning of a context, or when a context first needs its window, and frees all at its end:
 * so blocks are handed out one behind the other, freeing does nothing, and binding again begins anew.
 *
 * Thread: as its context. Memory: the caller's block. Errors: zlib sees Z_NULL when the block is used up.
 * Limits: the block.
 */
#ifndef CORE_DEFLATE_PMD_MEMORY_H
#define CORE_DEFLATE_PMD_MEMORY_H

#define ZLIB_CONST
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "core/base/slice.h"

enum { PMD_MEMORY_ALIGNMENT = 16 };

/* Bits of the windows that permessage-deflate knows (RFC 7692 section 7.1.2). */
enum { PMD_WINDOW_BITS_MIN = 8, PMD_WINDOW_BITS_MAX = 15 };

struct pmd_memory {
    struct span block;
    size_t used;
};

/* Lets a stream that is not initialised allocate from an aligned block; m must outlive it. */
void pmd_memory_bind(struct pmd_memory *m, z_stream *stream, struct span block);

#endif

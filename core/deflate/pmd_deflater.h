/*
 * pmd_deflater - what permessage-deflate makes of the payload of messages to be sent (RFC 7692 section 7.2.1).
 *
 * A message is compressed in pieces, each to its end: its bytes can go out at once. Each piece ends on a byte boundary
 * and refers to nothing before the last reset: so a deflater that is reset before a piece can go on behind the pieces
 * of any other. One that is not must have compressed all that its receiver has got since.
 *
 * Thread: one. Memory: none but the structure itself, a slab item; it must not be moved. Errors: none.
 * Limits: pieces below 2^31 bytes.
 */
#ifndef CORE_DEFLATE_PMD_DEFLATER_H
#define CORE_DEFLATE_PMD_DEFLATER_H

#include "core/base/attrs.h"
#include "core/base/slab.h"
#include "core/base/slice.h"
#include "core/deflate/pmd_memory.h"

enum {
    PMD_LEVEL_MIN = 1,
    PMD_LEVEL_MAX = 9,
    PMD_DEFLATER_MEMORY_BYTES = 270336, /* zlib takes 268,096 at 15 bits */
};

struct pmd_deflater {
    struct slab_item item;
    struct pmd_memory memory;
    z_stream stream;
    _Alignas(PMD_MEMORY_ALIGNMENT) uint8_t block[PMD_DEFLATER_MEMORY_BYTES];
};

/* A context without history, for a receiver with a window of that size. The structure may hold anything but its item.
 */
void pmd_deflater_init(struct pmd_deflater *d, int window_bits, int level);
/* Forgets the history: as after init. */
void pmd_deflater_reset(struct pmd_deflater *d);

/* How much room a piece needs. */
size_t pmd_deflater_bound(size_t bytes);

/*
 * Compresses one piece to out, which must have pmd_deflater_bound() bytes (asserted); returns how many were written.
 * is_last: it ends its message. An empty piece gives nothing, or the one byte of section 7.2.3.6 where it is the last.
 */
MUST_USE size_t pmd_deflater_run(struct pmd_deflater *d, struct slice in, bool is_last, struct span out);

#endif

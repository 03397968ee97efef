/*
 * pmd_inflater - what permessage-deflate does with the payload of received messages (RFC 7692 section 7.2.2).
 *
 * A message goes in and comes out in pieces of any size; its window is kept for the next message until a reset. Final
 * blocks (BFINAL, sections 7.2.3.4 and 7.2.3.5) are taken like any other. A message must end where section 7.2.1 has it
 * end: in the header of an empty stored block, whose last four bytes were left out. Also taken is one that ends
 * directly behind a final block, and one of no bytes at all, which some senders make of an empty message.
 *
 * Thread: one. Memory: none but the structure itself, a slab item; it must not be moved. Errors: enum pmd_status,
 * PMD_BAD is final. Limits: the caller's; a reference farther back than a window of less than 15 bits is found out
 * only where the bytes it means are gone.
 */
#ifndef CORE_DEFLATE_PMD_INFLATER_H
#define CORE_DEFLATE_PMD_INFLATER_H

#include "core/base/attrs.h"
#include "core/base/slab.h"
#include "core/base/slice.h"
#include "core/deflate/pmd_memory.h"

enum {
    PMD_INFLATER_MEMORY_BYTES = 40448, /* zlib takes 39,936 at 15 bits */
};

enum pmd_status {
    PMD_NEED_INPUT, /* all input was taken, and the message goes on */
    PMD_NEED_ROOM,  /* the output is full, and there may be more */
    PMD_END,        /* the message is whole */
    PMD_BAD,        /* not DEFLATE, or not ended as it must be */
};

struct pmd_inflater {
    struct slab_item item;
    struct pmd_memory memory;
    z_stream stream;
    uint8_t tail_taken; /* of the four bytes that were left out */
    bool is_fresh;      /* nothing was taken since the stream stood between two messages, or behind a final block */
    _Alignas(PMD_MEMORY_ALIGNMENT) uint8_t block[PMD_INFLATER_MEMORY_BYTES];
};

/* A context without history. The structure may hold anything but its item. */
void pmd_inflater_init(struct pmd_inflater *z, int window_bits);
/* Forgets the history, and the message that is open: as after init. */
void pmd_inflater_reset(struct pmd_inflater *z);

/*
 * Takes payload from the front of *in and fills the front of *out; both are moved on. is_last: in ends the message;
 * once it was said, it is to be said until PMD_END.
 */
MUST_USE enum pmd_status pmd_inflater_run(struct pmd_inflater *z, struct slice *in, struct span *out, bool is_last);

#endif

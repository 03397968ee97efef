/*
 * io_tag - what a submission says about itself in the 64 bits of user_data: op:8 | generation:24 | slot:32.
 *
 * The slot names the sock (or listener); the generation tells a completion for this tenant of the slot from one that
 * was still in flight for the one before. A mail (IO_OP_MAIL) carries a kind and 48 bits of value instead.
 *
 * Thread: any. Memory: none. Errors: none. Limits: 24 bits of generation.
 */
#ifndef CORE_IO_IO_TAG_H
#define CORE_IO_IO_TAG_H

#include <stdint.h>

/* Each has a handler in io.c's table. */
enum io_op {
    IO_OP_ACCEPT,
    IO_OP_RECV,
    IO_OP_SEND,
    IO_OP_CONNECT,
    IO_OP_CANCEL,
    IO_OP_CLOSE,
    IO_OP_MAIL,    /* a mail came */
    IO_OP_UNHEARD, /* nobody waits for the result: mail sent, accept cancelled */
    IO_OP_READ,    /* a descriptor watched with io_watch() was read */
    IO_OP_COUNT,
};

enum { IO_TAG_GENERATION_MASK = 0xffffff };

struct io_tag {
    uint32_t slot;
    uint32_t generation; /* 24 bits used */
    uint8_t op;          /* enum io_op */
};

static inline uint64_t io_tag_pack(struct io_tag tag)
{
    return (uint64_t)tag.op << 56 | (uint64_t)(tag.generation & IO_TAG_GENERATION_MASK) << 32 | tag.slot;
}

static inline struct io_tag io_tag_unpack(uint64_t user_data)
{
    return (struct io_tag){.slot = (uint32_t)user_data,
                           .generation = (uint32_t)(user_data >> 32) & IO_TAG_GENERATION_MASK,
                           .op = (uint8_t)(user_data >> 56)};
}

#endif

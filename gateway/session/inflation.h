/*
 * inflation - one direction's compressed messages, inflated and held against the rules: size and UTF-8.
 *
 * Thread: the shard's. Memory: stands in struct compression; the inflater is a pool's. Errors: enum ws_status.
 * Limits: bytes_max, found before more than the room of one step is written.
 */
#ifndef GATEWAY_SESSION_INFLATION_H
#define GATEWAY_SESSION_INFLATION_H

#include "core/deflate/pmd_inflater.h"
#include "core/proto/ws_message.h"

struct inflation {
    struct pmd_inflater *inflater; /* NULL: none is kept, and none borrowed */
    uint64_t bytes;                /* of the message under way, inflated */
    uint64_t bytes_max;            /* of a message, inflated */
    uint32_t utf8;                 /* state of simd.h, of text */
    uint64_t turn;                 /* of io, that turn_bytes is of */
    size_t turn_bytes;             /* inflated in it */
    uint8_t opcode;                /* of the message under way */
    uint8_t fault;                 /* what is wrong with it: enum ws_status */
    bool is_kept;                  /* the inflater is the session's to its end */
    bool has_takeover;             /* its context goes on from message to message */
    bool is_open;                  /* the message under way is a compressed one */
    bool has_yielded;              /* it goes on in a later turn */
};

/* What a data part begins is noted; whether it belongs to a compressed message. */
bool inflation_takes(struct inflation *f, const struct ws_part *part);

/* The payload of a part from an offset on, without its mask: as much as fits into room. */
struct slice inflation_unmask(const struct ws_part *part, size_t from, struct span room);

/*
 * Inflates the front of *in, which is moved on, to the beginning of room: *out. There must be an inflater. As
 * pmd_inflater_run(), but that PMD_BAD stands for whatever is wrong with the message: f->fault.
 */
MUST_USE enum pmd_status inflation_step(struct inflation *f, struct slice *in, bool is_last, struct span room,
                                        struct slice *out);

#endif

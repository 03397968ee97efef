/*
 * reader - what a server's bytes say, read by the letter of RFC 6455 and 7692 and by nothing of the gateway's own.
 *
 * Thread: any. Memory: malloc'ed, reader_free() gives it back. Errors: the first fault, as text. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_READER_H
#define TESTS_CONFORMANCE_READER_H

#include "tests/conformance/answers.h"
#include "tests/conformance/pmd_zlib.h"

struct reader {
    uint8_t *in; /* bytes not yet read as a frame */
    size_t in_bytes, in_size;
    struct answers answers;
    uint8_t open_opcode; /* of the message whose fragments come; 0: none */
    uint8_t *open;
    size_t open_bytes, open_size;
    bool is_packed;       /* the open message began with RSV1 */
    struct pmd_zlib *pmd; /* permessage-deflate as agreed; NULL: none is, and RSV1 is a fault */
    size_t packed_count;  /* messages that came compressed */
    bool has_close;
    uint16_t close_code; /* 0: none given */
    const char *fault;   /* what the server must not have sent; NULL: nothing */
};

/* Room for at least that many bytes at the end of what has come; reader_came() says how many did. */
uint8_t *reader_room(struct reader *r, size_t bytes);
void reader_came(struct reader *r, size_t bytes);
void reader_free(struct reader *r);

#endif

/*
 * link - one connection to the server under test: its handshake, writes that are cut as told, reads meanwhile.
 *
 * Thread: one at a time. Memory: the reader's. Errors: as text in fault (handshake); an end of stream is no error.
 * Limits: LINK_* below.
 */
#ifndef TESTS_CONFORMANCE_LINK_H
#define TESTS_CONFORMANCE_LINK_H

#include "tests/conformance/reader.h"

enum { LINK_HANDSHAKE_MS = 5000, LINK_STALL_MS = 10000 };

struct link {
    int fd;
    bool is_ended; /* the server closed, or reset, the connection */
    bool is_deaf;  /* it takes no more bytes */
    struct reader reader;
    struct pmd_zlib pmd; /* where reader.pmd is this one */
    const char *fault;   /* why there is no WebSocket; NULL: there is one */
};

struct link_target {
    unsigned port; /* on 127.0.0.1 */
    const char *path;
};

/* Connects and shakes hands, with those offers of permessage-deflate (NULL: none); false: see l->fault. */
bool link_open(struct link *l, const struct link_target *target, const char *offers);
void link_close(struct link *l);

/* Reads what has come, waiting up to ms for it. Returns whether anything came. */
bool link_read(struct link *l, int ms);
/* Writes in pieces of chop octets (0: all at once), and reads meanwhile. Stops where the server has ended. */
void link_write(struct link *l, const uint8_t *bytes, size_t count, size_t chop);
/* Whether the server has said that it is over. */
bool link_is_over(const struct link *l);

#endif

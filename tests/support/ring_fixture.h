/*
 * ring_fixture - a ring with small pools on the test's own thread, and a way to turn it until something holds.
 *
 * Thread: the test's. Memory: static. Errors: asserted. Limits: two seconds of turning.
 */
#ifndef TESTS_SUPPORT_RING_FIXTURE_H
#define TESTS_SUPPORT_RING_FIXTURE_H

#include "core/io/io.h"

enum { RING_FIXTURE_BUFFERS = 8, RING_FIXTURE_NODES = 64, RING_FIXTURE_CHUNKS = 32, RING_FIXTURE_SOCKS = 16 };

/* Opens a ring with the pools above. */
void ring_fixture_open(struct io *io);
/* Closes it; everything must have been given back. */
void ring_fixture_close(struct io *io);

/* Turns until *done is true: asserts that it gets so. */
void ring_fixture_until(struct io *io, const bool *done);
/* Turns for so many milliseconds. */
void ring_fixture_for(struct io *io, unsigned ms);

/* The bytes that a socket has now, without waiting; -1 at its end of stream or error. */
long ring_fixture_drain(int fd, unsigned char *out, unsigned long size);

#endif

/*
 * listener - a listening socket and its multishot accept on one ring.
 *
 * The socket is made before the shards start, so that a port in use stops everything while nothing runs yet; each shard
 * has one of its own (SO_REUSEPORT), but unix sockets are shared by all.
 *
 * Thread: listener_open() any; the rest the shard's. Memory: the caller's. Errors: -errno. Limits: 64 a ring.
 */
#ifndef CORE_IO_LISTENER_H
#define CORE_IO_LISTENER_H

#include "core/base/addr.h"
#include "core/io/io.h"

struct listener;
typedef void listener_accepted_fn(struct listener *l, int fd);

struct listener {
    struct io *io;
    int fd;
    uint32_t slot;
    bool is_armed;
    bool is_wanted;
    uint16_t id; /* the caller's: which of its listeners this is */
    listener_accepted_fn *accepted;
    void *owner;
    struct wheel_timer retry;
};

/*
 * Makes and binds a listening socket; *addr gets the port that the kernel chose where it was 0. 0 with *fd, or -errno.
 * A TCP port that any other socket holds is -EADDRINUSE, even one that would share it; is_first is false for the
 * further sockets of the same listener, which do share. A unix path where nobody listens any more is taken over.
 */
enum listener_share { LISTENER_FIRST, LISTENER_FURTHER };
MUST_USE int listener_open(struct addr *addr, enum listener_share share, int *fd);

/* Accepts on the ring from now on: accepted() gets each descriptor. */
void listener_start(struct listener *l, struct io *io);

/* Stops accepting for good; a connection that is under way may still come. The descriptor stays the caller's. */
void listener_stop(struct listener *l);

/* Completions, from io.c's table. */
void listener_on_accept(struct listener *l, const struct io_uring_cqe *cqe);

#endif

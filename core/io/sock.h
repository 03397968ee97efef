/*
 * sock - a connected socket on the ring: receiving by lease, gathered sending, and a close in four steps.
 *
 * Receiving: multishot into the shard's buffers, or one buffer at a time. After a stop, what the kernel had under way
 * may still arrive. Sending: at most one send is in flight; what is queued behind it goes out gathered, one send per
 * sock and turn. A send that refers to leased buffers does not wait in the kernel: what it could not place is moved to
 * chunks and sent from there, so that a slow peer never holds a receive buffer beyond the turn. Closing: sock_close()
 * marks, shuts down and cancels; when the kernel holds nothing any more the descriptor is closed; then closed() is the
 * last call, and the slot is free.
 *
 * Thread: the shard's. Memory: a slot of io->socks. Errors: -errno to the events. Limits: io->socks' capacity.
 */
#ifndef CORE_IO_SOCK_H
#define CORE_IO_SOCK_H

#include "core/base/addr.h"
#include "core/io/io.h"

enum sock_reading {
    SOCK_READING_OFF,
    SOCK_READING_ONCE,      /* one buffer, then off */
    SOCK_READING_MULTISHOT, /* until told otherwise */
};

struct sock;

struct sock_events {
    /* Bytes came; the lease's reference passes to the callee. */
    void (*received)(struct sock *s, struct lease lease);
    /* Nothing more will be received: 0 at the peer's end of stream, else -errno. */
    void (*ended)(struct sock *s, int error);
    /* The connect of sock_connect() is done: 0 or -errno. */
    void (*connected)(struct sock *s, int error);
    /* The send queue got shorter; or, with -errno, nothing more can be sent (the queue was emptied). */
    void (*sent)(struct sock *s, int error);
    /* The descriptor is closed and the slot about to be free: the last call. */
    void (*closed)(struct sock *s);
};

struct sock {
    struct slab_item item;
    struct io *io;
    const struct sock_events *events;
    void *owner;
    struct send_queue out;
    struct list dirty_link;
    struct list starved_link;
    size_t sending_bytes; /* of the send in flight */
    int fd;
    uint8_t pending; /* operations that the kernel holds */
    uint8_t reading; /* enum sock_reading: wanted */
    bool recv_armed;
    bool recv_cancelled; /* a cancel is under way */
    bool send_armed;
    bool is_congested; /* a send was short: wait in the kernel until the queue is empty */
    bool is_broken;    /* nothing more can be sent */
    bool is_connecting;
    bool is_reset_on_close;
    bool is_closing;
    bool is_close_submitted;
};

/* A sock for an accepted descriptor, which it owns from then on. NULL when there is no slot: fd is then still the
 * caller's. */
struct sock *sock_accept(struct io *io, int fd, const struct sock_events *events, void *owner);

/*
 * A sock that connects; connected() tells. *error is -errno when it could not even begin (no slot: -EMFILE; socket(2)
 * failed), and NULL is returned. The address must stay until connected().
 */
struct sock *sock_connect(struct io *io, const struct addr *addr, const struct sock_events *events, void *owner,
                          int *error);

/* What to receive from now on. */
void sock_read(struct sock *s, enum sock_reading reading);

/* Queues a copy of the bytes. 0, or -ENOMEM when the pool is exhausted. Ignored on a sock that is broken or closing. */
MUST_USE int sock_send_copy(struct sock *s, struct slice bytes);

/* Queues bytes that lie in a leased buffer: by reference while the way is free, as a copy while the peer is slow. */
MUST_USE int sock_send_reference(struct sock *s, struct slice bytes, uint16_t buffer);

/* Bytes queued and not yet taken by the kernel. */
static inline size_t sock_queued_bytes(const struct sock *s)
{
    return s->out.bytes;
}

/* Whether all that was queued has been taken by the kernel. */
static inline bool sock_is_flushed(const struct sock *s)
{
    return s->out.bytes == 0 && !s->send_armed;
}

/* Ends the sending direction (FIN). Everything queued must have been sent (sock_is_flushed). */
void sock_shutdown_write(struct sock *s);

/* Makes the coming close a reset (RST): the peer must not take what it got for whole. */
void sock_reset_on_close(struct sock *s);

/* Begins the close; closed() follows in a later turn. Harmless when repeated. */
void sock_close(struct sock *s);

/* Sends what was queued on all dirty socks: io_turn()'s last step. */
void sock_flush_dirty(struct io *io);

/* Arms receives that found no buffer, in order, at most as many as buffers are lent. */
void sock_feed_starved(struct io *io);

/* Completions, from io.c's table. */
void sock_on_recv(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);
void sock_on_send(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);
void sock_on_connect(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);
void sock_on_cancel(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);
void sock_on_close(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);

#endif

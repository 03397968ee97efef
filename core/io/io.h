/*
 * io - one shard's ring: set-up with fall-backs, the turn (submit, wait, reap, dispatch), and all that lives on it.
 *
 * One turn: submit what is queued and wait for a completion or the wheel's next deadline, in one io_uring_enter; read
 * the clock once; reap a batch; dispatch it; run the wheel; send what was queued meanwhile, one gathered send per sock;
 * lend buffers back to the kernel. Handlers queue submissions; they never wait and never reap.
 *
 * Thread: the one that opened it. Memory: mappings made at start. Errors: -errno from io_open() with a line that says
 * what to do. Limits: struct io_settings.
 */
#ifndef CORE_IO_IO_H
#define CORE_IO_IO_H

#include <liburing.h>

#include "core/io/buf_ring.h"
#include "core/io/io_feature.h"
#include "core/io/io_tag.h"
#include "core/io/send_queue.h"
#include "core/io/wheel.h"

enum {
    IO_REAP_MAX = 1024,
    IO_FIRE_MAX = 1024,
    IO_IOVECS_MAX = 64, /* of one message */
    IO_ARENA_IOVECS = 16384,
    IO_ARENA_MESSAGES = 2048,
    IO_SUBMIT_TRIES_MAX = 100, /* each about a millisecond */
    IO_WHY_BYTES_MAX = 256,
};

struct listener;

/* How much of everything. A ring without socks (sock_count 0) only sends and receives mail and watches descriptors. */
struct io_settings {
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t sock_count;
    uint32_t buffer_count; /* receive buffers */
    uint32_t node_count;   /* send queue nodes */
    uint32_t chunk_count;  /* send chunks */
};

/* A short message between shards: 48 bits of value, of a kind that the users of the rings agree on. */
struct io_mail {
    uint8_t kind;
    uint64_t value;
};

struct io;

typedef void io_mail_fn(struct io *io, struct io_mail mail);
typedef void io_watch_fn(struct io *io, int result);

struct io {
    struct io_uring ring;
    struct io_feature feature;
    struct wheel wheel;
    struct slab socks;
    struct buf_ring bufs;
    struct send_pool pool;
    struct list dirty;    /* socks with something to send */
    struct list starved;  /* socks whose receive found no buffer, in order */
    uint64_t now_ms;      /* CLOCK_MONOTONIC, read once a turn */
    uint64_t stale_count; /* completions of former tenants, dropped */
    uint64_t enter_count; /* turns, each an io_uring_enter */
    bool has_socks;
    void *owner;
    io_mail_fn *on_mail;
    io_watch_fn *on_watch;
    struct iovec *iovecs; /* stable until the kernel has taken every entry */
    unsigned iovec_count;
    struct msghdr *msgs;
    unsigned msg_count;
    struct listener *listeners[64];
    unsigned listener_count;
};

/*
 * Sets a ring up on the calling thread, with the newest flags that the kernel takes. 0, or -errno with why filled: one
 * line, which names the setting to change.
 */
MUST_USE int io_open(struct io *io, const struct io_settings *settings, char why[IO_WHY_BYTES_MAX]);

/* Tears the ring down. Every sock must be closed, every buffer and chunk back (asserted). */
void io_close(struct io *io);

/* Whether every slab is whole: no sock, node, chunk or buffer is out. */
bool io_is_whole(const struct io *io);

/* One turn; waits at most until wake_ms (WHEEL_NEVER: for as long as it takes). */
void io_turn(struct io *io, uint64_t wake_ms);

/* A free submission entry; submits what is queued when there is none. The kernel must take it within
 * IO_SUBMIT_TRIES_MAX tries (asserted). */
struct io_uring_sqe *io_sqe(struct io *io);

/* A message with room for IO_IOVECS_MAX iovecs, which stays until the kernel has taken the entry from the io_sqe() that
 * follows. */
struct msghdr *io_message(struct io *io);

/* Of the last message only the first count iovecs are used; 0: not even the message. The rest serves others. */
void io_message_keep(struct io *io, unsigned count);

/* Sets a timer to fire delay_ms after this turn's beginning. */
static inline void io_set_timer(struct io *io, struct wheel_timer *timer, uint64_t delay_ms)
{
    wheel_set(&io->wheel, timer, io->now_ms + delay_ms);
}

/* Posts a mail to another ring (MSG_RING, kernel 5.18). A ring that is gone gets nothing. */
void io_post(struct io *io, int ring_fd, struct io_mail mail);

/* Reads bytes from a descriptor once; io->on_watch gets the result. For signalfd and the like. */
void io_watch(struct io *io, int fd, void *into, unsigned bytes);

#endif

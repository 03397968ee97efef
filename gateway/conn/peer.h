/*
 * peer - one endpoint of a session: a sock, its handshake head, its WebSocket stream, and the way to its end.
 *
 * Client and upstream are the same machine; what differs is data (struct peer_role). States and their edges are the
 * rows of peer_states.def. What a peer brings goes to its session through struct peer_events.
 *
 * The end has one way: peer_finish() sends what is queued, then ends our direction (FIN), reads out what still comes
 * (bounded in bytes and time, so that no reset destroys what was sent), then closes. peer_abort() closes at once.
 *
 * Thread: the shard's. Memory: stands in its session; inbox only during the handshake. Errors: to the events.
 * Limits: PEER_LINGER_BYTES_MAX.
 */
#ifndef GATEWAY_CONN_PEER_H
#define GATEWAY_CONN_PEER_H

#include "core/base/rng.h"
#include "core/io/sock.h"
#include "core/proto/ws_close.h"
#include "core/proto/ws_message.h"
#include "gateway/conn/inbox.h"

enum { PEER_LINGER_BYTES_MAX = 64 << 20 };

enum peer_state {
#define PEER_STATE(name, from) PEER_##name,
#include "gateway/conn/peer_states.def"
#undef PEER_STATE
    PEER_STATE_COUNT
};

struct peer;

/* What a peer tells its session. */
struct peer_events {
    /* Its HTTP head is whole: inbox_head(p->inbox). */
    void (*head)(struct peer *p);
    /* Its HTTP head is wrong, or too large. */
    void (*head_bad)(struct peer *p, enum http1_status status);
    /* Bytes behind the head of a refusal (state BODY). */
    void (*body)(struct peer *p, struct slice bytes);
    /* The upstream's connect is done: 0 or -errno. */
    void (*connected)(struct peer *p, int error);
    /* A part of its stream, found good. It lies in the buffer, or (BUF_RING_NONE) only until the call returns. Returns
     * how many bytes at the end of its body are left for later: the peer is then paused, and metered. */
    size_t (*part)(struct peer *p, const struct ws_part *part, uint16_t buffer);
    /* Its stream broke the protocol. */
    void (*fault)(struct peer *p, enum ws_status status);
    /* It ended its direction (0) or is gone (-errno), before the end of its session was agreed on. */
    void (*ended)(struct peer *p, int error);
    /* The time for its state is over. */
    void (*timed_out)(struct peer *p);
    /* Its send queue got shorter. */
    void (*sent)(struct peer *p);
    /* Its sock is closed and given back. */
    void (*freed)(struct peer *p);
};

/* What differs between the sides. */
struct peer_role {
    const char *name;
    bool sends_masked;     /* frames that we make for it are masked: we are its client */
    bool closes_tcp_first; /* we end the connection first (RFC 6455 7.1.1: the server does) */
};

extern const struct peer_role peer_role_client;   /* we are the server */
extern const struct peer_role peer_role_upstream; /* we are the client */

/* What peers of a shard share. */
struct peer_env {
    struct io *io;
    struct slab inboxes;
    struct rng rng;
    uint32_t head_bytes_max;
};

struct peer {
    struct peer_env *env;
    const struct peer_role *role;
    const struct peer_events *events;
    const struct ws_rules *rules; /* from OPEN on */
    struct sock *sock;            /* NULL when FREE */
    struct inbox *inbox;          /* HEAD to HELD */
    struct send_chunk *pong;      /* an answer to a ping that must wait for the end of a frame */
    struct send_queue *backlog;   /* of a metered peer: what it sent and has not been taken; else NULL */
    struct wheel_timer timer;
    struct ws_message in;
    uint32_t linger_ms;       /* how long FLUSHING and LINGERING may each last */
    uint32_t discarded_bytes; /* while LINGERING */
    uint8_t state;            /* enum peer_state */
    uint8_t fault;            /* enum ws_status: how it broke the protocol */
    uint8_t pong_bytes;       /* of a waiting pong, as a frame */
    bool is_paused;           /* not read from: the other side is slow */
    bool is_read_once;        /* one buffer at a time: it was paused once, or is metered */
    bool has_ended;           /* it ended its direction */
    bool mid_frame;           /* what was sent to it stops inside a frame */
    bool is_reset;            /* it ends with a reset */
    bool is_agreed;           /* Close frames went both ways */
};

/* A peer without a socket. */
void peer_init(struct peer *p, struct peer_env *env, const struct peer_role *role, const struct peer_events *events);

/* A client: owns the accepted descriptor and reads its head. 0, or -EMFILE: fd is then still the caller's. */
MUST_USE int peer_accept(struct peer *p, int fd);

/* An upstream: connects to the address, which must stay. 0 or -errno. */
MUST_USE int peer_connect(struct peer *p, const struct addr *addr);

/* CONNECTING is over: reads the upstream's head. */
void peer_read_head(struct peer *p);
/* The client's head is read; its answer must be waited for. */
void peer_hold(struct peer *p);
/* The upstream refuses: events->body gets what is behind its head. */
void peer_read_body(struct peer *p);
/* The handshake is done: the peer may be sent frames. */
void peer_open(struct peer *p, const struct ws_rules *rules);
/* What came early is taken as frames, and receiving becomes multishot: once both sides are open. */
void peer_take_early(struct peer *p);

/* Drops the interim response at the front of the inbox and looks for the next head. */
void peer_skip_head(struct peer *p);

/* Sets the time for the present state; 0 clears it. */
void peer_set_timer(struct peer *p, uint64_t delay_ms);

/* Sends a copy of bytes. 0 or -ENOMEM. */
MUST_USE static inline int peer_send(struct peer *p, struct slice bytes)
{
    return sock_send_copy(p->sock, bytes);
}

/* Sends bytes of its counterpart's stream: by reference where they lie in a buffer (else BUF_RING_NONE). 0 or -ENOMEM.
 */
MUST_USE static inline int peer_send_from(struct peer *p, struct slice bytes, uint16_t buffer)
{
    return buffer == BUF_RING_NONE ? sock_send_copy(p->sock, bytes) : sock_send_reference(p->sock, bytes, buffer);
}

/* Whether data may be sent to it: OPEN, or it sent a Close that is not answered yet. */
bool peer_takes_data(const struct peer *p);

/* Whether its stream is read for frames. */
bool peer_gives_frames(const struct peer *p);

/* The Close handshake, our part: sends a Close, if a frame may begin there, and moves on: OPEN to CLOSE_SENT,
 * CLOSE_RECEIVED (the answer) to FLUSHING. Where no frame may begin, the connection is finished without one. */
void peer_send_close(struct peer *p, const struct ws_close *close);

/* The same when a Close of the other side was already passed on to it as it came. */
void peer_close_was_sent(struct peer *p);

/* It sent a Close: OPEN to CLOSE_RECEIVED; CLOSE_SENT (the answer) to FLUSHING. */
void peer_close_was_received(struct peer *p);

/* It broke the protocol: what it still sends is discarded, as behind a Close; what is due to it may be sent, and at
 * last its Close. Where it was sent one already, nothing is due: it is finished. */
void peer_fault(struct peer *p, enum ws_status status);

/* Answers a ping with its payload; waits where a frame is under way or the queue is longer than queue_bytes_max (only
 * the latest waits, RFC 6455 section 5.5.3). 0 or -ENOMEM. */
MUST_USE int peer_send_pong(struct peer *p, const struct ws_part *ping, size_t queue_bytes_max);

/* Sends a waiting pong when that is now possible. */
void peer_send_waiting_pong(struct peer *p);

/* Its messages may grow on their way (inflated): it is read one buffer at a time, and what it sent beyond a pause is
 * put off in the backlog, which must be empty and outlive it, so that the other side's queue cannot run far over its
 * mark. */
void peer_meter(struct peer *p, struct send_queue *backlog);

void peer_pause(struct peer *p);
void peer_resume(struct peer *p);

/* Ends in order, see above. Harmless from FLUSHING on, and on a FREE peer. */
void peer_finish(struct peer *p);
/* Ends at once. */
void peer_abort(struct peer *p);
/* Sends what is queued, then ends with a reset: what was sent must not be taken for whole. */
void peer_reset(struct peer *p);

static inline bool peer_is_free(const struct peer *p)
{
    return p->state == PEER_FREE;
}

/* "OPEN". */
const char *peer_state_name(enum peer_state state);

/* Whether one state may follow another: the rows of peer_states.def. */
bool peer_state_may_follow(enum peer_state from, enum peer_state next);

#endif

/*
 * session - a client and what it talks to: an upstream, or the built-in echo.
 *
 * session.c has the life of it: from the accepted descriptor until both peers are free. opening.c leads from the
 * client's head to the 101 or the refusal; relay.c carries frames and Close from side to side; echo.c answers them.
 *
 * Thread: the shard's. Memory: a slot of the pool. Errors: to the peers, as status or close code. Limits: the pool's.
 */
#ifndef GATEWAY_SESSION_SESSION_H
#define GATEWAY_SESSION_SESSION_H

#include "core/proto/http1_body.h"
#include "core/proto/ws_handshake.h"
#include "gateway/session/compression.h"
#include "gateway/session/session_pool.h"

enum { SESSION_ADDRESS_BYTES_MAX = 56 };

/* Who ended a session. */
enum session_initiator { SESSION_BY_CLIENT, SESSION_BY_BACKEND, SESSION_BY_GATEWAY };

/* What happens to the parts that its peers bring. */
enum session_kind {
    SESSION_RELAY,
    SESSION_ECHO,
    SESSION_EDGE_RELAY, /* compression: edge */
    SESSION_EDGE_ECHO,
    SESSION_INSPECT, /* compression: passthrough, with inspect */
    SESSION_KIND_COUNT
};

/* What came from one side. */
struct session_traffic {
    uint64_t messages;
    uint64_t bytes; /* payload */
};

/* Why a session ended: the first reason stands. */
struct session_end {
    const char *cause; /* in words, static; NULL while it has not ended */
    uint16_t code;     /* close code, or HTTP status before the 101 */
    uint8_t initiator; /* enum session_initiator */
    uint8_t reason_bytes;
    uint8_t reason[WS_CLOSE_REASON_BYTES_MAX];
};

struct session {
    struct slab_item item;
    struct list link; /* of pool->all */
    struct session_pool *pool;
    const struct config_route *route;   /* once the head is read */
    const struct config_server *server; /* of an upstream */
    struct peer client;
    struct peer upstream;
    struct session_traffic from_client;
    struct session_traffic from_upstream;
    struct session_end end;
    struct compression *compression; /* NULL: none was agreed on */
    uint64_t id;
    uint64_t accepted_ms;
    uint64_t opened_ms;                             /* 0: not yet */
    struct http1_body_reader refusal;               /* an upstream's refusal on its way to the client */
    uint64_t refusal_left;                          /* bytes of its body that may still pass */
    uint8_t key[WS_HANDSHAKE_KEY_BYTES];            /* ours, to the upstream */
    char client_address[SESSION_ADDRESS_BYTES_MAX]; /* "127.0.0.1:1234", "unix" */
    uint8_t interim_count;                          /* heads of 1xx that the upstream sent before its answer */
    bool is_counted;                                /* in the quota */
    bool is_refusing;                               /* the upstream's refusal is on its way to the client */
    bool is_leaving;                                /* the gateway wants it to end after the message in progress */
};

/* A session for an accepted descriptor, which it owns. With no place left, in the quota or the reserve, it is closed.
 */
void session_accept(struct session_pool *pool, int fd);

/* What its peers bring is dealt with so from now on. */
void session_become(struct session *s, enum session_kind kind);

/* Counts what came from a side. */
void session_count(struct session *s, const struct peer *from, size_t bytes, bool ends_message);

/* A message has ended: a session that was to leave does so now. */
void session_leave(struct session *s);

/* A peer broke the protocol: it gets its Close when what is due to it was sent. */
void session_fault(struct peer *p, enum ws_status status);

/* There is no room to send to a peer: it goes at once, and the other gets Close 1013. */
void session_out_of_buffers(struct peer *to);

/* Notes why the session ends; only the first note counts. */
void session_note_end(struct session *s, enum session_initiator by, uint16_t code, const char *cause,
                      struct slice reason);

/* Sends a peer that waits for its Close (CLOSE_RECEIVED) the one that says why: its own fault, else the session's end.
 */
void session_answer(struct peer *p);

/* Ends an open session from our side: a Close to both, if they can still take one. */
void session_close(struct session *s, uint16_t client_code, uint16_t upstream_code, const char *cause);

/* Ends both at once. */
void session_abort(struct session *s, const char *cause);

/* The shard is to be emptied: what is in the handshake gets 503, what is open a Close 1001 within period_ms. */
void session_drain_all(struct session_pool *pool, uint32_t period_ms);
/* What is left goes at once. */
void session_abort_all(struct session_pool *pool);

/* The session of a peer, and the peer on the other side. */
static inline struct session *session_of_client(struct peer *p)
{
    return CONTAINER_OF(p, struct session, client);
}

static inline struct session *session_of_upstream(struct peer *p)
{
    return CONTAINER_OF(p, struct session, upstream);
}

static inline struct session *session_of(struct peer *p)
{
    return p->role == &peer_role_client ? session_of_client(p) : session_of_upstream(p);
}

static inline struct peer *session_other(struct peer *p)
{
    struct session *s = session_of(p);
    return p == &s->client ? &s->upstream : &s->client;
}

#endif

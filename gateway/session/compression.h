/*
 * compression - permessage-deflate (RFC 7692) of a session: how it is agreed on, and the contexts that it has.
 *
 * On a route with `compression: edge` the gateway is the client's peer: it agrees to an offer, and keeps contexts for
 * the session while the route's budget lasts. A direction without one is agreed on without context takeover: a piece to
 * the client is deflated by a context that all share; a message from the client borrows an inflater, and where all are
 * lent, its client waits (compression_wait()). Who keeps others waiting for too long has its session ended.
 * With `passthrough` client and backend agree with each other; with `inspect` the session has two inflaters, or, where
 * the budget has none left, offers the backend nothing.
 *
 * Thread: the shard's. Memory: slabs of the pool. Errors: NULL and false: no compression. Limits: the route's budget.
 */
#ifndef GATEWAY_SESSION_COMPRESSION_H
#define GATEWAY_SESSION_COMPRESSION_H

#include "core/base/list.h"
#include "core/deflate/pmd_pool.h"
#include "core/io/send_queue.h"
#include "core/io/wheel.h"
#include "core/proto/ws_deflate.h"
#include "gateway/conf/config.h"
#include "gateway/session/inflation.h"

enum {
    COMPRESSION_BORROW_MS_MAX = 10000,      /* how long an inflater may be kept from others that wait */
    COMPRESSION_TURN_BYTES_MAX = 256 << 10, /* that a direction may inflate in one turn of the shard */
    COMPRESSION_SHARD_BYTES_MIN = 1 << 20,
};

struct session;
struct session_pool;

/* The contexts of a route on a shard, and who waits for one. */
struct compression_pool {
    struct pmd_pool contexts;
    struct session_pool *sessions;
    struct list waiting;   /* compressions whose client waits for an inflater, in order */
    struct list borrowers; /* that have borrowed one, the longest first */
    struct wheel_timer timer;
    bool has_contexts;
};

/* Of a session that has agreed, or offers. */
struct compression {
    struct slab_item item;
    struct list link; /* of waiting or borrowers */
    struct session *session;
    struct ws_deflate agreed;
    struct inflation from_client;
    struct inflation from_upstream; /* inspect */
    struct pmd_deflater *deflater;  /* kept; NULL: the shared one */
    struct send_queue client_backlog, upstream_backlog;
    struct wheel_timer next_turn; /* the session has inflated enough for this one */
    uint64_t turn;                /* of io, that turn_bytes is of */
    size_t turn_bytes;            /* inflated in it */
    uint64_t borrowed_ms;         /* when the inflater was borrowed */
    bool inflated_is_begun;       /* a frame of the message from the client has gone on */
    bool deflated_is_begun;       /* a frame of the message to the client was sent */
    bool is_deflating;            /* the message to the client is compressed */
};

/* Whether the gateway inflates what a route's clients send: then it needs contexts. */
bool compression_inflates(const struct config_compression *settings);

/* The contexts of a route. shard_count: among whom the route's memory is divided. 0, -EINVAL, -ENOMEM. */
MUST_USE int compression_pool_init(struct compression_pool *pool, struct session_pool *sessions,
                                   const struct config_compression *settings, uint32_t shard_count);
void compression_pool_deinit(struct compression_pool *pool);

/* edge: agrees to an offer of the client's request, if there is one. */
void compression_accept(struct session *s, const struct http1_head *request);

/* passthrough: writes the client's offers into the request to the upstream. */
void compression_offer(struct session *s, const struct http1_head *request, struct http1_write *w);
/* passthrough: holds the upstream's answer against the offers. */
MUST_USE enum ws_handshake_status compression_check(struct session *s, const struct http1_head *response,
                                                    const struct http1_head *request);

/* Writes what was agreed on into the 101; response is the upstream's, or NULL where there is none (echo). */
void compression_answer(const struct session *s, const struct http1_head *response, struct http1_write *w);

/* Whether the client's message has an inflater; borrows one if it can. */
MUST_USE bool compression_borrow(struct session *s);
/* The client waits for an inflater; it is resumed when there is one. */
void compression_wait(struct session *s);
/* The client's message is over, or will not be inflated any more: what was borrowed goes back, or is waited for no
 * more.
 */
void compression_give_back(struct session *s);

/* Counts what was inflated in a direction. */
void compression_spend(const struct session *s, struct inflation *f, size_t bytes);
/* Whether a direction has inflated enough for this turn of the shard, so that others have theirs: the peer that sends
 * is to be paused then; it is resumed in a later one. */
MUST_USE bool compression_must_yield(struct session *s, struct inflation *f);

/* The context for a piece to the client. */
struct pmd_deflater *compression_deflater(struct session *s);

/* Gives everything back: the session has none from now on. */
void compression_end(struct session *s);

#endif

#include "gateway/session/session.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/session/access_log.h"
#include "gateway/session/echo.h"
#include "gateway/session/edge.h"
#include "gateway/session/inspect.h"
#include "gateway/session/opening.h"
#include "gateway/session/relay.h"

enum { DRAINED_STATUS = 503 };

static void on_ended(struct peer *p, int error);
static void on_timed_out(struct peer *p);
static void on_freed(struct peer *p);

/* The opening is one; behind it the kinds differ in who takes parts, and in whose queue lets whom go on. */
#define CLIENT_EVENTS(on_part, on_sent)                                                                            \
    {                                                                                                              \
        .head = opening_on_request, .head_bad = opening_on_bad_request, .part = (on_part), .fault = session_fault, \
        .ended = on_ended, .timed_out = on_timed_out, .sent = (on_sent), .freed = on_freed                         \
    }
#define UPSTREAM_EVENTS(on_part)                                                                           \
    {                                                                                                      \
        .head = opening_on_response, .head_bad = opening_on_bad_response, .body = opening_on_refusal_body, \
        .connected = opening_on_connected, .part = (on_part), .fault = session_fault, .ended = on_ended,   \
        .timed_out = on_timed_out, .sent = relay_on_sent, .freed = on_freed                                \
    }

static const struct {
    struct peer_events client, upstream;
} kinds[SESSION_KIND_COUNT] = {
    [SESSION_RELAY] = {CLIENT_EVENTS(relay_on_part, relay_on_sent), UPSTREAM_EVENTS(relay_on_part)},
    [SESSION_ECHO] = {CLIENT_EVENTS(echo_on_part, echo_on_sent), {0}},
    [SESSION_EDGE_RELAY] = {CLIENT_EVENTS(edge_on_client_part, relay_on_sent), UPSTREAM_EVENTS(edge_on_upstream_part)},
    [SESSION_EDGE_ECHO] = {CLIENT_EVENTS(edge_on_echo_part, echo_on_sent), {0}},
    [SESSION_INSPECT] = {CLIENT_EVENTS(inspect_on_part, relay_on_sent), UPSTREAM_EVENTS(inspect_on_part)},
};

void session_become(struct session *s, enum session_kind kind)
{
    s->client.events = &kinds[kind].client;
    s->upstream.events = &kinds[kind].upstream;
}

/* ---- birth ---- */

static void note_address(struct session *s, int fd)
{
    struct addr a = {.len = sizeof a.sa};
    char text[ADDR_TEXT_BYTES_MAX] = "unix";

    if (getpeername(fd, &a.sa.any, &a.len) == 0 && !addr_is_unix(&a)) {
        addr_format(&a, text);
    }
    snprintf(s->client_address, sizeof s->client_address, "%.*s", SESSION_ADDRESS_BYTES_MAX - 1, text);
}

static struct session *take(struct session_pool *pool)
{
    struct session *s = slab_take(&pool->sessions);
    if (s == NULL) {
        return NULL;
    }
    *s = (struct session){.item = s->item, .pool = pool, .accepted_ms = pool->io->now_ms};
    s->id = rng_u64(&pool->env.rng);
    peer_init(&s->client, &pool->env, &peer_role_client, &kinds[SESSION_RELAY].client);
    peer_init(&s->upstream, &pool->env, &peer_role_upstream, &kinds[SESSION_RELAY].upstream);
    s->client.linger_ms = s->upstream.linger_ms = pool->config->defaults.close_timeout_ms;
    return s;
}

static bool take_quota(struct session_quota *quota)
{
    if (atomic_fetch_add_explicit(&quota->used, 1, memory_order_relaxed) < quota->max) {
        return true;
    }
    atomic_fetch_sub_explicit(&quota->used, 1, memory_order_relaxed);
    return false;
}

/* A place in the quota; beyond it one of the shard's reserve, whose sessions live just long enough to say 503. */
static bool take_place(struct session *s)
{
    struct session_pool *pool = s->pool;

    s->is_counted = take_quota(pool->quota);
    if (!s->is_counted && pool->uncounted == SESSION_POOL_RESERVE) {
        return false;
    }
    pool->uncounted += s->is_counted ? 0 : 1;
    return true;
}

static void give_place(struct session *s)
{
    if (s->is_counted) {
        atomic_fetch_sub_explicit(&s->pool->quota->used, 1, memory_order_relaxed);
    } else {
        s->pool->uncounted--;
    }
}

static bool begin(struct session *s, int fd)
{
    if (!take_place(s)) {
        return false;
    }
    if (peer_accept(&s->client, fd) != 0) {
        give_place(s);
        return false;
    }
    return true;
}

void session_accept(struct session_pool *pool, int fd)
{
    struct session *s = take(pool);

    if (s == NULL || !begin(s, fd)) {
        close(fd);
        if (s != NULL) {
            slab_give(&pool->sessions, s);
        }
        return;
    }
    note_address(s, fd);
    list_init(&s->link);
    list_push_back(&pool->all, &s->link);
    peer_set_timer(&s->client, pool->config->defaults.handshake_timeout_ms);
}

/* ---- the end ---- */

void session_note_end(struct session *s, enum session_initiator by, uint16_t code, const char *cause,
                      struct slice reason)
{
    if (s->end.cause != NULL) {
        return;
    }
    s->end.cause = cause;
    s->end.code = code;
    s->end.initiator = (uint8_t)by;
    s->end.reason_bytes = (uint8_t)(reason.len < sizeof s->end.reason ? reason.len : sizeof s->end.reason);
    memcpy(s->end.reason, reason.ptr, s->end.reason_bytes);
}

static enum session_initiator side_of(const struct peer *p)
{
    return p->role == &peer_role_client ? SESSION_BY_CLIENT : SESSION_BY_BACKEND;
}

/* What a peer is told when the other side has failed: a backend 1001, a client 1014. */
static void tell_other_failed(struct peer *p, const char *why)
{
    const bool is_client = p->role == &peer_role_client;
    const struct ws_close close = {.code = is_client ? WS_CLOSE_BAD_GATEWAY : WS_CLOSE_GOING_AWAY,
                                   .reason = slice_from_string(is_client ? why : "")};
    peer_send_close(p, &close);
}

static struct ws_close close_of_fault(enum ws_status status)
{
    return (struct ws_close){.code = ws_status_close_code(status), .reason = slice_from_string(ws_status_text(status))};
}

void session_answer(struct peer *p)
{
    const struct session *s = session_of(p);
    const struct ws_close end = {.code = s->end.code, .reason = {s->end.reason, s->end.reason_bytes}};
    const struct ws_close close = p->fault != WS_OK ? close_of_fault(p->fault) : end;

    if (p->state == PEER_CLOSE_RECEIVED) {
        peer_send_close(p, &close);
    }
}

/* A peer takes no more data: what was kept waiting for its queue is read again, and dropped. */
static void let_go(struct peer *p)
{
    struct peer *other = session_other(p);
    if (other->is_paused) {
        peer_resume(other);
    }
}

static void free_session(struct session *s)
{
    struct session_pool *pool = s->pool;

    if (s->opened_ms != 0) {
        access_log_close(s);
    } else if (s->end.cause != NULL) {
        access_log_refuse(s);
    }
    compression_end(s);
    give_place(s);
    list_remove(&s->link);
    slab_give(&pool->sessions, s);
}

static void on_freed(struct peer *p)
{
    struct peer *other = session_other(p);

    if (peer_is_free(other)) {
        free_session(session_of(p));
    } else {
        let_go(p);
    }
}

static const char *fault_cause(const struct peer *p)
{
    return p->role == &peer_role_client ? "the client broke the WebSocket protocol"
                                        : "the backend broke the WebSocket protocol";
}

/* What the other side still owes is waited for: its answers to good messages, and the Close that it is asked for. The
 * one that failed gets its own Close behind them. */
void session_fault(struct peer *p, enum ws_status status)
{
    struct session *s = session_of(p);
    struct peer *other = session_other(p);
    const struct ws_close close = close_of_fault(status);
    const uint16_t client_code = p->role == &peer_role_client ? close.code : WS_CLOSE_BAD_GATEWAY;

    session_note_end(s, SESSION_BY_GATEWAY, client_code, fault_cause(p), close.reason);
    peer_fault(p, status);
    if (s->compression != NULL && !peer_gives_frames(&s->client)) {
        compression_give_back(s);
    }
    if (other->fault != WS_OK) {
        session_answer(other);
    } else {
        tell_other_failed(other, fault_cause(p));
    }
    if (!peer_gives_frames(other)) {
        session_answer(p);
        let_go(p);
    }
}

static const char *ended_cause(const struct peer *p, int error)
{
    const bool is_client = p->role == &peer_role_client;
    if (error == 0) {
        return is_client ? "the client ended the connection without a Close"
                         : "the backend ended the connection without a Close";
    }
    return is_client ? "the connection to the client broke" : "the connection to the backend broke";
}

/* An open peer left without a Close, or did not answer one. */
static void end_open(struct peer *p, int error)
{
    const uint16_t code = p->role == &peer_role_client ? WS_CLOSE_ABNORMAL : WS_CLOSE_BAD_GATEWAY;

    session_note_end(session_of(p), side_of(p), code, ended_cause(p, error), SLICE_LITERAL(""));
    if (p->state == PEER_CLOSE_SENT) {
        session_answer(session_other(p));
    } else {
        tell_other_failed(session_other(p), "the backend vanished");
    }
    if (error == 0) {
        peer_finish(p);
    } else {
        peer_abort(p);
    }
    let_go(p);
}

static void on_ended(struct peer *p, int error)
{
    if (session_of(p)->opened_ms != 0) {
        end_open(p, error);
    } else {
        opening_on_ended(p, error);
    }
}

static void on_timed_out(struct peer *p)
{
    if (p->state == PEER_OPEN) {
        session_close(session_of(p), WS_CLOSE_GOING_AWAY, WS_CLOSE_GOING_AWAY, "the gateway shuts down");
    } else if (p->state == PEER_CLOSE_SENT) {
        session_answer(session_other(p));
        peer_abort(p);
    } else {
        opening_on_timed_out(p);
    }
}

/* A Close may stand only between the messages of a stream, if the last one is to arrive whole. */
static bool can_leave(const struct session *s)
{
    return !s->client.mid_frame && !s->upstream.mid_frame && s->client.in.opcode == 0 && s->upstream.in.opcode == 0;
}

void session_close(struct session *s, uint16_t client_code, uint16_t upstream_code, const char *cause)
{
    const struct ws_close to_client = {.code = client_code, .reason = slice_from_string(cause)};
    const struct ws_close to_upstream = {.code = upstream_code, .reason = slice_from_string(cause)};

    if (!can_leave(s)) {
        s->is_leaving = true;
        return;
    }
    s->is_leaving = false;
    session_note_end(s, SESSION_BY_GATEWAY, client_code, cause, to_client.reason);
    peer_send_close(&s->client, &to_client);
    peer_send_close(&s->upstream, &to_upstream);
    let_go(&s->client);
    let_go(&s->upstream);
}

void session_leave(struct session *s)
{
    if (UNLIKELY(s->is_leaving)) {
        session_close(s, WS_CLOSE_GOING_AWAY, WS_CLOSE_GOING_AWAY, "the gateway shuts down");
    }
}

void session_count(struct session *s, const struct peer *from, size_t bytes, bool ends_message)
{
    struct session_traffic *traffic = from == &s->client ? &s->from_client : &s->from_upstream;

    traffic->messages += ends_message;
    traffic->bytes += bytes;
}

void session_out_of_buffers(struct peer *to)
{
    const struct ws_close close = {.code = WS_CLOSE_TRY_AGAIN, .reason = SLICE_LITERAL("out of buffers")};

    session_note_end(session_of(to), SESSION_BY_GATEWAY, WS_CLOSE_TRY_AGAIN, "out of send buffers", SLICE_LITERAL(""));
    peer_abort(to);
    peer_send_close(session_other(to), &close);
}

void session_abort(struct session *s, const char *cause)
{
    session_note_end(s, SESSION_BY_GATEWAY, WS_CLOSE_ABNORMAL, cause, SLICE_LITERAL(""));
    peer_abort(&s->client);
    peer_abort(&s->upstream);
}

/* Closes are spread over the period, so that not all clients come back at once. */
void session_drain_all(struct session_pool *pool, uint32_t period_ms)
{
    pool->is_draining = true;
    for (struct list *node = pool->all.next, *next; node != &pool->all; node = next) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        next = node->next;
        if (s->client.state == PEER_OPEN) {
            peer_set_timer(&s->client, 1 + rng_u32(&pool->env.rng) % (period_ms + 1));
        } else if (s->client.state == PEER_HEAD || s->client.state == PEER_HELD) {
            opening_refuse(s, DRAINED_STATUS, SESSION_BY_GATEWAY, "the gateway shuts down");
        }
    }
}

void session_abort_all(struct session_pool *pool)
{
    for (struct list *node = pool->all.next, *next; node != &pool->all; node = next) {
        next = node->next;
        session_abort(CONTAINER_OF(node, struct session, link), "the gateway shut down at once");
    }
}

#include "gateway/conn/peer.h"

#include <errno.h>

#include "simd/simd.h"

const struct peer_role peer_role_client = {.name = "client", .sends_masked = false, .closes_tcp_first = true};
const struct peer_role peer_role_upstream = {.name = "upstream", .sends_masked = true, .closes_tcp_first = false};

/* ---- states ---- */

enum timer_rule { TIMER_KEEP, TIMER_CLEAR, TIMER_LINGER };

typedef void received_fn(struct peer *p, struct lease lease);
typedef void ended_fn(struct peer *p, int error);
typedef void timed_out_fn(struct peer *p);

static received_fn receive_head, receive_early, receive_body, receive_frames, discard;
static ended_fn end_session, end_if_broken, abort_if_broken, end_lingering;
static timed_out_fn tell_timed_out;

#define FROM(name) (1u << PEER_##name)
#define FROM_ANY   ((1u << PEER_STATE_COUNT) - 1)
static_assert(PEER_STATE_COUNT <= 32, "the from-sets are 32 bits");

static const struct {
    const char *name;
    uint32_t from;
} states[PEER_STATE_COUNT] = {
#define PEER_STATE(state, states_before) [PEER_##state] = {#state, states_before},
#include "gateway/conn/peer_states.def"
#undef PEER_STATE
};

/* What a state does: with bytes, with the end of them, when its time is over; how it reads, and what happens to the
 * timer when it is entered. */
static const struct {
    received_fn *received;
    ended_fn *ended;
    timed_out_fn *timed_out;
    enum sock_reading reading;
    enum timer_rule timer;
} rows[PEER_STATE_COUNT] = {
    [PEER_FREE] = {NULL, NULL, NULL, SOCK_READING_OFF, TIMER_CLEAR},
    [PEER_CONNECTING] = {discard, end_session, tell_timed_out, SOCK_READING_OFF, TIMER_KEEP},
    [PEER_HEAD] = {receive_head, end_session, tell_timed_out, SOCK_READING_ONCE, TIMER_KEEP},
    [PEER_HELD] = {receive_early, end_session, tell_timed_out, SOCK_READING_ONCE, TIMER_KEEP},
    [PEER_BODY] = {receive_body, end_session, tell_timed_out, SOCK_READING_ONCE, TIMER_KEEP},
    [PEER_OPEN] = {receive_frames, end_session, tell_timed_out, SOCK_READING_MULTISHOT, TIMER_CLEAR},
    [PEER_CLOSE_SENT] = {receive_frames, end_session, tell_timed_out, SOCK_READING_MULTISHOT, TIMER_LINGER},
    [PEER_CLOSE_RECEIVED] = {discard, end_if_broken, tell_timed_out, SOCK_READING_MULTISHOT, TIMER_CLEAR},
    [PEER_FLUSHING] = {discard, abort_if_broken, peer_abort, SOCK_READING_ONCE, TIMER_LINGER},
    [PEER_LINGERING] = {discard, end_lingering, peer_abort, SOCK_READING_ONCE, TIMER_LINGER},
    [PEER_CLOSING] = {NULL, NULL, NULL, SOCK_READING_OFF, TIMER_CLEAR},
};

const char *peer_state_name(enum peer_state state)
{
    ASSERT(state < PEER_STATE_COUNT);
    return states[state].name;
}

bool peer_state_may_follow(enum peer_state from, enum peer_state next)
{
    ASSERT(from < PEER_STATE_COUNT && next < PEER_STATE_COUNT);
    return (states[next].from & 1u << from) != 0;
}

bool peer_gives_frames(const struct peer *p)
{
    return rows[p->state].received == receive_frames;
}

bool peer_takes_data(const struct peer *p)
{
    return p->state == PEER_OPEN || p->state == PEER_CLOSE_RECEIVED;
}

/* Whether a peer in this state may be kept waiting because the other side is slow. */
static bool is_held_back(const struct peer *p)
{
    const bool relays = peer_gives_frames(p) || p->state == PEER_BODY;
    const bool is_full = p->state == PEER_HELD && inbox_room(p->inbox, &p->env->inboxes) < BUF_RING_BUFFER_BYTES;
    return is_full || (p->is_paused && relays);
}

/* A peer that was paused once is read one buffer at a time, so that it cannot run far over the mark again. */
static void settle_reading(struct peer *p)
{
    enum sock_reading reading = rows[p->state].reading;

    if (p->sock == NULL || p->has_ended) {
        return;
    }
    if (is_held_back(p)) {
        reading = SOCK_READING_OFF;
    } else if (reading == SOCK_READING_MULTISHOT && p->is_read_once) {
        reading = SOCK_READING_ONCE;
    }
    sock_read(p->sock, reading);
}

/* The only writer of a peer's state. */
static void enter(struct peer *p, enum peer_state next)
{
    ASSERT(peer_state_may_follow(p->state, next));
    p->state = (uint8_t)next;
    if (rows[next].timer == TIMER_LINGER) {
        io_set_timer(p->env->io, &p->timer, p->linger_ms);
    } else if (rows[next].timer == TIMER_CLEAR) {
        wheel_clear(&p->timer);
    }
}

void peer_set_timer(struct peer *p, uint64_t delay_ms)
{
    if (delay_ms == 0) {
        wheel_clear(&p->timer);
    } else {
        io_set_timer(p->env->io, &p->timer, delay_ms);
    }
}

static void fire(struct wheel_timer *timer)
{
    struct peer *p = CONTAINER_OF(timer, struct peer, timer);
    if (rows[p->state].timed_out != NULL) {
        rows[p->state].timed_out(p);
    }
}

static void tell_timed_out(struct peer *p)
{
    p->events->timed_out(p);
}

/* ---- what the sock tells ---- */

static void on_received(struct sock *s, struct lease lease)
{
    struct peer *p = s->owner;

    ASSERT(rows[p->state].received != NULL);
    rows[p->state].received(p, lease);
    buf_ring_release(&p->env->io->bufs, lease.buffer);
    settle_reading(p);
}

static void on_ended(struct sock *s, int error)
{
    struct peer *p = s->owner;

    p->has_ended = true;
    rows[p->state].ended(p, error);
}

static void on_connected(struct sock *s, int error)
{
    struct peer *p = s->owner;
    p->events->connected(p, error);
}

static void linger(struct peer *p);

static void on_sent(struct sock *s, int error)
{
    struct peer *p = s->owner;

    if (error != 0) {
        rows[p->state].ended(p, error);
    } else if (p->state == PEER_FLUSHING) {
        if (sock_is_flushed(s)) {
            linger(p);
        }
    } else {
        peer_send_waiting_pong(p);
        p->events->sent(p);
    }
}

static void drop_inbox(struct peer *p)
{
    if (p->inbox != NULL) {
        slab_give(&p->env->inboxes, p->inbox);
        p->inbox = NULL;
    }
}

static void drop_pong(struct peer *p)
{
    if (p->pong != NULL) {
        slab_give(&p->env->io->pool.chunks, p->pong);
        p->pong = NULL;
    }
}

static void drop_backlog(struct peer *p)
{
    if (p->backlog != NULL) {
        send_queue_clear(p->backlog, &p->env->io->pool);
        p->backlog = NULL;
    }
}

static void on_closed(struct sock *s)
{
    struct peer *p = s->owner;

    drop_inbox(p);
    drop_pong(p);
    drop_backlog(p);
    p->sock = NULL;
    enter(p, PEER_FREE);
    p->events->freed(p);
}

static const struct sock_events sock_events = {
    .received = on_received, .ended = on_ended, .connected = on_connected, .sent = on_sent, .closed = on_closed};

/* ---- birth ---- */

void peer_init(struct peer *p, struct peer_env *env, const struct peer_role *role, const struct peer_events *events)
{
    *p = (struct peer){.env = env, .role = role, .events = events, .state = PEER_FREE};
    wheel_timer_init(&p->timer, fire);
    ws_message_init(&p->in);
}

int peer_accept(struct peer *p, int fd)
{
    p->sock = sock_accept(p->env->io, fd, &sock_events, p);
    if (p->sock == NULL) {
        return -EMFILE;
    }
    enter(p, PEER_HEAD);
    settle_reading(p);
    return 0;
}

int peer_connect(struct peer *p, const struct addr *addr)
{
    int error = 0;
    p->sock = sock_connect(p->env->io, addr, &sock_events, p, &error);
    if (p->sock == NULL) {
        return error;
    }
    enter(p, PEER_CONNECTING);
    return 0;
}

/* ---- the handshake's bytes ---- */

static void scan_head(struct peer *p)
{
    const enum http1_status status = inbox_scan(p->inbox, p->env->head_bytes_max);
    if (status == HTTP1_OK) {
        p->events->head(p);
    } else if (status != HTTP1_NEED_MORE) {
        p->events->head_bad(p, status);
    }
}

/* What was received never exceeds the room: a head that is not whole has fewer than head_bytes_max bytes, and each
 * receive brings one buffer. */
static void receive_head(struct peer *p, struct lease lease)
{
    if (p->inbox == NULL) {
        p->inbox = inbox_take(&p->env->inboxes);
        if (p->inbox == NULL) {
            p->events->ended(p, -ENOMEM);
            return;
        }
    }
    inbox_append(p->inbox, &p->env->inboxes, slice_of_span(lease.bytes));
    scan_head(p);
}

static void receive_early(struct peer *p, struct lease lease)
{
    inbox_append(p->inbox, &p->env->inboxes, slice_of_span(lease.bytes));
}

static void receive_body(struct peer *p, struct lease lease)
{
    p->events->body(p, slice_of_span(lease.bytes));
}

void peer_read_head(struct peer *p)
{
    enter(p, PEER_HEAD);
    settle_reading(p);
}

void peer_hold(struct peer *p)
{
    enter(p, PEER_HELD);
    settle_reading(p);
}

void peer_skip_head(struct peer *p)
{
    inbox_drop_head(p->inbox);
    scan_head(p);
}

void peer_read_body(struct peer *p)
{
    struct inbox *in = p->inbox;

    enter(p, PEER_BODY);
    p->inbox = NULL;
    p->events->body(p, slice_of_span(inbox_rest(in)));
    slab_give(&p->env->inboxes, in);
    settle_reading(p);
}

/* ---- frames ---- */

/* What a metered peer sent is kept until it is resumed. */
static void put_off(struct peer *p, struct span bytes)
{
    if (send_queue_push_copy(p->backlog, &p->env->io->pool, slice_of_span(bytes)) != 0) {
        p->events->ended(p, -ENOMEM);
    }
}

static void take_frames(struct peer *p, struct span bytes, uint16_t buffer)
{
    struct ws_part part;

    while (bytes.len > 0 && peer_gives_frames(p)) {
        if (UNLIKELY(p->is_paused && p->backlog != NULL)) {
            put_off(p, bytes);
            return;
        }
        const enum ws_status status = ws_message_next(&p->in, p->rules, &bytes, &part);
        if (LIKELY(status == WS_OK)) {
            const size_t left = p->events->part(p, &part, buffer);
            if (UNLIKELY(left > 0)) {
                ASSERT(p->is_paused && p->backlog != NULL);
                ws_message_unread(&p->in, p->rules, &bytes, &part, left);
            }
        } else if (status != WS_NEED_MORE) {
            p->events->fault(p, status);
            return;
        }
    }
}

/* What was put off goes on; what is left of it when the peer is paused again is put off anew. */
static void take_backlog(struct peer *p)
{
    struct send_pool *pool = &p->env->io->pool;
    struct send_queue backlog = *p->backlog;
    struct iovec piece;
    size_t bytes;

    *p->backlog = (struct send_queue){0};
    while (!send_queue_is_empty(&backlog)) {
        send_queue_gather(&backlog, &piece, 1, &bytes);
        take_frames(p, (struct span){piece.iov_base, piece.iov_len}, BUF_RING_NONE);
        send_queue_advance(&backlog, pool, bytes);
    }
}

static void receive_frames(struct peer *p, struct lease lease)
{
    take_frames(p, lease.bytes, lease.buffer);
}

void peer_open(struct peer *p, const struct ws_rules *rules)
{
    p->rules = rules;
    enter(p, PEER_OPEN);
}

void peer_take_early(struct peer *p)
{
    struct inbox *in = p->inbox;

    if (in != NULL) {
        p->inbox = NULL;
        take_frames(p, inbox_rest(in), BUF_RING_NONE);
        slab_give(&p->env->inboxes, in);
    }
    settle_reading(p);
}

void peer_meter(struct peer *p, struct send_queue *backlog)
{
    p->backlog = backlog;
    p->is_read_once = true;
}

void peer_pause(struct peer *p)
{
    p->is_paused = p->is_read_once = true;
    settle_reading(p);
}

void peer_resume(struct peer *p)
{
    p->is_paused = false;
    if (p->backlog != NULL) {
        take_backlog(p);
    }
    settle_reading(p);
}

/* ---- sending ---- */

enum { CONTROL_FRAME_BYTES_MAX = WS_FRAME_HEADER_BYTES_MAX + WS_FRAME_CONTROL_BYTES_MAX };

/* A control frame of ours for this peer, masked where we are its client, with a fresh key (RFC 6455 section 5.3). */
static size_t write_control(struct peer *p, uint8_t opcode, struct slice payload, uint8_t *out)
{
    const bool masked = p->role->sends_masked;
    const struct ws_frame frame = {.payload_bytes = payload.len,
                                   .key = masked ? rng_u32(&p->env->rng) : 0,
                                   .opcode = opcode,
                                   .fin = true,
                                   .masked = masked};
    const size_t header_bytes = ws_frame_encode(&frame, out);

    simd->mask(out + header_bytes, payload.ptr, payload.len, frame.key);
    return header_bytes + payload.len;
}

void peer_send_close(struct peer *p, const struct ws_close *close)
{
    uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX];
    uint8_t frame[CONTROL_FRAME_BYTES_MAX];

    if (!peer_takes_data(p)) {
        return;
    }
    if (p->mid_frame) {
        peer_finish(p);
        return;
    }
    const size_t payload_bytes = ws_close_encode(close, payload);
    const size_t bytes = write_control(p, WS_OPCODE_CLOSE, (struct slice){payload, payload_bytes}, frame);
    if (peer_send(p, (struct slice){frame, bytes}) != 0) {
        peer_abort(p);
        return;
    }
    peer_close_was_sent(p);
}

void peer_close_was_sent(struct peer *p)
{
    if (p->state == PEER_OPEN) {
        enter(p, PEER_CLOSE_SENT);
        settle_reading(p);
    } else if (p->state == PEER_CLOSE_RECEIVED) {
        p->is_agreed = p->fault == WS_OK;
        peer_finish(p);
    }
}

void peer_close_was_received(struct peer *p)
{
    if (p->state == PEER_OPEN) {
        enter(p, PEER_CLOSE_RECEIVED);
        settle_reading(p);
    } else if (p->state == PEER_CLOSE_SENT) {
        p->is_agreed = true;
        peer_finish(p);
    }
}

void peer_fault(struct peer *p, enum ws_status status)
{
    p->fault = (uint8_t)status;
    if (p->state == PEER_OPEN) {
        enter(p, PEER_CLOSE_RECEIVED);
        settle_reading(p);
    } else {
        peer_finish(p);
    }
}

int peer_send_pong(struct peer *p, const struct ws_part *ping, size_t queue_bytes_max)
{
    uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX];
    uint8_t frame[CONTROL_FRAME_BYTES_MAX];

    if (!peer_takes_data(p)) {
        return 0;
    }
    const size_t payload_bytes = ws_part_unmask(ping, payload);
    const size_t bytes = write_control(p, WS_OPCODE_PONG, (struct slice){payload, payload_bytes}, frame);
    if (!p->mid_frame && sock_queued_bytes(p->sock) < queue_bytes_max) {
        return peer_send(p, (struct slice){frame, bytes});
    }
    if (p->pong == NULL && (p->pong = slab_take(&p->env->io->pool.chunks)) == NULL) {
        return -ENOMEM;
    }
    memcpy(p->pong->bytes, frame, bytes);
    p->pong_bytes = (uint8_t)bytes;
    return 0;
}

void peer_send_waiting_pong(struct peer *p)
{
    if (p->pong == NULL || p->mid_frame || !peer_takes_data(p)) {
        return;
    }
    if (peer_send(p, (struct slice){p->pong->bytes, p->pong_bytes}) == 0) {
        drop_pong(p);
    }
}

/* ---- the end ---- */

static void end_session(struct peer *p, int error)
{
    p->events->ended(p, error);
}

/* It may end its direction after its Close; only a broken connection cannot take the answer any more. */
static void end_if_broken(struct peer *p, int error)
{
    if (error != 0) {
        p->events->ended(p, error);
    }
}

static void abort_if_broken(struct peer *p, int error)
{
    if (error != 0) {
        peer_abort(p);
    }
}

static void end_lingering(struct peer *p, int error)
{
    (void)error;
    peer_abort(p);
}

static void discard(struct peer *p, struct lease lease)
{
    p->discarded_bytes += (uint32_t)lease.bytes.len;
    if (p->discarded_bytes > PEER_LINGER_BYTES_MAX) {
        peer_abort(p);
    }
}

static void linger(struct peer *p)
{
    enter(p, PEER_LINGERING);
    if (p->is_reset) {
        sock_reset_on_close(p->sock);
    }
    if (p->has_ended || p->is_reset) {
        peer_abort(p);
        return;
    }
    if (p->role->closes_tcp_first || !p->is_agreed) {
        sock_shutdown_write(p->sock);
    }
    settle_reading(p);
}

void peer_finish(struct peer *p)
{
    if (p->state == PEER_CONNECTING) {
        peer_abort(p);
        return;
    }
    if (!peer_state_may_follow(p->state, PEER_FLUSHING)) {
        return;
    }
    drop_inbox(p);
    enter(p, PEER_FLUSHING);
    if (sock_is_flushed(p->sock)) {
        linger(p);
    } else {
        settle_reading(p);
    }
}

void peer_abort(struct peer *p)
{
    if (p->state == PEER_FREE || p->state == PEER_CLOSING) {
        return;
    }
    enter(p, PEER_CLOSING);
    sock_close(p->sock);
}

void peer_reset(struct peer *p)
{
    p->is_reset = true;
    peer_finish(p);
}

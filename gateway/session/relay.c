#include "gateway/session/relay.h"

/* Reading goes on when the queue has shrunk to a quarter of the mark. */
enum { LOW_MARK_DIVISOR = 4 };

static size_t high_mark(const struct session *s)
{
    return s->route->settings.queue_bytes_max;
}

bool relay_is_pressed(struct peer *to)
{
    return to->sock != NULL && sock_queued_bytes(to->sock) >= high_mark(session_of(to));
}

void relay_press(struct peer *from, struct peer *to)
{
    if (!from->is_paused && relay_is_pressed(to)) {
        peer_pause(from);
    }
}

void relay_resume(struct peer *from, struct peer *to)
{
    const struct session *s = session_of(to);
    if (from->is_paused && s->route != NULL && sock_queued_bytes(to->sock) <= high_mark(s) / LOW_MARK_DIVISOR) {
        peer_resume(from);
    }
}

void relay_on_sent(struct peer *to)
{
    relay_resume(session_other(to), to);
}

/* Head and body lie one behind the other in the input, but for a head that was held. */
static int send_part(struct peer *to, const struct ws_part *part, uint16_t buffer)
{
    if (part->is_held) {
        const int error = peer_send(to, part->head);
        const uint16_t body_buffer = part->is_control ? BUF_RING_NONE : buffer;
        return error != 0 ? error : peer_send_from(to, part->body, body_buffer);
    }
    const uint8_t *begin = part->head.len > 0 ? part->head.ptr : part->body.ptr;
    return peer_send_from(to, (struct slice){begin, part->head.len + part->body.len}, buffer);
}

/* Passes a part on. While it is under way, and for good when it fails, the stream stops inside a frame: nothing may be
 * injected there. */
static void pass(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    struct peer *to = session_other(from);

    if (!peer_takes_data(to)) {
        return;
    }
    to->mid_frame = true;
    if (send_part(to, part, buffer) != 0) {
        session_out_of_buffers(to);
        return;
    }
    to->mid_frame = !part->ends_frame;
    if (part->ends_frame) {
        peer_send_waiting_pong(to);
    }
    relay_press(from, to);
}

void relay_note_close(struct peer *from, const struct ws_part *part, struct ws_close *close,
                      uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX])
{
    const enum session_initiator by = from->role == &peer_role_client ? SESSION_BY_CLIENT : SESSION_BY_BACKEND;
    const size_t bytes = ws_part_unmask(part, payload);
    const enum ws_status status = ws_close_decode((struct slice){payload, bytes}, close);

    ASSERT(status == WS_OK); /* ws_message has checked it */
    session_note_end(session_of(from), by, close->code, "closed", close->reason);
}

/* A Close goes on as it came, but to a side that broke the protocol; a side that cannot take it any more is answered
 * for. */
static void on_close(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    struct peer *to = session_other(from);
    struct ws_close close;
    uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX];

    relay_note_close(from, part, &close, payload);
    peer_close_was_received(from);
    if (to->fault != WS_OK) {
        session_answer(to);
    } else if (peer_takes_data(to)) {
        pass(from, part, buffer);
        peer_close_was_sent(to);
    } else if (to->state != PEER_CLOSE_SENT) {
        peer_send_close(from, &close);
    }
}

static void on_control(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    const struct session *s = session_of(from);

    if (part->opcode == WS_OPCODE_CLOSE) {
        on_close(from, part, buffer);
    } else if (s->route->settings.ping_answer == CONFIG_PING_PASS) {
        pass(from, part, buffer);
    } else if (part->opcode == WS_OPCODE_PING) {
        (void)!peer_send_pong(from, part, high_mark(s));
    }
}

size_t relay_on_part(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(from);

    if (UNLIKELY(part->is_control)) {
        on_control(from, part, buffer);
        return 0;
    }
    session_count(s, from, part->body.len, part->ends_message);
    pass(from, part, buffer);
    if (part->ends_message) {
        session_leave(s);
    }
    return 0;
}

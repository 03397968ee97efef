#include "gateway/session/edge.h"

#include "gateway/session/echo.h"
#include "gateway/session/relay.h"

/* The scratch: what was unmasked, what was inflated of it, and the frame made of that. */
enum {
    UNMASKED_AT = 0,
    INFLATED_AT = 32 << 10,
    FRAME_AT = 64 << 10,
    UNMASKED_BYTES = INFLATED_AT - UNMASKED_AT,
    INFLATED_BYTES = FRAME_AT - INFLATED_AT,
};

/* A piece of a message on its way, as the sink gets it. */
struct piece {
    struct slice bytes;
    uint8_t opcode; /* of the message */
    bool begins, ends;
    uint64_t message_bytes; /* of the whole message; UINT64_MAX where that is not known yet */
};

/* Where pieces of the client's inflated messages go. 0 or -ENOMEM. */
typedef int sink_fn(struct session *s, const struct piece *piece);

static uint8_t *scratch(const struct session *s, size_t at)
{
    return s->pool->scratch + at;
}

/* A frame of ours, whose payload lies behind the longest header at FRAME_AT: sent with a copy. 0 or -ENOMEM. */
static int send_frame(struct peer *to, const struct ws_frame *frame)
{
    uint8_t *payload = scratch(session_of(to), FRAME_AT) + WS_FRAME_HEADER_BYTES_MAX;
    uint8_t header[WS_FRAME_HEADER_BYTES_MAX];
    const size_t header_bytes = ws_frame_encode(frame, header);

    if (!peer_takes_data(to)) {
        return 0;
    }
    memcpy(payload - header_bytes, header, header_bytes);
    const int error = peer_send(to, (struct slice){payload - header_bytes, header_bytes + frame->payload_bytes});
    if (error == 0) {
        peer_send_waiting_pong(to);
    }
    return error;
}

/* ---- to the client ---- */

/* A piece of a message to the client, deflated or as it is. */
static int send_piece(struct session *s, const struct piece *piece)
{
    struct compression *c = s->compression;
    uint8_t *payload = scratch(s, FRAME_AT) + WS_FRAME_HEADER_BYTES_MAX;
    const struct span room = {payload, SESSION_POOL_SCRATCH_BYTES - FRAME_AT - WS_FRAME_HEADER_BYTES_MAX};
    size_t bytes = piece->bytes.len;

    if (c->is_deflating) {
        bytes = pmd_deflater_run(compression_deflater(s), piece->bytes, piece->ends, room);
    } else {
        memcpy(payload, piece->bytes.ptr, bytes);
    }
    if (bytes == 0 && !piece->ends) {
        return 0;
    }
    const bool is_first = !c->deflated_is_begun;
    c->deflated_is_begun = !piece->ends;
    return send_frame(&s->client, &(struct ws_frame){.payload_bytes = bytes,
                                                     .opcode = is_first ? piece->opcode : WS_OPCODE_CONTINUATION,
                                                     .rsv = is_first && c->is_deflating ? WS_RSV1 : 0,
                                                     .fin = piece->ends});
}

/* Decided where a message begins: whether it is deflated. */
static bool deflates(const struct session *s, const struct piece *piece)
{
    struct compression *c = s->compression;
    if (piece->begins) {
        c->is_deflating = piece->message_bytes >= s->route->settings.compression.min_bytes;
    }
    return c->is_deflating;
}

/* The size of a message is known where its first frame is its last. */
static struct piece piece_of(const struct peer *from, const struct ws_part *part)
{
    const uint64_t announced = from->in.frame_fin ? from->in.message_bytes : UINT64_MAX;

    return (struct piece){.bytes = part->body,
                          .opcode = part->opcode,
                          .begins = part->begins_message,
                          .ends = part->ends_message,
                          .message_bytes = part->ends_message ? part->body.len : announced};
}

/* A part on its plain way to the client is deflated, if it is to be: whether it was. */
static bool deflate_part(struct peer *from, const struct ws_part *part)
{
    struct session *s = session_of(from);
    const struct piece piece = piece_of(from, part);

    if (!deflates(s, &piece)) {
        return false;
    }
    session_count(s, from, part->body.len, part->ends_message);
    if (send_piece(s, &piece) != 0) {
        session_out_of_buffers(&s->client);
        return true;
    }
    relay_press(from, &s->client);
    if (part->ends_message) {
        session_leave(s);
    }
    return true;
}

size_t edge_on_upstream_part(struct peer *upstream, const struct ws_part *part, uint16_t buffer)
{
    if (!part->is_control && deflate_part(upstream, part)) {
        return 0;
    }
    return relay_on_part(upstream, part, buffer);
}

/* ---- from the client ---- */

/* Inflated, to the upstream: masked with a fresh key (RFC 6455 section 5.3). */
static int sink_to_upstream(struct session *s, const struct piece *piece)
{
    const uint32_t key = rng_u32(&s->pool->env.rng);

    simd->mask(scratch(s, FRAME_AT) + WS_FRAME_HEADER_BYTES_MAX, piece->bytes.ptr, piece->bytes.len, key);
    return send_frame(&s->upstream, &(struct ws_frame){.payload_bytes = piece->bytes.len,
                                                       .key = key,
                                                       .opcode = piece->begins ? piece->opcode : WS_OPCODE_CONTINUATION,
                                                       .fin = piece->ends,
                                                       .masked = true});
}

/* Inflated, back to the client. */
static int sink_to_client(struct session *s, const struct piece *piece)
{
    (void)deflates(s, piece);
    return send_piece(s, piece);
}

/* What one step inflated goes on. 0 or -ENOMEM. */
static int pass_inflated(struct session *s, sink_fn *sink, struct slice bytes, bool ends)
{
    struct compression *c = s->compression;
    const bool begins = !c->inflated_is_begun;

    session_count(s, &s->client, bytes.len, ends);
    if (bytes.len == 0 && !ends) {
        return 0;
    }
    c->inflated_is_begun = !ends;
    return sink(s, &(struct piece){.bytes = bytes,
                                   .opcode = c->from_client.opcode,
                                   .begins = begins,
                                   .ends = ends,
                                   .message_bytes = begins && ends ? bytes.len : UINT64_MAX});
}

/* Inflates in, as far as there is room for it at the other side and time in this turn; returns how many bytes are left.
 */
static size_t inflate_bytes(struct session *s, struct slice in, bool is_last, struct peer *to, sink_fn *sink)
{
    struct inflation *f = &s->compression->from_client;
    const struct span room = {scratch(s, INFLATED_AT), INFLATED_BYTES};
    enum pmd_status status;
    struct slice out;

    do {
        if (in.len > 0 && (relay_is_pressed(to) || compression_must_yield(s, f))) {
            peer_pause(&s->client);
            return in.len;
        }
        status = inflation_step(f, &in, is_last, room, &out);
        if (status == PMD_BAD) {
            compression_give_back(s);
            session_fault(&s->client, f->fault);
            return 0;
        }
        compression_spend(s, f, out.len);
        if (pass_inflated(s, sink, out, status == PMD_END) != 0) {
            session_out_of_buffers(to);
            return 0;
        }
    } while (status == PMD_NEED_ROOM);
    if (status == PMD_END) {
        compression_give_back(s);
        session_leave(s);
    }
    return 0;
}

/* Unmasks and inflates a part by pieces; returns how many bytes are left. */
static size_t inflate_part(struct session *s, const struct ws_part *part, struct peer *to, sink_fn *sink)
{
    const struct span room = {scratch(s, UNMASKED_AT), UNMASKED_BYTES};
    size_t taken = 0, left;

    do {
        const struct slice in = inflation_unmask(part, taken, room);
        taken += in.len;
        left = inflate_bytes(s, in, part->ends_message && taken == part->body.len, to, sink);
    } while (left == 0 && taken < part->body.len && peer_gives_frames(&s->client));
    return left == 0 ? 0 : part->body.len - taken + left;
}

/* A part of a compressed message. Nothing of an empty one needs a context but its end. */
static size_t take_compressed(struct session *s, const struct ws_part *part, struct peer *to, sink_fn *sink)
{
    if (!peer_takes_data(to)) {
        compression_give_back(s);
        return 0;
    }
    if (part->body.len == 0 && !part->ends_message) {
        return 0;
    }
    if (compression_borrow(s)) {
        return inflate_part(s, part, to, sink);
    }
    if (part->body.len == 0) {
        if (pass_inflated(s, sink, part->body, true) != 0) {
            session_out_of_buffers(to);
        }
        session_leave(s);
        return 0;
    }
    compression_wait(s);
    peer_pause(&s->client);
    return part->body.len;
}

typedef size_t part_fn(struct peer *from, const struct ws_part *part, uint16_t buffer);

/* What is not compressed goes its plain way. A Close may leave a message unfinished: then nothing of it is inflated any
 * more. */
static size_t take_plain(struct peer *client, const struct ws_part *part, uint16_t buffer, part_fn *take)
{
    const size_t left = take(client, part, buffer);

    if (!peer_gives_frames(client)) {
        compression_give_back(session_of(client));
    }
    return left;
}

size_t edge_on_client_part(struct peer *client, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(client);

    if (part->is_control || !inflation_takes(&s->compression->from_client, part)) {
        return take_plain(client, part, buffer, relay_on_part);
    }
    return take_compressed(s, part, &s->upstream, sink_to_upstream);
}

size_t edge_on_echo_part(struct peer *client, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(client);

    if (!part->is_control && inflation_takes(&s->compression->from_client, part)) {
        return take_compressed(s, part, client, sink_to_client);
    }
    if (!part->is_control && deflate_part(client, part)) {
        return 0;
    }
    return take_plain(client, part, buffer, echo_on_part);
}

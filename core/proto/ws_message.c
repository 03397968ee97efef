#include "core/proto/ws_message.h"

#include <string.h>

#include "core/proto/ws_close.h"

/* A decoded header, and the bytes it was decoded from: the input, or what was held with the input behind. */
struct opening {
    struct ws_frame frame;
    struct slice bytes; /* begin with the header */
    size_t header_bytes;
};

void ws_message_init(struct ws_message *m)
{
    *m = (struct ws_message){0};
}

/*
 * Passes over payload bytes once: returns the state of the text behind them (of anything but text the state as it was)
 * and unmasks them in place where the rules say so. A key of 0 is none.
 */
static inline uint32_t pass_over(const struct ws_rules *rules, struct span body, uint32_t key, bool is_text,
                                 uint32_t utf8)
{
    if (key != 0 && rules->payload == WS_PAYLOAD_UNMASKED) {
        if (is_text) {
            return simd->unmask_utf8(utf8, body.ptr, body.ptr, body.len, key);
        }
        simd->mask(body.ptr, body.ptr, body.len, key);
        return utf8;
    }
    if (!is_text) {
        return utf8;
    }
    return key == 0 ? simd->utf8(utf8, body.ptr, body.len) : simd->utf8_masked(utf8, body.ptr, body.len, key);
}

/* The key that is left on a part's bytes: none where they have been unmasked. */
static inline uint32_t key_left(const struct ws_rules *rules, uint32_t key)
{
    return rules->payload == WS_PAYLOAD_UNMASKED ? 0 : key;
}

/*
 * How many bytes the header has if the input begins with a whole message in one frame of at most 125 bytes, between two
 * messages, without RSV bits and masked as it has to be: what nearly every message is. Else 0, which says nothing.
 */
static inline size_t short_header_bytes(const struct ws_message *m, const struct ws_rules *rules, struct span in)
{
    if ((m->opcode | m->held_bytes) != 0 || in.len < 2) {
        return 0;
    }
    const bool masked = rules->masking == WS_MASKING_REQUIRED;
    const size_t header_bytes = masked ? 6 : 2;
    const uint8_t payload_bytes = in.ptr[1] ^ (masked ? 0x80 : 0);
    const bool is_short = (in.ptr[0] == (0x80 | WS_OPCODE_TEXT) || in.ptr[0] == (0x80 | WS_OPCODE_BINARY)) &&
                          payload_bytes <= 125 && payload_bytes <= rules->message_bytes_max &&
                          in.len >= header_bytes + payload_bytes;
    return is_short ? header_bytes : 0;
}

static inline enum ws_status next_short(const struct ws_rules *rules, struct span *in, size_t header_bytes,
                                        struct ws_part *part)
{
    const struct span body = {in->ptr + header_bytes, in->ptr[1] & 0x7f};
    const uint8_t opcode = in->ptr[0] & 0x0f;
    uint32_t key = 0;
    if (header_bytes == 6) {
        memcpy(&key, in->ptr + 2, 4);
    }
    if (pass_over(rules, body, key, opcode == WS_OPCODE_TEXT, SIMD_UTF8_BOUNDARY) != SIMD_UTF8_BOUNDARY) {
        return WS_ERR_UTF8;
    }
    *part = (struct ws_part){
        .head = {in->ptr, header_bytes},
        .body = slice_of_span(body),
        .key = key_left(rules, key),
        .opcode = opcode,
        .begins_message = true,
        .ends_frame = true,
        .ends_message = true,
    };
    *in = span_skip(*in, header_bytes + body.len);
    return WS_OK;
}

/* Takes what the input has of the open frame's payload, and completes the part with it. */
static enum ws_status take_payload(struct ws_message *m, const struct ws_rules *rules, struct span *in,
                                   struct ws_part *part)
{
    const struct span body = {in->ptr, in->len < m->frame_left ? in->len : (size_t)m->frame_left};
    const bool ends_frame = body.len == m->frame_left;
    const bool ends_message = ends_frame && m->frame_fin;

    m->utf8 = pass_over(rules, body, m->key, m->is_text, m->utf8);
    if (m->utf8 == SIMD_UTF8_BAD || (ends_message && m->utf8 != SIMD_UTF8_BOUNDARY)) {
        return WS_ERR_UTF8;
    }
    part->body = slice_of_span(body);
    part->key = key_left(rules, m->key);
    part->opcode = m->opcode;
    part->ends_frame = ends_frame;
    part->ends_message = ends_message;

    m->key = simd_key_turn(m->key, body.len);
    m->frame_left -= body.len;
    m->in_frame = !ends_frame;
    m->opcode = ends_message ? 0 : m->opcode;
    *in = span_skip(*in, body.len);
    return WS_OK;
}

/* What is left of the input begins a frame that cannot be given out yet: it is kept until the next. */
static enum ws_status hold(struct ws_message *m, struct span *in)
{
    ASSERT(in->len <= sizeof m->held - m->held_bytes);
    memcpy(m->held + m->held_bytes, in->ptr, in->len);
    m->held_bytes = (uint8_t)(m->held_bytes + in->len);
    *in = span_skip(*in, in->len);
    return WS_NEED_MORE;
}

/* The bytes from the frame's first on: where some are held, as much of the input as there is room for behind them. */
static struct slice gather(struct ws_message *m, struct span in)
{
    if (m->held_bytes == 0) {
        return slice_of_span(in);
    }
    const size_t room = sizeof m->held - m->held_bytes;
    const size_t bytes = in.len < room ? in.len : room;
    memcpy(m->held + m->held_bytes, in.ptr, bytes);
    return (struct slice){m->held, m->held_bytes + bytes};
}

/* What a frame's first byte may not be at this place of the stream. */
static enum ws_status check_order(const struct ws_message *m, const struct ws_rules *rules, uint8_t first_byte)
{
    const uint8_t opcode = first_byte & 0x0f;
    const uint8_t rsv = first_byte >> 4 & 7;
    const bool begins_message = opcode == WS_OPCODE_TEXT || opcode == WS_OPCODE_BINARY;

    if ((rsv & ~(begins_message ? rules->rsv_allowed : 0)) != 0) {
        return WS_ERR_RSV;
    }
    if (opcode == WS_OPCODE_CONTINUATION && m->opcode == 0) {
        return WS_ERR_CONTINUATION;
    }
    return begins_message && m->opcode != 0 ? WS_ERR_INTERLEAVED : WS_OK;
}

static enum ws_status check_masking(const struct ws_rules *rules, uint8_t second_byte)
{
    const bool masked = (second_byte & 0x80) != 0;
    if (masked == (rules->masking == WS_MASKING_REQUIRED)) {
        return WS_OK;
    }
    return masked ? WS_ERR_MASKED : WS_ERR_NOT_MASKED;
}

/* The announced size decides: no payload of a message that would be too big is ever given out. */
static enum ws_status check_size(const struct ws_message *m, const struct ws_rules *rules, const struct ws_frame *frame)
{
    if (ws_opcode_is_control(frame->opcode)) {
        return WS_OK;
    }
    const uint64_t before = frame->opcode == WS_OPCODE_CONTINUATION ? m->message_bytes : 0;
    const uint64_t max = rules->message_bytes_max;
    return before > max || frame->payload_bytes > max - before ? WS_ERR_TOO_BIG : WS_OK;
}

/*
 * Decodes the header at the front of o->bytes (at least one byte) and holds it against the rules. The checks stand in
 * the order of the bytes that they need, so that a fault is the same however the bytes are split.
 */
static enum ws_status decode_header(const struct ws_message *m, const struct ws_rules *rules, struct opening *o)
{
    const enum ws_status order = check_order(m, rules, o->bytes.ptr[0]);
    if (order != WS_OK) {
        return order;
    }
    const enum ws_status form = ws_frame_decode(o->bytes, &o->frame, &o->header_bytes);
    if (form == WS_ERR_OPCODE || form == WS_ERR_CONTROL_FRAGMENT || o->bytes.len < 2) {
        return form;
    }
    const enum ws_status masking = check_masking(rules, o->bytes.ptr[1]);
    if (masking != WS_OK) {
        return masking;
    }
    return form == WS_OK ? check_size(m, rules, &o->frame) : form;
}

static COLD enum ws_status check_close(const struct ws_part *part)
{
    uint8_t plain[WS_FRAME_CONTROL_BYTES_MAX];
    struct ws_close close;
    const size_t bytes = ws_part_unmask(part, plain);
    return ws_close_decode((struct slice){plain, bytes}, &close);
}

static enum ws_status next_control(struct ws_message *m, const struct opening *o, struct span *in, struct ws_part *part)
{
    const size_t total = o->header_bytes + (size_t)o->frame.payload_bytes;
    if (o->bytes.len < total) {
        return hold(m, in);
    }
    *part = (struct ws_part){
        .head = slice_first(o->bytes, o->header_bytes),
        .body = slice_skip(slice_first(o->bytes, total), o->header_bytes),
        .key = o->frame.key,
        .opcode = o->frame.opcode,
        .is_control = true,
        .is_held = m->held_bytes != 0,
        .ends_frame = true,
    };
    const enum ws_status status = part->opcode == WS_OPCODE_CLOSE ? check_close(part) : WS_OK;
    if (status == WS_OK) {
        *in = span_skip(*in, total - m->held_bytes);
        m->held_bytes = 0;
    }
    return status;
}

static void open_message(struct ws_message *m, const struct ws_frame *frame)
{
    m->opcode = frame->opcode;
    m->message_bytes = 0;
    m->is_text = frame->opcode == WS_OPCODE_TEXT && frame->rsv == 0;
    m->utf8 = SIMD_UTF8_BOUNDARY;
}

static enum ws_status next_data(struct ws_message *m, const struct ws_rules *rules, const struct opening *o,
                                struct span *in, struct ws_part *part)
{
    const bool begins_message = o->frame.opcode != WS_OPCODE_CONTINUATION;
    if (begins_message) {
        open_message(m, &o->frame);
    }
    m->message_bytes += o->frame.payload_bytes;
    m->frame_left = o->frame.payload_bytes;
    m->frame_fin = o->frame.fin;
    m->key = o->frame.key;
    *part = (struct ws_part){
        .head = slice_first(o->bytes, o->header_bytes),
        .rsv = o->frame.rsv,
        .is_held = m->held_bytes != 0,
        .begins_message = begins_message,
    };

    struct span payload = span_skip(*in, o->header_bytes - m->held_bytes);
    const enum ws_status status = take_payload(m, rules, &payload, part);
    if (status == WS_OK) {
        *in = payload;
        m->held_bytes = 0;
    }
    return status;
}

static NOINLINE enum ws_status next_frame(struct ws_message *m, const struct ws_rules *rules, struct span *in,
                                          struct ws_part *part)
{
    struct opening o = {.bytes = gather(m, *in)};
    const enum ws_status status = decode_header(m, rules, &o);
    if (status == WS_NEED_MORE) {
        return hold(m, in);
    }
    if (status != WS_OK) {
        return status;
    }
    return ws_opcode_is_control(o.frame.opcode) ? next_control(m, &o, in, part) : next_data(m, rules, &o, in, part);
}

enum ws_status ws_message_next(struct ws_message *m, const struct ws_rules *rules, struct span *in,
                               struct ws_part *part)
{
    const size_t header_bytes = short_header_bytes(m, rules, *in);
    if (LIKELY(header_bytes != 0)) {
        return next_short(rules, in, header_bytes, part);
    }
    if (in->len == 0) {
        return WS_NEED_MORE;
    }
    if (m->in_frame) {
        *part = (struct ws_part){0};
        return take_payload(m, rules, in, part);
    }
    return next_frame(m, rules, in, part);
}

void ws_message_unread(struct ws_message *m, const struct ws_rules *rules, struct span *in, const struct ws_part *part,
                       size_t bytes)
{
    ASSERT(bytes > 0 && bytes <= part->body.len && !part->is_control && !m->is_text);
    *in = (struct span){in->ptr - bytes, in->len + bytes};
    m->key = simd_key_turn(m->key, 4 - bytes % 4);
    if (rules->payload == WS_PAYLOAD_UNMASKED) {
        simd->mask(in->ptr, in->ptr, bytes, m->key);
    }
    m->frame_left += bytes;
    m->in_frame = true;
    m->opcode = part->opcode;
}

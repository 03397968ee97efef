#include "tests/sim/sim_stream.h"

enum {
    PROTOCOL = 1002,
    BAD_TEXT = 1007,
    TOO_BIG = 1009,
    WINDOW_BITS = 15,
    PIECE_BYTES = 4096,
};

void sim_stream_init(struct sim_stream *s, const struct sim_stream_rules *rules, const struct sim_stream_events *events,
                     void *owner)
{
    *s = (struct sim_stream){.rules = *rules, .events = events, .owner = owner};
}

void sim_stream_free(struct sim_stream *s)
{
    if (s->has_inflater) {
        inflateEnd(&s->inflater);
        s->has_inflater = false;
    }
}

static void fail(struct sim_stream *s, uint16_t code, const char *why)
{
    if (s->fault == 0) {
        s->fault = code;
        s->why = why;
    }
}

/* ---- text ---- */

/* RFC 3629 section 4. */
static bool begin_character(struct sim_utf8 *u, uint8_t byte)
{
    u->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    u->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    u->left = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

static bool take_character(struct sim_utf8 *u, uint8_t byte)
{
    if (u->left == 0) {
        return begin_character(u, byte);
    }
    const bool is_good = byte >= u->low && byte <= u->high;
    u->left--;
    u->low = 0x80;
    u->high = 0xbf;
    return is_good;
}

/* How many of the bytes are good. */
static size_t take_text(struct sim_utf8 *u, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (!take_character(u, bytes.ptr[i])) {
            return i;
        }
    }
    return bytes.len;
}

/* ---- content ---- */

static void give(struct sim_stream *s, struct slice bytes)
{
    const bool checks_text = s->message == SIM_STREAM_TEXT && (!s->is_compressed || s->rules.inflates);
    const size_t good = checks_text ? take_text(&s->utf8, bytes) : bytes.len;

    if (good < bytes.len) {
        fail(s, BAD_TEXT, "text that is not UTF-8");
    }
    s->content_bytes += good;
    if (s->is_compressed && s->rules.inflates && s->content_bytes > s->rules.content_max) {
        fail(s, TOO_BIG, "an inflated message above its limit");
    }
    if (good > 0 || s->content_begins) {
        s->events->content(s->owner, s->message, s->content_begins, slice_first(bytes, good));
        s->content_begins = false;
    }
}

/* Behind a final block another stream begins, which knows what the last one did (RFC 7692 section 7.2.3.5). */
static void go_on_behind_final(z_stream *z)
{
    uint8_t window[1 << WINDOW_BITS];
    unsigned bytes = 0;

    ASSERT(inflateGetDictionary(z, window, &bytes) == Z_OK);
    ASSERT(inflateReset(z) == Z_OK);
    ASSERT(bytes == 0 || inflateSetDictionary(z, window, bytes) == Z_OK);
}

static void inflate_bytes(struct sim_stream *s, struct slice bytes)
{
    uint8_t out[PIECE_BYTES];
    z_stream *z = &s->inflater;

    z->next_in = (uint8_t *)(uintptr_t)bytes.ptr;
    z->avail_in = (unsigned)bytes.len;
    do {
        z->next_out = out;
        z->avail_out = sizeof out;
        const int status = inflate(z, Z_SYNC_FLUSH);
        if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) {
            fail(s, PROTOCOL, "what is not DEFLATE");
            return;
        }
        give(s, (struct slice){out, sizeof out - z->avail_out});
        s->has_final |= status == Z_STREAM_END;
        if (status == Z_STREAM_END) {
            go_on_behind_final(z);
        }
    } while (s->fault == 0 && (z->avail_in > 0 || z->avail_out == 0));
}

static void take_content(struct sim_stream *s, struct slice bytes)
{
    if (s->is_compressed && s->rules.inflates) {
        inflate_bytes(s, bytes);
    } else {
        give(s, bytes);
    }
}

static void begin_compressed(struct sim_stream *s)
{
    if (!s->rules.inflates) {
        return;
    }
    if (!s->has_inflater) {
        ASSERT(inflateInit2(&s->inflater, -WINDOW_BITS) == Z_OK);
        s->has_inflater = true;
    } else if (!s->rules.has_takeover) {
        ASSERT(inflateReset(&s->inflater) == Z_OK);
    }
}

/* The four bytes end an empty stored block, behind which zlib awaits the next (128 in data_type), or the message is
 * cut. What may stand behind a final block is not judged here. */
static void check_end(struct sim_stream *s)
{
    if (s->fault == 0 && !s->has_final && (s->inflater.data_type & 128) == 0) {
        fail(s, PROTOCOL, "a compressed message that is cut");
    }
    s->has_final = false;
}

static void end_message(struct sim_stream *s)
{
    if (s->is_compressed && s->rules.inflates && s->message_bytes > 0) {
        inflate_bytes(s, (struct slice){(const uint8_t *)"\x00\x00\xff\xff", 4});
        check_end(s);
    }
    if (s->content_begins) {
        give(s, SLICE_LITERAL(""));
    }
    if (s->message == SIM_STREAM_TEXT && s->utf8.left > 0) {
        fail(s, BAD_TEXT, "a text that ends inside a character");
    }
    s->message = 0;
}

/* ---- control frames ---- */

static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static void check_close(struct sim_stream *s, struct slice payload)
{
    struct sim_utf8 utf8 = {0};

    if (payload.len == 1 || (payload.len >= 2 && !is_close_code((unsigned)payload.ptr[0] << 8 | payload.ptr[1]))) {
        fail(s, PROTOCOL, "a Close with a code that is none");
    } else if (payload.len > 2) {
        const struct slice reason = slice_skip(payload, 2);
        if (take_text(&utf8, reason) < reason.len || utf8.left > 0) {
            fail(s, BAD_TEXT, "a Close with a reason that is not UTF-8");
        }
    }
}

static void end_control(struct sim_stream *s)
{
    const struct slice payload = {s->control, s->control_bytes};

    if (s->opcode == SIM_STREAM_CLOSE) {
        check_close(s, payload);
    }
    if (s->fault == 0) {
        s->is_over = s->opcode == SIM_STREAM_CLOSE;
        s->events->control(s->owner, s->opcode, payload);
    }
}

/* ---- frames ---- */

static bool is_control(const struct sim_stream *s)
{
    return (s->opcode & 8) != 0;
}

static void check_first_byte(struct sim_stream *s)
{
    const uint8_t rsv = s->header[0] & 0x70;
    const bool is_first = s->opcode == SIM_STREAM_TEXT || s->opcode == SIM_STREAM_BINARY;

    if (s->opcode > SIM_STREAM_PONG || (s->opcode > SIM_STREAM_BINARY && s->opcode < SIM_STREAM_CLOSE)) {
        fail(s, PROTOCOL, "an opcode that is none");
    } else if (rsv != 0 && !(rsv == 0x40 && s->rules.may_compress && is_first)) {
        fail(s, PROTOCOL, "a reserved bit that nobody agreed on");
    } else if (is_control(s) && !s->is_final) {
        fail(s, PROTOCOL, "a control frame in fragments");
    } else if (is_first && s->message != 0) {
        fail(s, PROTOCOL, "a message inside another");
    } else if (s->opcode == SIM_STREAM_CONTINUATION && s->message == 0) {
        fail(s, PROTOCOL, "a continuation of nothing");
    }
}

static void check_length(struct sim_stream *s, unsigned code)
{
    if ((code == 126 && s->frame_bytes < 126) || (code == 127 && s->frame_bytes <= UINT16_MAX)) {
        fail(s, PROTOCOL, "a length not in its shortest form");
    } else if (s->frame_bytes >> 63 != 0) {
        fail(s, PROTOCOL, "a length with its highest bit set");
    } else if (!is_control(s) &&
               (s->frame_bytes > s->rules.bytes_max || s->message_bytes + s->frame_bytes > s->rules.bytes_max)) {
        fail(s, TOO_BIG, "a message above its limit");
    }
}

static void begin_frame(struct sim_stream *s)
{
    s->control_bytes = 0;
    s->frame_taken = 0;
    s->in_payload = true;
    s->header_bytes = 0;
    if (is_control(s)) {
        return;
    }
    if (s->message == 0) {
        s->message = s->opcode;
        s->is_compressed = (s->header[0] & 0x40) != 0;
        s->content_begins = true;
        s->content_bytes = 0;
        s->utf8 = (struct sim_utf8){0};
        if (s->is_compressed) {
            begin_compressed(s);
        }
    }
    s->message_bytes += s->frame_bytes;
}

static void end_frame(struct sim_stream *s)
{
    s->in_payload = false;
    if (is_control(s)) {
        end_control(s);
        return;
    }
    const bool ends_message = s->is_final;
    if (ends_message) {
        end_message(s);
        s->message_bytes = 0;
    }
    if (s->fault == 0) {
        s->events->frame_ended(s->owner, ends_message);
    }
}

/* A fault of the first two bytes is found at once; how many there are, the second one says. */
static void take_header(struct sim_stream *s, uint8_t byte)
{
    s->header[s->header_bytes++] = byte;
    s->opcode = s->header[0] & 0x0f;
    s->is_final = (s->header[0] & 0x80) != 0;
    if (s->header_bytes == 1) {
        check_first_byte(s);
        return;
    }
    const bool is_masked = (s->header[1] & 0x80) != 0;
    const unsigned code = s->header[1] & 0x7f;
    const size_t length_bytes = code == 126 ? 2 : code == 127 ? 8 : 0;
    if (is_masked != s->rules.is_masked) {
        fail(s, PROTOCOL, "a mask where none may be, or none where one must be");
    } else if (is_control(s) && length_bytes > 0) {
        fail(s, PROTOCOL, "a long control frame");
    }
    if (s->header_bytes < 2 + length_bytes + (is_masked ? 4 : 0)) {
        return;
    }
    s->frame_bytes = length_bytes == 0 ? code : 0;
    for (size_t i = 0; i < length_bytes; i++) {
        s->frame_bytes = s->frame_bytes << 8 | s->header[2 + i];
    }
    memset(s->key, 0, sizeof s->key);
    memcpy(s->key, s->header + 2 + length_bytes, is_masked ? 4 : 0);
    check_length(s, code);
    if (s->fault == 0) {
        begin_frame(s);
    }
}

/* As much of the payload as is there. */
static size_t take_payload(struct sim_stream *s, struct slice bytes)
{
    uint8_t plain[PIECE_BYTES];
    const uint64_t left = s->frame_bytes - s->frame_taken;
    size_t take = bytes.len < left ? bytes.len : (size_t)left;

    take = take < sizeof plain ? take : sizeof plain;
    for (size_t i = 0; i < take; i++) {
        plain[i] = bytes.ptr[i] ^ s->key[(s->frame_taken + i) % 4];
    }
    s->frame_taken += take;
    if (is_control(s)) {
        memcpy(s->control + s->control_bytes, plain, take);
        s->control_bytes += take;
    } else {
        take_content(s, (struct slice){plain, take});
    }
    return take;
}

void sim_stream_read(struct sim_stream *s, struct slice bytes)
{
    while (s->fault == 0 && bytes.len > 0) {
        if (s->is_over) {
            fail(s, PROTOCOL, "bytes behind a Close");
        } else if (s->in_payload) {
            bytes = slice_skip(bytes, take_payload(s, bytes));
        } else {
            take_header(s, bytes.ptr[0]);
            bytes = slice_skip(bytes, 1);
        }
        if (s->fault == 0 && s->in_payload && s->frame_taken == s->frame_bytes) {
            end_frame(s);
        }
    }
}

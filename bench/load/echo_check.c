#include "bench/load/echo_check.h"

#include <errno.h>
#include <stdlib.h>

enum { SLACK_BYTES = 1024 };

static size_t body_max(const struct echo_check *c)
{
    return (size_t)c->stream->size * 2 + SLACK_BYTES;
}

int echo_check_init(struct echo_check *c, const struct stream *stream)
{
    *c = (struct echo_check){.stream = stream};
    c->inflater = aligned_alloc(64, (sizeof *c->inflater + 63) / 64 * 64);
    c->plain = malloc((size_t)stream->size + 1);
    if (c->inflater == NULL || c->plain == NULL) {
        free(c->inflater);
        free(c->plain);
        return -ENOMEM;
    }
    pmd_inflater_init(c->inflater, PMD_WINDOW_BITS_MAX);
    return 0;
}

void echo_check_deinit(struct echo_check *c)
{
    for (size_t i = 0; i < STREAM_MESSAGES_MAX; i++) {
        free(c->known[i].ptr);
    }
    free(c->inflater);
    free(c->plain);
}

int echo_reader_init(struct echo_reader *r, const struct echo_check *c)
{
    *r = (struct echo_reader){.body = malloc(body_max(c))};
    return r->body == NULL ? -ENOMEM : 0;
}

void echo_reader_deinit(struct echo_reader *r)
{
    free(r->body);
    r->body = NULL;
}

static bool is_known(const struct span *known, struct slice body)
{
    return known->ptr != NULL && slice_equals(slice_of_span(*known), body);
}

static void learn(struct span *known, struct slice body)
{
    uint8_t *copy = realloc(known->ptr, body.len == 0 ? 1 : body.len);

    if (copy != NULL) {
        memcpy(copy, body.ptr, body.len);
        *known = (struct span){copy, body.len};
    }
}

static bool inflates_to(struct echo_check *c, struct slice body, struct slice wanted)
{
    struct span room = {c->plain, (size_t)c->stream->size + 1};

    pmd_inflater_reset(c->inflater);
    const enum pmd_status status = pmd_inflater_run(c->inflater, &body, &room, true);
    return status == PMD_END && slice_equals((struct slice){c->plain, (size_t)(room.ptr - c->plain)}, wanted);
}

static bool is_right(struct echo_check *c, const struct echo_reader *r, uint64_t message)
{
    const uint32_t which = (uint32_t)(message % c->stream->count);
    const struct slice body = {r->body, r->body_bytes};
    const struct slice wanted = {c->stream->payload.bytes + c->stream->payload.begin[which], c->stream->size};

    if (!r->is_compressed) {
        c->plain_count++;
        return slice_equals(body, wanted);
    }
    if (is_known(&c->known[which], body)) {
        return true;
    }
    if (!inflates_to(c, body, wanted)) {
        return false;
    }
    learn(&c->known[which], body);
    return true;
}

/* A frame that belongs here: the first of a message, or one that goes on with it; not masked, not too long. */
static bool begin_frame(struct echo_reader *r, const struct echo_check *c, const struct ws_frame *frame)
{
    const bool goes_on = frame->opcode == WS_OPCODE_CONTINUATION;

    if (frame->masked || ws_opcode_is_control(frame->opcode) || goes_on != r->in_message ||
        frame->payload_bytes > body_max(c) - r->body_bytes) {
        return false;
    }
    r->is_compressed = goes_on ? r->is_compressed : frame->rsv == WS_RSV1;
    r->in_message = r->in_frame = true;
    r->is_final = frame->fin;
    r->payload_left = frame->payload_bytes;
    r->header_bytes = 0;
    return true;
}

/* Takes header bytes off the front of *got; false when they are wrong. */
static bool take_header(struct echo_reader *r, const struct echo_check *c, struct slice *got)
{
    while (got->len > 0 && !r->in_frame) {
        struct ws_frame frame;
        size_t bytes = 0;
        r->header[r->header_bytes++] = *got->ptr;
        *got = slice_skip(*got, 1);
        const enum ws_status status = ws_frame_decode((struct slice){r->header, r->header_bytes}, &frame, &bytes);
        if (status == WS_OK ? !begin_frame(r, c, &frame) : status != WS_NEED_MORE) {
            return false;
        }
    }
    return true;
}

static void take_payload(struct echo_reader *r, struct slice *got)
{
    const size_t bytes = got->len < r->payload_left ? got->len : (size_t)r->payload_left;

    memcpy(r->body + r->body_bytes, got->ptr, bytes);
    *got = slice_skip(*got, bytes);
    r->body_bytes += bytes;
    r->payload_left -= bytes;
}

int echo_reader_take(struct echo_reader *r, struct echo_check *c, uint64_t message, struct slice got)
{
    int whole = 0;

    while (got.len > 0) {
        if (!take_header(r, c, &got)) {
            return ECHO_CHECK_BAD;
        }
        if (r->in_frame) {
            take_payload(r, &got);
        }
        if (!r->in_frame || r->payload_left > 0) {
            continue;
        }
        r->in_frame = false;
        if (!r->is_final) {
            continue;
        }
        if (!is_right(c, r, message + (unsigned)whole)) {
            return ECHO_CHECK_BAD;
        }
        r->in_message = false;
        r->body_bytes = 0;
        whole++;
    }
    return whole;
}

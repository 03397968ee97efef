#include "gateway/session/inflation.h"

bool inflation_takes(struct inflation *f, const struct ws_part *part)
{
    if (part->begins_message) {
        f->is_open = (part->rsv & WS_RSV1) != 0;
        f->opcode = part->opcode;
        f->bytes = 0;
        f->utf8 = SIMD_UTF8_BOUNDARY;
    }
    return f->is_open;
}

struct slice inflation_unmask(const struct ws_part *part, size_t from, struct span room)
{
    const struct slice body = slice_skip(part->body, from);
    const size_t bytes = body.len < room.len ? body.len : room.len;

    simd->mask(room.ptr, body.ptr, bytes, simd_key_turn(part->key, from));
    return (struct slice){room.ptr, bytes};
}

/* What is wrong with a piece that was inflated, the last one of its message or not. */
static enum ws_status check(struct inflation *f, struct slice piece, bool is_end)
{
    f->bytes += piece.len;
    if (f->bytes > f->bytes_max) {
        return WS_ERR_TOO_BIG;
    }
    if (f->opcode == WS_OPCODE_TEXT) {
        f->utf8 = simd->utf8(f->utf8, piece.ptr, piece.len);
        if (f->utf8 == SIMD_UTF8_BAD || (is_end && f->utf8 != SIMD_UTF8_BOUNDARY)) {
            return WS_ERR_UTF8;
        }
    }
    return WS_OK;
}

enum pmd_status inflation_step(struct inflation *f, struct slice *in, bool is_last, struct span room, struct slice *out)
{
    struct span left = room;
    const enum pmd_status status = pmd_inflater_run(f->inflater, in, &left, is_last);

    *out = (struct slice){room.ptr, room.len - left.len};
    f->fault = (uint8_t)(status == PMD_BAD ? WS_ERR_DEFLATE : check(f, *out, status == PMD_END));
    if (f->fault != WS_OK) {
        return PMD_BAD;
    }
    if (status == PMD_END && !f->has_takeover) {
        pmd_inflater_reset(f->inflater);
    }
    return status;
}

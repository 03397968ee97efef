#include "core/proto/ws_frame.h"

#include <string.h>

/* The values of the seven bit length that say how many bytes of length follow. */
enum { LENGTH7_MAX = 125, LENGTH7_IN_2_BYTES = 126, LENGTH7_IN_8_BYTES = 127 };

static bool opcode_is_known(uint8_t opcode)
{
    return opcode <= WS_OPCODE_BINARY || (opcode >= WS_OPCODE_CLOSE && opcode <= WS_OPCODE_PONG);
}

static size_t extended_bytes_of(uint8_t length7)
{
    return length7 == LENGTH7_IN_8_BYTES ? 8 : length7 == LENGTH7_IN_2_BYTES ? 2 : 0;
}

static uint64_t read_big_endian(const uint8_t *ptr, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | ptr[i];
    }
    return value;
}

static void write_big_endian(uint8_t *ptr, size_t bytes, uint64_t value)
{
    for (size_t i = bytes; i > 0; i--) {
        ptr[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

/*
 * Whether those of the 2 or 8 bytes of an extended length that are there already show a value that has a shorter form,
 * or one of more than 63 bits: eight bytes whose first six are zero would have gone into two.
 */
static bool length_is_wrong(struct slice there, size_t extended_bytes)
{
    if (extended_bytes == 2) {
        return there.len >= 2 && read_big_endian(there.ptr, 2) <= LENGTH7_MAX;
    }
    return (there.len >= 1 && there.ptr[0] > 0x7f) || (there.len >= 6 && read_big_endian(there.ptr, 6) == 0);
}

/* What can be wrong with the first two bytes, or with the first alone while there is no second. */
static enum ws_status check_start(struct slice in)
{
    const uint8_t opcode = in.ptr[0] & 0x0f;
    const bool fin = (in.ptr[0] & 0x80) != 0;

    if (!opcode_is_known(opcode)) {
        return WS_ERR_OPCODE;
    }
    if (!ws_opcode_is_control(opcode)) {
        return WS_OK;
    }
    if (!fin) {
        return WS_ERR_CONTROL_FRAGMENT;
    }
    return in.len >= 2 && (in.ptr[1] & 0x7f) > LENGTH7_MAX ? WS_ERR_CONTROL_LENGTH : WS_OK;
}

enum ws_status ws_frame_decode(struct slice in, struct ws_frame *frame, size_t *header_bytes)
{
    const enum ws_status status = in.len == 0 ? WS_NEED_MORE : check_start(in);
    if (status != WS_OK) {
        return status;
    }
    if (in.len < 2) {
        return WS_NEED_MORE;
    }

    const uint8_t length7 = in.ptr[1] & 0x7f;
    const bool masked = (in.ptr[1] & 0x80) != 0;
    const size_t extended_bytes = extended_bytes_of(length7);
    const size_t total = 2 + extended_bytes + (masked ? 4 : 0);
    if (extended_bytes != 0 && length_is_wrong(slice_skip(in, 2), extended_bytes)) {
        return WS_ERR_LENGTH;
    }
    if (in.len < total) {
        return WS_NEED_MORE;
    }

    *frame = (struct ws_frame){
        .payload_bytes = extended_bytes == 0 ? length7 : read_big_endian(in.ptr + 2, extended_bytes),
        .opcode = in.ptr[0] & 0x0f,
        .rsv = in.ptr[0] >> 4 & 7,
        .fin = (in.ptr[0] & 0x80) != 0,
        .masked = masked,
    };
    if (masked) {
        memcpy(&frame->key, in.ptr + total - 4, 4);
    }
    *header_bytes = total;
    return WS_OK;
}

static uint8_t shortest_length7(uint64_t payload_bytes)
{
    if (payload_bytes <= LENGTH7_MAX) {
        return (uint8_t)payload_bytes;
    }
    return payload_bytes <= UINT16_MAX ? LENGTH7_IN_2_BYTES : LENGTH7_IN_8_BYTES;
}

size_t ws_frame_encode(const struct ws_frame *frame, uint8_t out[WS_FRAME_HEADER_BYTES_MAX])
{
    ASSERT(opcode_is_known(frame->opcode) && frame->rsv <= 7 && frame->payload_bytes <= INT64_MAX);
    const uint8_t length7 = shortest_length7(frame->payload_bytes);
    const size_t extended_bytes = extended_bytes_of(length7);

    out[0] = (uint8_t)((frame->fin ? 0x80 : 0) | frame->rsv << 4 | frame->opcode);
    out[1] = (uint8_t)((frame->masked ? 0x80 : 0) | length7);
    write_big_endian(out + 2, extended_bytes, frame->payload_bytes);
    if (!frame->masked) {
        return 2 + extended_bytes;
    }
    memcpy(out + 2 + extended_bytes, &frame->key, 4);
    return 2 + extended_bytes + 4;
}

#include "core/proto/ws_close.h"

#include <string.h>

#include "simd/simd.h"

bool ws_close_code_is_valid(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

enum ws_status ws_close_decode(struct slice payload, struct ws_close *close)
{
    if (payload.len == 0) {
        *close = (struct ws_close){.code = WS_CLOSE_NO_STATUS, .reason = payload};
        return WS_OK;
    }
    if (payload.len == 1) {
        return WS_ERR_CLOSE_LENGTH;
    }
    *close = (struct ws_close){
        .code = (uint16_t)(payload.ptr[0] << 8 | payload.ptr[1]),
        .reason = slice_skip(payload, 2),
    };
    if (!ws_close_code_is_valid(close->code)) {
        return WS_ERR_CLOSE_CODE;
    }
    const uint32_t state = simd->utf8(SIMD_UTF8_BOUNDARY, close->reason.ptr, close->reason.len);
    return state == SIMD_UTF8_BOUNDARY ? WS_OK : WS_ERR_UTF8;
}

/* How much of a reason fits: its first 123 bytes, without the beginning of a code point that does not fit. */
static size_t reason_bytes_that_fit(struct slice reason)
{
    if (reason.len <= WS_CLOSE_REASON_BYTES_MAX) {
        return reason.len;
    }
    size_t bytes = WS_CLOSE_REASON_BYTES_MAX;
    while (bytes > 0 && (reason.ptr[bytes] & 0xc0) == 0x80) {
        bytes--;
    }
    return bytes;
}

size_t ws_close_encode(const struct ws_close *close, uint8_t out[WS_FRAME_CONTROL_BYTES_MAX])
{
    if (!ws_close_code_is_valid(close->code)) {
        return 0;
    }
    const size_t reason_bytes = reason_bytes_that_fit(close->reason);
    out[0] = (uint8_t)(close->code >> 8);
    out[1] = (uint8_t)close->code;
    if (reason_bytes > 0) {
        memcpy(out + 2, close->reason.ptr, reason_bytes);
    }
    return 2 + reason_bytes;
}

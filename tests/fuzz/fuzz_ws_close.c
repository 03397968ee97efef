/* A Close payload decodes to what encodes to it; a reason of any length is cut so that it decodes again. */
#include "core/proto/ws_close.h"
#include "simd/simd.h"

static void check_round_trip(const struct ws_close *close, struct slice payload)
{
    uint8_t again[WS_FRAME_CONTROL_BYTES_MAX];
    ASSERT(ws_close_encode(close, again) == payload.len);
    ASSERT(slice_equals((struct slice){again, payload.len}, payload));
}

static void check_cut_reason(struct slice reason)
{
    uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX];
    struct ws_close close = {.code = WS_CLOSE_NORMAL, .reason = reason};
    const size_t bytes = ws_close_encode(&close, payload);

    ASSERT(bytes >= 2 && bytes <= sizeof payload);
    ASSERT(reason.len > WS_CLOSE_REASON_BYTES_MAX || bytes == reason.len + 2);
    ASSERT(bytes == 2 || memcmp(payload + 2, reason.ptr, bytes - 2) == 0);
    if (simd->utf8(SIMD_UTF8_BOUNDARY, reason.ptr, reason.len) == SIMD_UTF8_BOUNDARY) {
        ASSERT(ws_close_decode((struct slice){payload, bytes}, &close) == WS_OK);
        ASSERT(bytes + 3 >= WS_FRAME_CONTROL_BYTES_MAX || bytes == reason.len + 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = {data, size};
    struct ws_close close;

    if (size <= WS_FRAME_CONTROL_BYTES_MAX && ws_close_decode(in, &close) == WS_OK) {
        ASSERT(size == 0 ? close.code == WS_CLOSE_NO_STATUS : ws_close_code_is_valid(close.code));
        check_round_trip(&close, in);
    }
    check_cut_reason(in);
    return 0;
}

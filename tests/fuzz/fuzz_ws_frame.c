/* A header decodes to what encodes to it; each of its prefixes wants more; a fault stays a fault with more bytes. */
#include "core/proto/ws_frame.h"

static void check_prefixes(struct slice in, enum ws_status whole, size_t header_bytes)
{
    struct ws_frame ignored;
    size_t bytes;
    bool is_settled = false;

    for (size_t len = 0; len <= in.len && len <= WS_FRAME_HEADER_BYTES_MAX; len++) {
        const enum ws_status status = ws_frame_decode(slice_first(in, len), &ignored, &bytes);
        is_settled = is_settled || status != WS_NEED_MORE;
        ASSERT(status == (is_settled ? whole : WS_NEED_MORE));
        ASSERT(status != WS_OK || (len >= header_bytes && bytes == header_bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = {data, size};
    struct ws_frame frame;
    size_t header_bytes = 0;
    const enum ws_status status = ws_frame_decode(in, &frame, &header_bytes);

    if (status == WS_OK) {
        uint8_t again[WS_FRAME_HEADER_BYTES_MAX];
        ASSERT(header_bytes <= size && ws_frame_encode(&frame, again) == header_bytes);
        ASSERT(memcmp(again, data, header_bytes) == 0);
    }
    check_prefixes(in, status, header_bytes);
    return 0;
}

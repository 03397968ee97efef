/* Any stream, under any rules, comes to the same however it is cut; and what comes out is well formed. */
#include "tests/support/ws_record.h"

enum { RULES_BYTES = 4, MESSAGE_BYTES_MAX_STEP = 16 };

static void check_cut(const struct ws_record *whole, struct slice stream, struct ws_cuts cuts)
{
    struct ws_record cut = ws_record_read(whole->rules, stream, cuts);
    ASSERT(ws_record_agrees(&cut, whole));
    ASSERT(cut.end != WS_NEED_MORE || ws_message_is_between_frames(&cut.m) == ws_message_is_between_frames(&whole->m));
    ws_record_free(&cut);
}

/* Whether payload is unmasked on the way makes no difference to what is found. */
static void check_other_payload(const struct ws_record *whole, struct slice stream)
{
    struct ws_rules rules = *whole->rules;
    rules.payload = rules.payload == WS_PAYLOAD_UNMASKED ? WS_PAYLOAD_AS_RECEIVED : WS_PAYLOAD_UNMASKED;
    struct ws_record other = ws_record_read(&rules, stream, (struct ws_cuts){stream.len, stream.len});
    ASSERT(other.end == whole->end && other.len == whole->len && memcmp(other.log, whole->log, other.len) == 0);
    ws_record_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < RULES_BYTES) {
        return 0;
    }
    const struct ws_rules rules = {
        .message_bytes_max = (uint64_t)data[1] * MESSAGE_BYTES_MAX_STEP,
        .masking = data[0] & 1 ? WS_MASKING_FORBIDDEN : WS_MASKING_REQUIRED,
        .payload = data[0] & 2 ? WS_PAYLOAD_UNMASKED : WS_PAYLOAD_AS_RECEIVED,
        .rsv_allowed = data[0] & 4 ? WS_RSV1 : 0,
    };
    const struct slice stream = {data + RULES_BYTES, size - RULES_BYTES};
    struct ws_record whole = ws_record_read(&rules, stream, (struct ws_cuts){stream.len, stream.len});

    check_cut(&whole, stream, (struct ws_cuts){1, 1});
    check_cut(&whole, stream, (struct ws_cuts){data[2], data[3] + (size_t)1});
    check_other_payload(&whole, stream);
    ws_record_free(&whole);
    return 0;
}

/*
 * ws_close - the payload of a Close frame: code and reason (RFC 6455 sections 5.5.1 and 7.4).
 *
 * Thread: any (pure). Memory: none. Errors: enum ws_status. Limits: 125 bytes of payload, 123 of reason.
 */
#ifndef CORE_PROTO_WS_CLOSE_H
#define CORE_PROTO_WS_CLOSE_H

#include "core/proto/ws_frame.h"

enum {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_NO_STATUS = 1005, /* never on the wire: an empty Close */
    WS_CLOSE_ABNORMAL = 1006,  /* never on the wire: no Close at all */
    WS_CLOSE_INVALID_DATA = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_RESTART = 1012,
    WS_CLOSE_TRY_AGAIN = 1013,
    WS_CLOSE_BAD_GATEWAY = 1014,
    WS_CLOSE_REASON_BYTES_MAX = 123,
};

struct ws_close {
    uint16_t code;       /* WS_CLOSE_NO_STATUS for an empty payload */
    struct slice reason; /* points into the payload */
};

/*
 * Whether a code may be received in a Close frame: 1000-1003, 1007-1014, 3000-4999 (RFC 6455 7.4.1, 7.4.2 and the IANA
 * registry, which adds 1012-1014).
 */
bool ws_close_code_is_valid(uint16_t code);

/* Takes a plain (unmasked) Close payload apart. WS_OK, or WS_ERR_CLOSE_LENGTH, WS_ERR_CLOSE_CODE, WS_ERR_UTF8. */
MUST_USE enum ws_status ws_close_decode(struct slice payload, struct ws_close *close);

/*
 * Writes a plain Close payload; returns its bytes. A code that must not be on the wire (WS_CLOSE_NO_STATUS,
 * WS_CLOSE_ABNORMAL) gives an empty payload; a reason longer than 123 bytes is cut at a code point boundary.
 */
size_t ws_close_encode(const struct ws_close *close, uint8_t out[WS_FRAME_CONTROL_BYTES_MAX]);

#endif

/*
 * ws_status - what reading a WebSocket stream can come to, with the close code and the words for each fault.
 *
 * Thread: any (pure). Memory: none. Errors: none. Limits: none.
 */
#ifndef CORE_PROTO_WS_STATUS_H
#define CORE_PROTO_WS_STATUS_H

#include <stdint.h>

enum ws_status {
    WS_OK = 0,
    WS_NEED_MORE, /* the input ends before the next thing is whole */
#define WS_STATUS(name, word, code, text) WS_##name,
#include "core/proto/ws_status.def"
#undef WS_STATUS
    WS_STATUS_COUNT
};

/* The close code (RFC 6455 section 7.4.1) that a fault earns; 0 for WS_OK and WS_NEED_MORE. */
uint16_t ws_status_close_code(enum ws_status status);

/* What happened, in words, for logs and close reasons: static, at most 123 bytes. */
const char *ws_status_text(enum ws_status status);

/* The status as a word for logs: "rsv", "too_big". */
const char *ws_status_name(enum ws_status status);

#endif

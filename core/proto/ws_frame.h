/*
 * ws_frame - RFC 6455 section 5.2 frame headers, from and to bytes.
 *
 * Only what one header says by itself is decided here (form of the length, known opcode, control frames whole and
 * short); what depends on the stream - masking duty, RSV, order - is ws_message's.
 *
 * Thread: any (pure). Memory: none. Errors: enum ws_status. Limits: payload length below 2^63.
 */
#ifndef CORE_PROTO_WS_FRAME_H
#define CORE_PROTO_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attrs.h"
#include "core/base/slice.h"
#include "core/proto/ws_status.h"

enum { WS_FRAME_HEADER_BYTES_MAX = 14, WS_FRAME_CONTROL_BYTES_MAX = 125 };

enum ws_opcode {
    WS_OPCODE_CONTINUATION = 0x0,
    WS_OPCODE_TEXT = 0x1,
    WS_OPCODE_BINARY = 0x2,
    WS_OPCODE_CLOSE = 0x8,
    WS_OPCODE_PING = 0x9,
    WS_OPCODE_PONG = 0xa,
};

enum { WS_RSV1 = 4, WS_RSV2 = 2, WS_RSV3 = 1 };

struct ws_frame {
    uint64_t payload_bytes;
    uint32_t key;   /* native load of the four key bytes; 0 when not masked */
    uint8_t opcode; /* enum ws_opcode */
    uint8_t rsv;    /* WS_RSV1 | WS_RSV2 | WS_RSV3 */
    bool fin;
    bool masked;
};

static inline bool ws_opcode_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

/*
 * Decodes the header at the front of in.
 * WS_OK: *frame is filled and *header_bytes says how many bytes it took. WS_NEED_MORE: in ends inside the header and
 * what is there is not wrong yet. Else the fault. On any but WS_OK nothing is written.
 * A fault is reported as soon as the bytes that show it are there.
 */
MUST_USE enum ws_status ws_frame_decode(struct slice in, struct ws_frame *frame, size_t *header_bytes);

/* Writes the shortest header for *frame; returns its bytes. The key is written when frame->masked. */
size_t ws_frame_encode(const struct ws_frame *frame, uint8_t out[WS_FRAME_HEADER_BYTES_MAX]);

#endif

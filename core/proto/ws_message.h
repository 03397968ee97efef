/*
 * ws_message - one direction of a WebSocket stream, read: frames and the rules that bind them into messages.
 *
 * Bytes go in as they were received; parts come out. A part is a piece of one frame that was found good and may go on:
 * a data frame gives one or more (cut-through: what has arrived of it), a control frame exactly one, when it is whole.
 * Everything that can be known to be wrong about a part is found before the part is given out: header rules, masking
 * duty, RSV, order, size, close payloads, and the UTF-8 of text up to the part's last byte - and, where the part ends
 * its message, that the text ends at a code point boundary. So nothing of a bad frame that came whole is ever given
 * out.
 *
 * Thread: any (pure). Memory: none; struct ws_message holds the few bytes of a header or a control frame that was split
 * between two inputs. Errors: enum ws_status, final: a reader that returned a fault must not be called again.
 * Limits: rules->message_bytes_max.
 */
#ifndef CORE_PROTO_WS_MESSAGE_H
#define CORE_PROTO_WS_MESSAGE_H

#include "core/proto/ws_frame.h"
#include "simd/simd.h"

enum ws_masking {
    WS_MASKING_REQUIRED,  /* frames come from a client (RFC 6455 5.1) */
    WS_MASKING_FORBIDDEN, /* frames come from a server */
};

enum ws_payload {
    WS_PAYLOAD_AS_RECEIVED, /* payload bytes are only read: a relay passes them on as they came */
    WS_PAYLOAD_UNMASKED,    /* data payload is unmasked in place before the part is given out */
};

/* What binds a stream. Shared by all streams of a kind; must outlive them. */
struct ws_rules {
    uint64_t message_bytes_max; /* payload bytes of one message, all fragments together */
    enum ws_masking masking;
    enum ws_payload payload;
    uint8_t rsv_allowed; /* RSV bits that an extension gave a meaning, on first frames of data messages */
};

struct ws_message {
    uint64_t frame_left;    /* payload bytes of the current data frame still to come */
    uint64_t message_bytes; /* payload bytes of the current message announced so far */
    uint32_t key;           /* turned to the next payload byte */
    uint32_t utf8;          /* state of simd.h, of a text message */
    uint8_t opcode;         /* of the message that is open; 0 when none is */
    bool is_text;           /* the open message's payload is text as it stands (no RSV bit): its UTF-8 is checked */
    bool in_frame;          /* inside a data frame's payload */
    bool frame_fin;         /* the current data frame ends its message */
    uint8_t held_bytes;     /* of held */
    uint8_t held[WS_FRAME_HEADER_BYTES_MAX + WS_FRAME_CONTROL_BYTES_MAX];
};

struct ws_part {
    struct slice head;   /* the frame's header, when the part begins its frame; else empty */
    struct slice body;   /* payload bytes of this part, directly behind head where both point into the input */
    uint32_t key;        /* masking key at body's first byte; 0 when body is plain */
    uint8_t opcode;      /* of the message (TEXT or BINARY), or of the control frame */
    uint8_t rsv;         /* of the frame, when head is not empty */
    bool is_control;     /* a whole control frame */
    bool is_held;        /* head (and, of a control frame, body) lie in struct ws_message: valid until the next call */
    bool begins_message; /* first byte of a data message */
    bool ends_frame;
    bool ends_message; /* last byte of a data message */
};

/* A stream at its beginning. */
void ws_message_init(struct ws_message *m);

/*
 * Takes the next part from the front of *in.
 * WS_OK: *part is filled, *in is what is left. WS_NEED_MORE: all of *in was taken, no part came of it. Else the fault;
 * *in then begins with the frame, or the piece of it, that is bad.
 * An empty data frame gives a part with an empty body. A data frame's header that came without any of its (not empty)
 * payload is given out at once, as a part with an empty body.
 */
MUST_USE enum ws_status ws_message_next(struct ws_message *m, const struct ws_rules *rules, struct span *in,
                                        struct ws_part *part);

/*
 * Gives the last bytes of the part that was just taken back to the input, which must still hold them: they come again,
 * as a part of the same frame. For messages that an extension gave a meaning (RSV), whose payload was not looked at.
 * bytes: 1 to part->body.len.
 */
void ws_message_unread(struct ws_message *m, const struct ws_rules *rules, struct span *in, const struct ws_part *part,
                       size_t bytes);

/* Whether the stream stands between two frames: only there may a frame be injected into it. */
static inline bool ws_message_is_between_frames(const struct ws_message *m)
{
    return !m->in_frame && m->held_bytes == 0;
}

/* Copies the part's payload, unmasked, to out; returns its bytes. For control frames: at most 125. */
static inline size_t ws_part_unmask(const struct ws_part *part, uint8_t *out)
{
    simd->mask(out, part->body.ptr, part->body.len, part->key);
    return part->body.len;
}

#endif

#include "gateway/session/echo.h"

#include "gateway/session/relay.h"

enum { KEY_BYTES = 4, MASK_BIT = 0x80 };

/* The input is ours to write (WS_PAYLOAD_UNMASKED). */
static uint8_t *writable(const uint8_t *ptr)
{
    return (uint8_t *)(uintptr_t)ptr;
}

/* Makes a server's header of a client's: without the mask bit and the key. at is where it shall begin. */
static size_t write_header(uint8_t *at, struct slice client_header)
{
    const size_t bytes = client_header.len - KEY_BYTES;

    memmove(at, client_header.ptr, bytes);
    at[1] &= (uint8_t)~MASK_BIT;
    return bytes;
}

static int send_data(struct peer *client, const struct ws_part *part, uint16_t buffer)
{
    uint8_t header[WS_FRAME_HEADER_BYTES_MAX];

    if (part->head.len == 0) {
        return peer_send_from(client, part->body, buffer);
    }
    if (part->is_held) {
        const size_t bytes = write_header(header, part->head);
        const int error = peer_send(client, (struct slice){header, bytes});
        return error != 0 ? error : peer_send_from(client, part->body, buffer);
    }
    uint8_t *at = writable(part->head.ptr) + KEY_BYTES;
    const size_t bytes = write_header(at, part->head);
    return peer_send_from(client, (struct slice){at, bytes + part->body.len}, buffer);
}

static void on_control(struct peer *client, const struct ws_part *part)
{
    struct ws_close close;
    uint8_t payload[WS_FRAME_CONTROL_BYTES_MAX];

    if (part->opcode == WS_OPCODE_PING) {
        (void)!peer_send_pong(client, part, session_of(client)->route->settings.queue_bytes_max);
    } else if (part->opcode == WS_OPCODE_CLOSE) {
        relay_note_close(client, part, &close, payload);
        peer_close_was_received(client);
        peer_send_close(client, &close);
    }
}

size_t echo_on_part(struct peer *client, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(client);

    if (part->is_control) {
        on_control(client, part);
        return 0;
    }
    session_count(s, client, part->body.len, part->ends_message);
    if (!peer_takes_data(client)) {
        return 0;
    }
    client->mid_frame = true;
    if (send_data(client, part, buffer) != 0) {
        session_abort(s, "out of send buffers");
        return 0;
    }
    client->mid_frame = !part->ends_frame;
    if (part->ends_frame) {
        peer_send_waiting_pong(client);
    }
    relay_press(client, client);
    if (part->ends_message) {
        session_leave(s);
    }
    return 0;
}

void echo_on_sent(struct peer *client)
{
    relay_resume(client, client);
}

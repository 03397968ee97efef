/*
 * conn - one connection to the gateway: messages out, and every byte that comes back compared with what was sent.
 *
 * Thread: one. Memory: its buffers, malloc. Errors: report_fail(). Limits: messages of 1 MiB.
 */
#ifndef TESTS_KERNEL_CONN_H
#define TESTS_KERNEL_CONN_H

#include "tests/kernel/bytes.h"
#include "tests/kernel/plan.h"

enum conn_opcode { CONN_CONTINUATION, CONN_TEXT, CONN_BINARY, CONN_CLOSE = 8, CONN_PING, CONN_PONG };

/* How much the kernel takes at a time from the one that it sends to. */
enum conn_window { CONN_WINDOW_USUAL, CONN_WINDOW_SMALL };

struct conn {
    const struct plan *plan;
    struct bytes out, in;
    size_t checked; /* bytes of the message that is coming */
    unsigned id, sent, received, pings, pongs, code;
    int fd;
    bool is_open, is_in_message, has_sent_close, is_over;
};

/* A connection to report.address. */
int conn_dial(enum conn_window window);

/* Each of these only queues. A message is one frame, or three with a ping after the first. */
void conn_put_request(struct bytes *out);
void conn_put_header(struct bytes *out, bool fin, enum conn_opcode opcode, size_t bytes, const uint8_t key[4]);
void conn_put_message(struct conn *c);
void conn_put_close(struct conn *c, unsigned code);

/* How many bytes a message has. */
size_t conn_message_bytes(const struct conn *c, unsigned message);

/* Sends what is queued, as far as the kernel takes it. */
void conn_flush(struct conn *c);

/* Receives and checks what has come; at the end of the stream the ending too. */
void conn_receive(struct conn *c);

#endif

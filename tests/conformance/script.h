/*
 * script - what a case sends, written as words, and the bytes that they come to.
 *
 * A word is a frame: a letter, then perhaps a payload. T text, B binary, C continuation, P ping, O pong, X close; in
 * small letters without FIN; #c1: any first byte, in hex.
 *   .abc  these characters          :ceba  these bytes, in hex      *125  so many bytes, made up
 *   @1000 in front of any of them: a close code                    |     between bytes in hex: a wait of a second
 *   /64   behind the last two: in fragments of so many bytes        x10   behind "*": so many messages, each sent when
 *                                                                         the one before it has come back
 * ~1000 waits so many ms, !1 for so many answers.
 *
 * Thread: any. Memory: malloc'ed, script_free() gives it back. Errors: a word that is wrong is a bug: asserted.
 * Limits: none.
 */
#ifndef TESTS_CONFORMANCE_SCRIPT_H
#define TESTS_CONFORMANCE_SCRIPT_H

#include "tests/conformance/answers.h"
#include "tests/conformance/row.h"
#include "tests/conformance/wire.h"

/* Up to where to write, and what to wait for then. */
struct script_stop {
    size_t end;          /* offset in the wire's bytes */
    size_t answer_count; /* that must have come in all; 0: any */
    unsigned wait_ms;
    bool has_close; /* a Close is among what is written until here */
};

struct script {
    struct wire wire;
    struct script_stop *stops; /* the last one ends the wire */
    size_t stop_count, stop_size;
    struct answers echo; /* what a server that follows RFC 6455 answers to all of it */
    uint8_t open_opcode; /* of the message whose fragments are being sent; 0: none */
    uint8_t *open;       /* its payload so far */
    size_t open_bytes, open_size;
    uint16_t close_code; /* of the first Close; 0: none */
    bool has_close;
    bool is_frame_wise;
};

/* Compiles what a row sends. */
void script_compile(struct script *s, const struct row *row);
/* What a row expects, where that is not s->echo; compiled from its words. */
void script_expect(struct answers *expected, const struct row *row);
/* Appends one Close with a code, masked, to an empty script. */
void script_close(struct script *s, uint16_t code);
void script_free(struct script *s);

#endif

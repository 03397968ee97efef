/*
 * row - the cases as a table: what is sent, what must come back, and who must close with which code.
 *
 * Thread: any (const). Memory: static. Errors: none. Limits: none.
 */
#ifndef TESTS_CONFORMANCE_ROW_H
#define TESTS_CONFORMANCE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/conformance/corpus.h"

/* How what is sent is cut into writes; any other number: into that many octets. */
enum row_chop { ROW_CHOP_WHOLE = 0, ROW_CHOP_FRAMES = -1, ROW_CHOP_OCTETS = 1 };

enum row_grade {
    ROW_GRADE_STRICT, /* the answers are as expected, or the case failed */
    ROW_GRADE_LOSING, /* no answer at all is NON-STRICT: the echo before the fault was lost */
    ROW_GRADE_TIMELY, /* failed only after the last part was sent is NON-STRICT */
    ROW_GRADE_OPEN,   /* how much comes back is up to the peer: INFORMATIONAL */
};

/* The rows of ending.def. */
enum row_ending {
#define ENDING(name, by, codes, clean) ROW_ENDING_##name,
#include "tests/conformance/ending.def"
#undef ENDING
    ROW_ENDING_COUNT,
};

enum row_closer { ROW_CLOSER_CLIENT, ROW_CLOSER_PEER };
enum { ROW_CODES_MAX = 3, ROW_CODE_AS_SENT = 1, ROW_MESSAGE_BYTES_MAX = 131072 };

struct row_ending_rule {
    const char *name;
    enum row_closer by;
    uint16_t codes[ROW_CODES_MAX]; /* 0: none; ROW_CODE_AS_SENT: the code of the Close that was sent */
    bool is_clean;                 /* Close must have gone both ways */
};
extern const struct row_ending_rule row_endings[ROW_ENDING_COUNT];

/* The rows of offer.def. */
enum row_offer {
#define OFFER(name, resets, bits, bare, text) ROW_OFFER_##name,
#include "tests/conformance/offer.def"
#undef OFFER
    ROW_OFFER_COUNT,
};

struct row_offer_rule {
    const char *text; /* Sec-WebSocket-Extensions */
    bool asks_no_context;
    unsigned asks_bits; /* server_max_window_bits; 0: not asked for */
    bool is_bare_too;   /* an offer that asks for neither comes last */
};
extern const struct row_offer_rule row_offers[ROW_OFFER_COUNT];

/* What groups 12 and 13 send: messages under permessage-deflate, each when the one before has come back. */
struct row_stream {
    enum row_offer offer;
    enum corpus_kind corpus;
    size_t message_bytes, message_count; /* message_count 0: the case is none of these */
    size_t fragment_bytes;               /* of what is compressed; 0: in one frame */
    unsigned limit_s;                    /* for all of them */
};

struct row {
    const char *id;
    int chop;
    enum row_grade grade;
    enum row_ending ending;
    const char *send;   /* see script.h */
    const char *expect; /* see script.h; "=": a pong to every ping, every message back */
    struct row_stream stream;
};

/* How many messages a case sends, where those with the largest messages send count: so many that their bytes are alike,
 * and at most as many as the row says. */
size_t row_message_count(const struct row *row, size_t count);

struct row_group {
    unsigned number;
    const char *name;
    size_t count; /* of the cases that the suite has in this group */
    const struct row *rows;
    size_t row_count;
};
extern const struct row_group row_groups[];
extern const size_t row_group_count;

#endif

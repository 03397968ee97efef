/*
 * sim_end - one remote end of a simulated session, a client or a backend: what it says, what it hears, and whether what
 * it hears is what the other end said.
 *
 * What the gateway has received of it is read by an independent reader (said) and logged; what the gateway sends it
 * must be well-formed (heard) and, message by message, be what stands in the log of the other end (of an echo: its
 * own). An end that hears a Close of the other must have heard everything that was said before it; one that broke the
 * protocol, and nothing else happened, hears a Close with the code of its fault.
 *
 * Thread: one. Memory: malloc, freed by sim_end_free(). Errors: asserted. Limits: none.
 */
#ifndef TESTS_SIM_SIM_END_H
#define TESTS_SIM_SIM_END_H

#include "tests/sim/sim_kernel.h"
#include "tests/sim/sim_profile.h"
#include "tests/sim/sim_stream.h"

struct sim_log_message {
    size_t begin;       /* of its content */
    size_t whole_bytes; /* content of whole frames */
    uint8_t opcode;
    bool is_whole, is_compressed;
};

struct sim_log_control {
    uint8_t opcode, bytes;
    uint8_t payload[SIM_STREAM_CONTROL_BYTES_MAX];
};

struct sim_log {
    struct sim_bytes content;
    struct sim_bytes messages; /* of struct sim_log_message */
    struct sim_bytes controls; /* of struct sim_log_control: pings and pongs */
    struct sim_log_control close;
    bool has_close;
};

/* What a leg agreed on. */
struct sim_deflate {
    bool is_on;
    bool client_resets, server_resets; /* no context takeover */
    uint8_t client_bits, server_bits;
};

enum sim_answer {
    SIM_ANSWER_GOOD,
    SIM_ANSWER_INTERIM, /* behind a 103 */
    SIM_ANSWER_EARLY,   /* with a message behind it */
    SIM_ANSWER_REFUSAL_LENGTH,
    SIM_ANSWER_REFUSAL_CHUNKED,
    SIM_ANSWER_REFUSAL_CLOSE,
    SIM_ANSWER_BAD_ACCEPT,
    SIM_ANSWER_GARBAGE,
    SIM_ANSWER_COUNT
};

enum sim_request {
    SIM_REQUEST_GOOD,
    SIM_REQUEST_PATH,    /* that no route matches */
    SIM_REQUEST_VERSION, /* a wrong one */
    SIM_REQUEST_PLAIN,   /* no upgrade */
    SIM_REQUEST_LONG,
    SIM_REQUEST_GARBAGE,
    SIM_REQUEST_COUNT
};

struct sim_link;

struct sim_end {
    struct sim_link *link;
    struct sim_socket *socket; /* the gateway's end of the connection; NULL: there is none */
    struct sim_bytes head;     /* what was heard of the head */
    struct sim_bytes pending;  /* said, and not read yet: what was agreed on is not known */
    size_t head_left;          /* bytes of its own head that the gateway has not received */
    struct sim_stream said, heard;
    struct sim_log log;
    size_t heard_messages, heard_bytes, heard_controls;
    struct sim_bytes message; /* the payload of the message that it is sending, and how far it is */
    uint8_t message_opcode;
    bool message_is_compressed, message_is_begun;
    z_stream deflater;
    bool has_deflater;
    bool is_client;
    bool is_ready;      /* said is read */
    bool is_upgraded;   /* it heard the other's head: of a client, the 101 */
    bool is_refused;    /* a client that heard another answer */
    bool has_heard_end; /* the gateway ended its direction */
    bool has_heard_close, has_said_close, has_finished;
};

struct sim_link {
    const struct sim_profile *profile;
    struct sim_rng *rng;
    struct sim_end client, backend;
    struct sim_deflate offer, agreed;
    unsigned answer; /* enum sim_answer: what the backend will say */
    bool answers_at_once;
    bool keeps_nothing;       /* the client offers compression without context takeover */
    bool is_polite;           /* a Close is answered, an end too */
    bool is_blameless;        /* neither end gave, nor chance was, a reason to end it */
    struct sim_end *at_fault; /* that broke the protocol, and nothing else has happened */
    bool is_wild;             /* what it says cannot be known: nothing is compared */
    bool is_used;
};

void sim_link_init(struct sim_link *l, const struct sim_profile *profile, struct sim_rng *rng);
void sim_link_free(struct sim_link *l);

/* There was a reason to end it. */
void sim_link_blame(struct sim_link *l);

/* The client connects, and sends its request. */
void sim_link_connect(struct sim_link *l, enum sim_request request);
/* The backend answers, if it has the request and has not answered yet. */
void sim_link_answer(struct sim_link *l);

/* Whether its both ends are open, and have reason to stay so. */
bool sim_link_is_healthy(const struct sim_link *l);
/* Whether all that was said whole was heard. */
bool sim_link_is_even(const struct sim_link *l);
/* Asserts it, and that nothing waits to be received. */
void sim_link_check_even(const struct sim_link *l);

/* Sends bytes to the gateway, if it still can. */
void sim_end_send(struct sim_end *e, struct slice bytes);
/* Ends its direction. */
void sim_end_finish(struct sim_end *e);

/* From sim_heads.c: the client's request; the backend's answer to it; what the client makes of that. */
void sim_heads_request(struct sim_link *l, enum sim_request request);
void sim_heads_answer(struct sim_link *l);
void sim_heads_read_answer(struct sim_link *l, const char *head);
/* What is said is read from now on, by what was agreed on; and so is what is heard. */
void sim_end_begin_said(struct sim_end *e);
void sim_end_begin_heard(struct sim_end *e);

/* From the kernel (struct sim_kernel_events). */
void sim_end_received(void *owner, struct slice bytes);
void sim_end_sent(void *owner, struct slice bytes);
void sim_end_ended(void *owner);

static inline struct sim_end *sim_end_other(struct sim_end *e)
{
    return e->is_client ? &e->link->backend : &e->link->client;
}

#endif

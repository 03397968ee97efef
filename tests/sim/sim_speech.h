/*
 * sim_speech - what a simulated end says once it speaks WebSocket: messages, whole or in fragments, compressed where
 * that was agreed on; control frames; and frames with a defect.
 *
 * Thread: one. Memory: none of its own. Errors: none. Limits: SIM_SPEECH_BYTES_MAX waiting at the gateway's socket.
 */
#ifndef TESTS_SIM_SIM_SPEECH_H
#define TESTS_SIM_SIM_SPEECH_H

#include "tests/sim/sim_end.h"

enum { SIM_SPEECH_BYTES_MAX = 512 << 10 };

/* The next frame of the message under way, or the first of a new one, which may be its last. */
void sim_speech_message(struct sim_end *e, struct sim_rng *rng);
/* The first frame of a new message, which goes on; nothing where one is under way. */
void sim_speech_begin(struct sim_end *e, struct sim_rng *rng);
/* A ping or a pong. */
void sim_speech_control(struct sim_end *e, struct sim_rng *rng);
/* A Close, with a reason of its own. */
void sim_speech_close(struct sim_end *e, struct sim_rng *rng);
/* The Close that answers one. */
void sim_speech_answer_close(struct sim_end *e, struct slice payload);
/* A frame that must not be. */
void sim_speech_defect(struct sim_end *e, struct sim_rng *rng);
/* Bytes as they are. */
void sim_speech_raw(struct sim_end *e, struct slice bytes);

#endif

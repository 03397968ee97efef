/*
 * sim_shard - the sessions of a shard on the simulated kernel, its turns, and what must hold after each.
 *
 * Thread: one; there is one shard at a time. Memory: the shard's own mappings. Errors: asserted.
 * Limits: SIM_SHARD_TURNS_MAX until everything that can happen has happened.
 */
#ifndef TESTS_SIM_SIM_SHARD_H
#define TESTS_SIM_SIM_SHARD_H

#include "core/io/listener.h"
#include "gateway/session/session.h"
#include "tests/sim/sim_kernel.h"
#include "tests/sim/sim_profile.h"

enum { SIM_SHARD_TURNS_MAX = 20000 };

struct sim_shard {
    struct io io;
    struct session_pool pool;
    struct session_quota quota;
    struct listener listener;
};

struct sim_shard_settings {
    uint32_t sessions, buffers, nodes, chunks;
};

void sim_shard_open(struct sim_shard *shard, const struct sim_profile *profile,
                    const struct sim_shard_settings *settings);
/* No session may be left; everything must have been given back. */
void sim_shard_close(struct sim_shard *shard);

/* One turn, in which at most so many operations complete. */
void sim_shard_turn(struct sim_shard *shard, unsigned steps);
/* Turns until nothing more happens by itself. */
void sim_shard_settle(struct sim_shard *shard);

/* The client's socket of the session that a new upstream socket belongs to; NULL where it is gone. */
struct sim_socket *sim_shard_client_of(struct sim_shard *shard, const struct sim_socket *upstream);

#endif

/*
 * shard - a thread with a ring, listeners and sessions of its own, pinned to a CPU.
 *
 * Its life: set up (all shards, before any accepts), go, turns, drain or stop, down. The process waits for the set-up
 * with struct shard_gate and speaks to running shards by mail.
 *
 * Thread: functions of the process', but shard_run() inside. Memory: the caller's. Errors: at set-up, with a line.
 * Limits: struct io_settings, made from the number of sessions.
 */
#ifndef GATEWAY_PROC_SHARD_H
#define GATEWAY_PROC_SHARD_H

#include <pthread.h>

#include "core/io/listener.h"
#include "gateway/proc/listen_set.h"
#include "gateway/session/session_pool.h"

/* Mail to a shard; and, SHARD_MAIL_OVER, from it. */
enum shard_mail {
    SHARD_MAIL_DRAIN, /* stop accepting, close all sessions within value milliseconds */
    SHARD_MAIL_STOP,  /* close all at once */
    SHARD_MAIL_OVER,  /* the shard has ended its last turn */
};

/* Where shards and the process wait for each other at the start. */
struct shard_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t reported;
    uint32_t failed;
    enum { SHARD_GATE_CLOSED, SHARD_GATE_GO, SHARD_GATE_GIVE_UP } state;
};

struct shard {
    uint32_t index;
    int cpu; /* -1: not pinned */
    const struct config *config;
    const struct listen_set *listen_set;
    struct session_quota *quota;
    struct log_ring *log;
    struct shard_gate *gate;
    int ring_fd;    /* for mail to it, once it has reported */
    int control_fd; /* the ring that SHARD_MAIL_OVER goes to */
    pthread_t thread;

    struct io io;
    struct session_pool pool;
    struct listener listeners[CONFIG_LISTENERS_MAX];
    struct wheel_timer drain_end;
    bool is_leaving;
    bool is_whole; /* at the end: nothing was out */
    char why[IO_WHY_BYTES_MAX];
};

/* Starts the thread; it sets up, reports to the gate, and waits there. 0 or -errno. */
MUST_USE int shard_start(struct shard *shard);

void shard_gate_init(struct shard_gate *gate);
/* Waits until count shards have reported; how many of them failed. */
uint32_t shard_gate_await(struct shard_gate *gate, uint32_t count);
/* Lets all go on (true), or end (false). */
void shard_gate_open(struct shard_gate *gate, bool go);

/* Waits for the thread's end. */
void shard_join(struct shard *shard);

#endif

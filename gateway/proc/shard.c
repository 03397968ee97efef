#include "gateway/proc/shard.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "gateway/session/session.h"

enum {
    SQ_ENTRIES = 2048,
    CQ_ENTRIES = 16384,
    BUFFERS = 2048,
    NODES = 1 << 20,
    CHUNKS = 1 << 17, /* 512 MiB of address space */
    /* Closes are begun in the first half of the drain's time; the rest is for the answers. */
    DRAIN_SPREAD_DIVISOR = 2,
};

/* ---- the gate ---- */

void shard_gate_init(struct shard_gate *gate)
{
    *gate = (struct shard_gate){.state = SHARD_GATE_CLOSED};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}

uint32_t shard_gate_await(struct shard_gate *gate, uint32_t count)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->reported < count) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    const uint32_t failed = gate->failed;
    pthread_mutex_unlock(&gate->lock);
    return failed;
}

void shard_gate_open(struct shard_gate *gate, bool go)
{
    pthread_mutex_lock(&gate->lock);
    gate->state = go ? SHARD_GATE_GO : SHARD_GATE_GIVE_UP;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

/* Reports and waits; whether the shard may go on. */
static bool gate_pass(struct shard_gate *gate, bool ready)
{
    pthread_mutex_lock(&gate->lock);
    gate->reported++;
    gate->failed += !ready;
    pthread_cond_broadcast(&gate->changed);
    while (gate->state == SHARD_GATE_CLOSED) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    const bool go = gate->state == SHARD_GATE_GO;
    pthread_mutex_unlock(&gate->lock);
    return go && ready;
}

/* ---- set-up ---- */

static void pin(int cpu)
{
    cpu_set_t set;

    if (cpu >= 0) {
        CPU_ZERO(&set);
        CPU_SET((unsigned)cpu, &set);
        (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    }
}

static void on_mail(struct io *io, struct io_mail mail);

static bool set_up(struct shard *shard)
{
    const uint32_t socks = 2 * (shard->quota->max + SESSION_POOL_RESERVE);
    const struct io_settings settings = {.sq_entries = SQ_ENTRIES,
                                         .cq_entries = CQ_ENTRIES,
                                         .sock_count = socks,
                                         .buffer_count = BUFFERS,
                                         .node_count = NODES,
                                         .chunk_count = CHUNKS};

    if (io_open(&shard->io, &settings, shard->why) != 0) {
        return false;
    }
    shard->ring_fd = shard->io.ring.ring_fd;
    shard->io.owner = shard;
    shard->io.on_mail = on_mail;
    const int error = session_pool_init(&shard->pool, shard->config, &shard->io, shard->quota, shard->log);
    if (error != 0) {
        snprintf(shard->why, sizeof shard->why, "no memory for sessions: %s", strerror(-error));
        io_close(&shard->io);
        return false;
    }
    return true;
}

static void tear_down(struct shard *shard)
{
    shard->is_whole = io_is_whole(&shard->io) && session_pool_is_whole(&shard->pool);
    if (shard->is_whole) {
        session_pool_deinit(&shard->pool);
        io_close(&shard->io);
    }
}

/* ---- running ---- */

static void on_accepted(struct listener *l, int fd)
{
    struct shard *shard = l->owner;
    session_accept(&shard->pool, fd);
}

static void start_listeners(struct shard *shard)
{
    for (uint32_t i = 0; i < shard->listen_set->listener_count; i++) {
        shard->listeners[i] = (struct listener){
            .fd = listen_set_fd(shard->listen_set, shard->index, i), .accepted = on_accepted, .owner = shard};
        listener_start(&shard->listeners[i], &shard->io);
    }
}

static void stop_listeners(struct shard *shard)
{
    for (uint32_t i = 0; i < shard->listen_set->listener_count; i++) {
        listener_stop(&shard->listeners[i]);
    }
}

static bool are_listeners_idle(const struct shard *shard)
{
    for (uint32_t i = 0; i < shard->listen_set->listener_count; i++) {
        if (shard->listeners[i].is_armed) {
            return false;
        }
    }
    return true;
}

static void stop(struct shard *shard)
{
    stop_listeners(shard);
    shard->is_leaving = true;
    wheel_clear(&shard->drain_end);
    session_abort_all(&shard->pool);
}

static void on_drain_end(struct wheel_timer *timer)
{
    stop(CONTAINER_OF(timer, struct shard, drain_end));
}

static void drain(struct shard *shard, uint32_t period_ms)
{
    stop_listeners(shard);
    shard->is_leaving = true;
    io_set_timer(&shard->io, &shard->drain_end, period_ms);
    session_drain_all(&shard->pool, period_ms / DRAIN_SPREAD_DIVISOR);
}

static void on_mail(struct io *io, struct io_mail mail)
{
    struct shard *shard = io->owner;

    if (mail.kind == SHARD_MAIL_DRAIN) {
        drain(shard, (uint32_t)mail.value);
    } else if (mail.kind == SHARD_MAIL_STOP) {
        stop(shard);
    }
}

static bool is_over(const struct shard *shard)
{
    return shard->is_leaving && session_pool_is_empty(&shard->pool) && are_listeners_idle(shard);
}

static void *run(void *arg)
{
    struct shard *shard = arg;

    pin(shard->cpu);
    const bool ready = set_up(shard);
    if (!gate_pass(shard->gate, ready)) {
        if (ready) {
            tear_down(shard);
        }
        return NULL;
    }
    wheel_timer_init(&shard->drain_end, on_drain_end);
    start_listeners(shard);
    while (!is_over(shard)) {
        io_turn(&shard->io, WHEEL_NEVER);
    }
    wheel_clear(&shard->drain_end);
    io_post(&shard->io, shard->control_fd, (struct io_mail){.kind = SHARD_MAIL_OVER, .value = shard->index});
    io_turn(&shard->io, 0);
    tear_down(shard);
    return NULL;
}

int shard_start(struct shard *shard)
{
    return -pthread_create(&shard->thread, NULL, run, shard);
}

void shard_join(struct shard *shard)
{
    pthread_join(shard->thread, NULL);
}

#include "tests/sim/sim_shard.h"

#include <stdio.h>

enum {
    STEPS_OF_A_SETTLING_TURN = 64,
    /* A turn's bytes of one receive, an inbox, and what one step inflates come on top of the mark. */
    QUEUE_SLACK_BYTES = BUF_RING_BUFFER_BYTES + (48 << 10) + (32 << 10),
};

static void on_accepted(struct listener *l, int fd)
{
    struct sim_shard *shard = l->owner;
    session_accept(&shard->pool, fd);
}

void sim_shard_open(struct sim_shard *shard, const struct sim_profile *profile,
                    const struct sim_shard_settings *settings)
{
    const struct io_settings io = {.sq_entries = SIM_KERNEL_SQ_ENTRIES,
                                   .cq_entries = SIM_KERNEL_CQ_ENTRIES,
                                   .sock_count = 2 * (settings->sessions + SESSION_POOL_RESERVE),
                                   .buffer_count = settings->buffers,
                                   .node_count = settings->nodes,
                                   .chunk_count = settings->chunks};
    char why[IO_WHY_BYTES_MAX];

    *shard = (struct sim_shard){.quota = {.max = settings->sessions, .shard_count = 1}};
    int error = io_open(&shard->io, &io, why);
    ASSERT(error == 0);
    error = session_pool_init(&shard->pool, profile->config, &shard->io, &shard->quota, NULL);
    ASSERT(error == 0);
    shard->listener = (struct listener){.fd = sim_kernel_listen(), .accepted = on_accepted, .owner = shard};
    listener_start(&shard->listener, &shard->io);
}

void sim_shard_close(struct sim_shard *shard)
{
    listener_stop(&shard->listener);
    sim_shard_settle(shard);
    ASSERT(!shard->listener.is_armed && session_pool_is_empty(&shard->pool) && shard->quota.used == 0);
    ASSERT(io_is_whole(&shard->io));
    ASSERT(session_pool_is_whole(&shard->pool));
    session_pool_deinit(&shard->pool);
    io_close(&shard->io);
    ASSERT(shard->io.stale_count == 0);
    for (int i = 0; i < sim_kernel.socket_count; i++) {
        const struct sim_socket *s = &sim_kernel.sockets[i];
        ASSERT(s->is_closed || s->is_listening);
    }
}

/* ---- what must hold ---- */

/* What goes to a peer is bounded by the mark, one receive, and what a multishot receive brought beyond it. */
static void check_queue(const struct session *s, const struct peer *from, const struct peer *to)
{
    if (from->sock == NULL || to->sock == NULL || s->route == NULL) {
        return;
    }
    const size_t mark = s->route->settings.queue_bytes_max;
    struct sim_socket *source = sim_kernel_socket(from->sock->fd);
    const bool is_bounded = sock_queued_bytes(to->sock) <= mark + QUEUE_SLACK_BYTES + source->burst_bytes;

    ASSERT(is_bounded);
    ASSERT((from->backlog != NULL ? from->backlog->bytes : 0) <= QUEUE_SLACK_BYTES);
    if (sock_queued_bytes(to->sock) < mark) {
        source->burst_bytes = 0;
    }
}

static bool is_closing(const struct peer *p)
{
    return p->sock == NULL || p->sock->is_closing;
}

static void check_sessions(struct sim_shard *shard)
{
    for (struct list *node = shard->pool.all.next; node != &shard->pool.all; node = node->next) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (is_closing(&s->client) || is_closing(&s->upstream)) {
            continue;
        }
        check_queue(s, &s->client, s->upstream.sock != NULL ? &s->upstream : &s->client);
        check_queue(s, &s->upstream, &s->client);
    }
}

/* ---- turns ---- */

void sim_shard_turn(struct sim_shard *shard, unsigned steps)
{
    sim_kernel.steps = steps;
    io_turn(&shard->io, shard->io.now_ms);
    sim_kernel.steps = 0;
    check_sessions(shard);
}

static bool is_idle(struct sim_shard *shard)
{
    return !sim_kernel_can_step() && io_uring_sq_ready(&shard->io.ring) == 0 && list_is_empty(&shard->io.dirty) &&
           wheel_next_ms(&shard->io.wheel) > sim_kernel.now_ms &&
           (list_is_empty(&shard->io.starved) || !buf_ring_has_lent(&shard->io.bufs));
}

void sim_shard_settle(struct sim_shard *shard)
{
    unsigned turns = 0;

    do {
        ASSERT(turns < SIM_SHARD_TURNS_MAX);
        sim_shard_turn(shard, STEPS_OF_A_SETTLING_TURN);
        turns++;
    } while (!is_idle(shard));
    ASSERT(list_is_empty(&shard->io.starved));
}

struct sim_socket *sim_shard_client_of(struct sim_shard *shard, const struct sim_socket *upstream)
{
    for (struct list *node = shard->pool.all.next; node != &shard->pool.all; node = node->next) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (s->upstream.sock != NULL && s->upstream.sock->fd == sim_kernel_fd(upstream)) {
            const int fd = s->client.sock == NULL ? -1 : s->client.sock->fd;
            return fd < 0 ? NULL : &sim_kernel.sockets[fd - SIM_KERNEL_FD];
        }
    }
    return NULL;
}

#include "bench/load/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load/conn.h"
#include "bench/load/cpu_time.h"
#include "core/base/clock.h"

enum {
    CONNECTING_MAX = 128, /* at a time: listen queues are short */
    NS_PER_MS = 1000000,
    WAIT_MS = 50,
    CONNECT_SECONDS_MAX = 60, /* without one more connection */
    PROGRESS_MS = 500,
};

struct run {
    struct load load;
    struct conn *conns;
    uint32_t begun;       /* connections that were begun at least once */
    uint32_t next_idle;   /* where to look for one that can be begun again */
    uint64_t told;        /* messages of the schedule that their connections know of */
    uint64_t progress_ns; /* when the line was last written */
    bool shows_progress;
};

static void show_progress(struct run *r, const char *phase, uint64_t now)
{
    const struct load *l = &r->load;

    if (!r->shows_progress || now - r->progress_ns < (uint64_t)PROGRESS_MS * NS_PER_MS) {
        return;
    }
    r->progress_ns = now;
    fprintf(stderr, "\r\033[K%s: %u of %u connections open, %llu %s", phase, l->open, l->o->connections,
            (unsigned long long)(l->o->is_handshakes ? l->handshakes : l->messages),
            l->o->is_handshakes ? "handshakes" : "messages");
    fflush(stderr);
}

static void reap(struct run *r)
{
    struct io_uring_cqe *cqes[RING_BATCH_MAX];
    const unsigned count = io_uring_peek_batch_cqe(&r->load.ring.uring, cqes, RING_BATCH_MAX);

    for (unsigned i = 0; i < count; i++) {
        conn_complete(ring_thing(cqes[i]), cqes[i]);
    }
    io_uring_cq_advance(&r->load.ring.uring, count);
    ring_lend(&r->load.ring);
}

/* Begins connections that were never begun, or for handshakes those that ended. */
static void connect_more(struct run *r)
{
    const struct load *l = &r->load;
    const uint32_t all = l->o->connections;

    while (r->begun < all && l->connecting < CONNECTING_MAX && l->lost == 0) {
        conn_connect(&r->conns[r->begun++]);
    }
    for (uint32_t tried = 0; l->o->is_handshakes && tried < r->begun && l->lost == 0; tried++) {
        struct conn *c = &r->conns[r->next_idle++ % r->begun];
        if (conn_is_idle(c)) {
            conn_connect(c);
        }
    }
}

/* Tells the connections whose messages have become due since the last turn. */
static void release_due(struct run *r, uint64_t now)
{
    const uint64_t due = load_due_count(&r->load, now), all = r->load.o->connections;

    r->told = due - r->told > all ? due - all : r->told;
    while (r->told < due) {
        conn_send(&r->conns[r->told++ % all], now);
    }
}

/* How long a turn may wait. */
static uint64_t wait_ns(const struct run *r, uint64_t now, uint64_t end)
{
    const struct load *l = &r->load;
    uint64_t until = now + (uint64_t)WAIT_MS * NS_PER_MS;

    if (l->o->rate != 0 && l->is_sending) {
        const uint64_t due = load_due_ns(l, 0, 0) + (load_due_count(l, now) * 1000000000 / l->o->rate);
        until = due < until ? due : until;
    }
    until = end < until ? end : until;
    return until > now ? until - now : 1;
}

static int turn(struct run *r, uint64_t now, uint64_t end)
{
    const int rc = ring_wait(&r->load.ring, wait_ns(r, now, end));

    if (rc < 0) {
        load_complain(&r->load, "io_uring: %s", strerror(-rc));
        return rc;
    }
    reap(r);
    if (r->load.o->rate != 0 && r->load.is_sending) {
        release_due(r, clock_monotonic_ns());
    }
    return 0;
}

/* A run is over early only where what it measures would not be what was asked for. */
static bool has_failed(const struct load *l)
{
    return l->wrong > 0 || l->lost > 0;
}

static int connect_all(struct run *r)
{
    const struct load *l = &r->load;
    uint64_t now = clock_monotonic_ns(), patience = now;
    uint32_t open = 0;

    while (l->open < l->o->connections && !has_failed(l) && !l->o->is_handshakes) {
        connect_more(r);
        if (l->open > open) {
            open = l->open;
            patience = now;
        }
        if (now - patience > (uint64_t)CONNECT_SECONDS_MAX * 1000000000) {
            load_complain(&r->load, "%u of %u connections did not open", l->o->connections - open, l->o->connections);
            r->load.lost++;
            break;
        }
        const int rc = turn(r, now, UINT64_MAX);
        if (rc < 0) {
            return rc;
        }
        now = clock_monotonic_ns();
        show_progress(r, "connecting", now);
    }
    return 0;
}

static int run_until(struct run *r, const char *phase, uint64_t end)
{
    for (uint64_t now = clock_monotonic_ns(); now < end && !has_failed(&r->load); now = clock_monotonic_ns()) {
        if (r->load.o->is_handshakes) {
            connect_more(r);
        }
        const int rc = turn(r, now, end);
        if (rc < 0) {
            return rc;
        }
        show_progress(r, phase, now);
    }
    return 0;
}

static void begin_messages(struct run *r)
{
    struct load *l = &r->load;

    l->begin_ns = clock_monotonic_ns();
    l->is_sending = !l->o->is_handshakes;
    for (uint32_t i = 0; i < l->o->connections && l->o->rate == 0; i++) {
        conn_send(&r->conns[i], l->begin_ns);
    }
}

static uint64_t cpu_of_measured(const struct load *l, struct run_result *result)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < l->o->pid_count; i++) {
        uint64_t ns = 0;
        const int rc = cpu_time_of(l->o->pids[i], &ns);
        if (rc < 0) {
            snprintf(result->why, sizeof result->why, "--pid %d: %s", l->o->pids[i], strerror(-rc));
        }
        sum += ns;
    }
    return sum;
}

static uint32_t count_silent(const struct run *r, const uint64_t *done)
{
    uint32_t silent = 0;

    for (uint32_t i = 0; i < r->load.o->connections && r->load.is_sending; i++) {
        silent += r->conns[i].done == done[i];
    }
    return silent;
}

static int measure(struct run *r, struct run_result *result, uint64_t *done)
{
    struct load *l = &r->load;

    for (uint32_t i = 0; i < l->o->connections; i++) {
        done[i] = r->conns[i].done;
    }
    histogram_clear(&l->latency);
    l->messages = l->handshakes = l->check.plain_count = 0;
    const uint64_t measured = cpu_of_measured(l, result), own = cpu_time_own(), begin = clock_monotonic_ns();
    const int rc = run_until(r, "measuring", begin + (uint64_t)l->o->seconds * 1000000000);
    result->seconds = (double)(clock_monotonic_ns() - begin) / 1e9;
    result->measured_ns = cpu_of_measured(l, result) - measured;
    result->own_ns = cpu_time_own() - own;
    result->silent = count_silent(r, done);
    return rc;
}

static int run_phases(struct run *r, struct run_result *result)
{
    const uint64_t warmup = (uint64_t)r->load.o->warmup_seconds * 1000000000;
    uint64_t *done = calloc(r->load.o->connections, sizeof *done);
    int rc = done == NULL ? -ENOMEM : connect_all(r);

    if (rc == 0 && !has_failed(&r->load)) {
        begin_messages(r);
        rc = run_until(r, "warming up", clock_monotonic_ns() + warmup);
        rc = rc < 0 || has_failed(&r->load) ? rc : measure(r, result, done);
    }
    free(done);
    return rc;
}

static int make_conns(struct run *r)
{
    const uint32_t all = r->load.o->connections;

    r->conns = aligned_alloc(64, all * sizeof *r->conns);
    if (r->conns == NULL) {
        return -ENOMEM;
    }
    memset(r->conns, 0, all * sizeof *r->conns);
    int rc = 0;
    for (uint32_t i = 0; i < all; i++) {
        r->conns[i].fd = -1;
        rc = rc < 0 ? rc : conn_init(&r->conns[i], &r->load, i);
    }
    return rc;
}

static void break_down(struct run *r)
{
    ring_close(&r->load.ring);
    for (uint32_t i = 0; i < r->load.o->connections && r->conns != NULL; i++) {
        conn_deinit(&r->conns[i]);
    }
    free(r->conns);
    if (r->load.o->is_compressed) {
        echo_check_deinit(&r->load.check);
    }
    stream_deinit(&r->load.stream);
}

static int set_up(struct load *l)
{
    const struct options *o = l->o;
    const enum stream_form form = o->is_raw ? STREAM_RAW : o->is_compressed ? STREAM_COMPRESSED : STREAM_PLAIN;

    int rc = stream_init(&l->stream, o->size, o->is_binary ? STREAM_BINARY : STREAM_TEXT, form);
    if (rc == 0 && o->is_compressed) {
        rc = echo_check_init(&l->check, &l->stream);
    }
    return rc < 0 ? rc : ring_open(&l->ring, (size_t)o->size * (o->rate != 0 ? 1 : o->depth));
}

static void finish(struct run *r, struct run_result *result)
{
    const struct load *l = &r->load;

    result->messages = l->messages;
    result->handshakes = l->handshakes;
    result->plain = l->check.plain_count;
    result->latency = l->latency;
    result->open = l->open;
    result->lost = l->lost;
    result->wrong = l->wrong;
    if (l->why[0] != '\0') {
        memcpy(result->why, l->why, sizeof result->why);
    }
    if (r->shows_progress) {
        fprintf(stderr, "\r\033[K");
    }
}

int run_all(const struct options *o, struct run_result *result)
{
    struct run *r = calloc(1, sizeof *r);

    memset(result, 0, sizeof *result);
    if (r == NULL) {
        return -ENOMEM;
    }
    r->load.o = o;
    r->shows_progress = isatty(STDERR_FILENO) != 0;
    int rc = set_up(&r->load);
    if (rc < 0) {
        snprintf(result->why, sizeof result->why, "io_uring or memory: %s (kernel 6.1 or newer is needed)",
                 strerror(-rc));
        free(r);
        return rc;
    }
    rc = make_conns(r);
    rc = rc < 0 ? rc : run_phases(r, result);
    finish(r, result);
    break_down(r);
    free(r);
    return rc;
}

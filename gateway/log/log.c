#include "gateway/log/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* One writer (a shard), one reader (the thread). Positions only grow; the byte at position p is bytes[p % size]. */
struct log_ring {
    _Alignas(64) atomic_size_t written;
    atomic_uint_least64_t dropped;
    struct log *log;
    _Alignas(64) atomic_size_t read;
    uint64_t reported;
    uint8_t bytes[LOG_RING_BYTES];
};

struct log {
    int fd;
    int wake; /* eventfd */
    atomic_bool is_asleep;
    atomic_bool is_ending;
    pthread_t thread;
    unsigned ring_count;
    struct log_ring *rings;
};

struct log_ring *log_ring_of(struct log *log, unsigned index)
{
    ASSERT(index < log->ring_count);
    return &log->rings[index];
}

uint64_t log_dropped(const struct log *log)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < log->ring_count; i++) {
        sum += atomic_load_explicit(&log->rings[i].dropped, memory_order_relaxed);
    }
    return sum;
}

static void wake(struct log *log)
{
    const uint64_t one = 1;
    (void)!write(log->wake, &one, sizeof one);
}

void log_write(struct log_ring *ring, struct slice line)
{
    const size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    const size_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    const size_t at = written % LOG_RING_BYTES;
    const size_t first = line.len < LOG_RING_BYTES - at ? line.len : LOG_RING_BYTES - at;

    if (line.len > LOG_RING_BYTES - (written - read)) {
        atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
        return;
    }
    memcpy(ring->bytes + at, line.ptr, first);
    memcpy(ring->bytes, line.ptr + first, line.len - first);
    atomic_store(&ring->written, written + line.len);
    if (atomic_exchange(&ring->log->is_asleep, false)) {
        wake(ring->log);
    }
}

/* Writes all of it, however long it takes. An output that is gone (EPIPE, EBADF) loses it. */
static void write_all(int fd, const uint8_t *ptr, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, ptr, len);
        if (n > 0) {
            ptr += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        } else if (n >= 0 || errno != EINTR) {
            return;
        }
    }
}

static void report_dropped(struct log *log, struct log_ring *ring)
{
    const uint64_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
    char line[80];

    if (dropped == ring->reported) {
        return;
    }
    const int n = snprintf(line, sizeof line, "{\"event\":\"dropped\",\"lines\":%llu}\n",
                           (unsigned long long)(dropped - ring->reported));
    ring->reported = dropped;
    write_all(log->fd, (const uint8_t *)line, (size_t)n);
}

static bool drain(struct log *log, struct log_ring *ring)
{
    const size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    const size_t written = atomic_load(&ring->written);
    const size_t at = read % LOG_RING_BYTES;
    const size_t len = written - read;
    const size_t first = len < LOG_RING_BYTES - at ? len : LOG_RING_BYTES - at;

    if (len == 0) {
        return false;
    }
    write_all(log->fd, ring->bytes + at, first);
    write_all(log->fd, ring->bytes, len - first);
    atomic_store_explicit(&ring->read, written, memory_order_release);
    report_dropped(log, ring);
    return true;
}

static bool drain_all(struct log *log)
{
    bool any = false;
    for (unsigned i = 0; i < log->ring_count; i++) {
        any |= drain(log, &log->rings[i]);
    }
    return any;
}

/* Falls asleep only when, after saying so, there is still nothing to write: a line written meanwhile wakes it. */
static void *run(void *arg)
{
    struct log *log = arg;
    uint64_t count;

    for (;;) {
        const bool ending = atomic_load(&log->is_ending);
        if (drain_all(log)) {
            continue;
        }
        if (ending) {
            return NULL;
        }
        atomic_store(&log->is_asleep, true);
        if (drain_all(log) || atomic_load(&log->is_ending)) {
            atomic_store(&log->is_asleep, false);
            continue;
        }
        (void)!read(log->wake, &count, sizeof count);
    }
}

static void destroy(struct log *log)
{
    if (log->wake >= 0) {
        close(log->wake);
    }
    free(log->rings);
    free(log);
}

struct log *log_open(int fd, unsigned ring_count)
{
    struct log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    log->fd = fd;
    log->ring_count = ring_count;
    log->wake = eventfd(0, EFD_CLOEXEC);
    log->rings = aligned_alloc(64, ring_count * sizeof *log->rings);
    if (log->wake < 0 || log->rings == NULL) {
        destroy(log);
        return NULL;
    }
    for (unsigned i = 0; i < ring_count; i++) {
        struct log_ring *ring = &log->rings[i];
        /* Touched now: the memory of the process does not grow with the first lines. */
        memset(ring->bytes, 0, sizeof ring->bytes);
        ring->log = log;
        ring->reported = 0;
        atomic_init(&ring->written, 0);
        atomic_init(&ring->read, 0);
        atomic_init(&ring->dropped, 0);
    }
    if (pthread_create(&log->thread, NULL, run, log) != 0) {
        destroy(log);
        return NULL;
    }
    return log;
}

bool log_close(struct log *log)
{
    struct timespec until;

    atomic_store(&log->is_ending, true);
    wake(log);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOG_CLOSE_WAIT_MS / 1000;
    if (pthread_timedjoin_np(log->thread, NULL, &until) != 0) {
        return false;
    }
    destroy(log);
    return true;
}

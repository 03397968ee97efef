#include "gateway/log/log.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
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
    sem_t over;   /* posted by the thread at its end */
    bool is_torn; /* the output ends inside a line */
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

/* Writes all of it, however long it takes; less where the output takes no more of it (ENOSPC, EFBIG, EPIPE). */
static size_t write_patiently(int fd, struct slice bytes)
{
    size_t written = 0;

    while (written < bytes.len) {
        const ssize_t n = write(fd, bytes.ptr + written, bytes.len - written);
        if (n > 0) {
            written += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        } else if (n >= 0 || errno != EINTR) {
            break;
        }
    }
    return written;
}

static size_t put(struct log *log, struct slice bytes)
{
    const size_t written = write_patiently(log->fd, bytes);
    if (written > 0) {
        log->is_torn = bytes.ptr[written - 1] != '\n';
    }
    return written;
}

static uint64_t count_lines(struct slice bytes)
{
    uint64_t count = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        count += bytes.ptr[i] == '\n';
    }
    return count;
}

/* Writes whole lines, which may lie in two parts, from a fresh line on. Returns how many of them were lost, the one
 * that was written in part among them. */
static uint64_t put_lines(struct log *log, struct slice first, struct slice second)
{
    const bool is_fresh = !log->is_torn || put(log, SLICE_LITERAL("\n")) == 1;
    const size_t of_first = is_fresh ? put(log, first) : 0;
    const size_t of_second = is_fresh && of_first == first.len ? put(log, second) : 0;

    return count_lines(slice_skip(first, of_first)) + count_lines(slice_skip(second, of_second));
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
    if (put_lines(log, (struct slice){(const uint8_t *)line, (size_t)n}, SLICE_LITERAL("")) == 0) {
        ring->reported = dropped;
    }
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
    const uint64_t lost =
        put_lines(log, (struct slice){ring->bytes + at, first}, (struct slice){ring->bytes, len - first});
    atomic_fetch_add_explicit(&ring->dropped, lost, memory_order_relaxed);
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
            sem_post(&log->over);
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
    sem_init(&log->over, 0, 0);
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

/* By the monotonic clock: a clock that is set meanwhile neither cuts the wait short nor draws it out. */
static bool await_end(struct log *log)
{
    struct timespec until;
    int error;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOG_CLOSE_WAIT_MS / 1000;
    do {
        error = sem_clockwait(&log->over, CLOCK_MONOTONIC, &until);
    } while (error != 0 && errno == EINTR);
    return error == 0;
}

bool log_close(struct log *log)
{
    atomic_store(&log->is_ending, true);
    wake(log);
    if (!await_end(log)) {
        return false;
    }
    pthread_join(log->thread, NULL);
    destroy(log);
    return true;
}

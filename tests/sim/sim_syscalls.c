/* The system calls of a shard, on simulated descriptors and time. The linker puts these in their place (--wrap);
 * whatever is not the simulation's goes on to the real ones. */
#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/sim_kernel.h"

static struct sim_kernel *const k = &sim_kernel;

static bool is_ours(int fd)
{
    return k->is_on && fd >= SIM_KERNEL_FD;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    return k->is_on ? sim_kernel_new_socket() : __real_socket(domain, type, protocol);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    if (!is_ours(fd)) {
        return __real_close(fd);
    }
    struct sim_socket *s = sim_kernel_socket(fd);
    s->is_closed = true;
    if (s->owner != NULL) {
        k->events->ended(s->owner);
    }
    return 0;
}

int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how)
{
    if (!is_ours(fd)) {
        return __real_shutdown(fd, how);
    }
    struct sim_socket *s = sim_kernel_socket(fd);
    const bool ends = how != SHUT_RD && !s->is_shut_write;
    s->is_shut_read |= how != SHUT_WR;
    s->is_shut_write |= how != SHUT_RD;
    if (ends && s->owner != NULL) {
        k->events->ended(s->owner);
    }
    return 0;
}

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes)
{
    if (!is_ours(fd)) {
        return __real_setsockopt(fd, level, name, value, bytes);
    }
    (void)sim_kernel_socket(fd);
    return 0;
}

int __real_getpeername(int fd, struct sockaddr *addr, socklen_t *bytes);
int __wrap_getpeername(int fd, struct sockaddr *addr, socklen_t *bytes);
int __wrap_getpeername(int fd, struct sockaddr *addr, socklen_t *bytes)
{
    if (!is_ours(fd)) {
        return __real_getpeername(fd, addr, bytes);
    }
    (void)sim_kernel_socket(fd);
    errno = ENOTCONN;
    return -1;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!k->is_on || clock != CLOCK_MONOTONIC) {
        return __real_clock_gettime(clock, now);
    }
    *now = (struct timespec){.tv_sec = (time_t)(k->now_ms / 1000), .tv_nsec = (long)(k->now_ms % 1000) * 1000000};
    return 0;
}

int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    return k->is_on ? 0 : __real_nanosleep(time, left);
}

ssize_t __real_getrandom(void *out, size_t bytes, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t bytes, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t bytes, unsigned flags)
{
    if (!k->is_on) {
        return __real_getrandom(out, bytes, flags);
    }
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)out)[i] = (uint8_t)sim_rng_u64(&k->entropy);
    }
    return (ssize_t)bytes;
}

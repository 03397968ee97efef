#include "gateway/proc/listen_set.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io/listener.h"

/* What to do about it; NULL where the system's words say enough. */
static const char *advice(int error)
{
    switch (error) {
    case -EADDRINUSE:
        return "another program listens there";
    case -EACCES:
        return "not allowed: a port below 1024 needs CAP_NET_BIND_SERVICE, a path a writable directory";
    case -EADDRNOTAVAIL:
        return "not an address of this machine";
    case -EAFNOSUPPORT:
        return "this machine has no IPv6";
    case -ENOENT:
        return "the directory does not exist";
    default:
        return strerror(-error);
    }
}

/* ":8080" means every address; where there is no IPv6, every IPv4 one. */
static int open_first(struct addr *addr, int *fd)
{
    const int error = listener_open(addr, LISTENER_FIRST, fd);
    if (error == -EAFNOSUPPORT && addr->sa.any.sa_family == AF_INET6 &&
        IN6_IS_ADDR_UNSPECIFIED(&addr->sa.v6.sin6_addr)) {
        const uint16_t port = addr_port(addr);
        if (addr_from_ip(addr, SLICE_LITERAL("0.0.0.0"), port) == 0) {
            return listener_open(addr, LISTENER_FIRST, fd);
        }
    }
    return error;
}

/* Which file a unix socket's path is; 0: none. */
static ino_t inode_of(const struct addr *addr)
{
    struct stat st;
    return addr_is_unix(addr) && lstat(addr->sa.un.sun_path, &st) == 0 ? st.st_ino : 0;
}

static int open_one(struct listen_set *set, uint32_t listener)
{
    struct addr *addr = &set->addrs[listener];
    int fd = -1;
    int error = open_first(addr, &fd);

    set->inodes[listener] = error == 0 ? inode_of(addr) : 0;
    for (uint32_t shard = 0; error == 0; shard++) {
        set->fds[shard * set->listener_count + listener] = fd;
        if (shard + 1 == set->shard_count) {
            return 0;
        }
        if (!addr_is_unix(addr)) {
            error = listener_open(addr, LISTENER_FURTHER, &fd);
        }
    }
    return error;
}

int listen_set_open(struct listen_set *set, const struct config *config, uint32_t shard_count, FILE *err)
{
    const uint32_t count = (uint32_t)config->listener_count;
    const size_t total = (size_t)count * shard_count;
    int first_error = 0;

    *set = (struct listen_set){.shard_count = shard_count, .listener_count = count};
    set->addrs = calloc(count, sizeof *set->addrs);
    set->fds = calloc(total, sizeof *set->fds);
    set->inodes = calloc(count, sizeof *set->inodes);
    if (set->addrs == NULL || set->fds == NULL || set->inodes == NULL) {
        fprintf(err, "sluice: no memory for listeners\n");
        listen_set_close(set);
        return -ENOMEM;
    }
    for (size_t i = 0; i < total; i++) {
        set->fds[i] = -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        set->addrs[i] = config->listeners[i].addr;
        const int error = open_one(set, i);
        if (error != 0) {
            fprintf(err, "sluice: cannot listen on %s: %s\n", config->listeners[i].text, advice(error));
            first_error = first_error != 0 ? first_error : error;
        }
    }
    if (first_error != 0) {
        listen_set_close(set);
    }
    return first_error;
}

static void close_one(struct listen_set *set, uint32_t listener)
{
    const struct addr *addr = &set->addrs[listener];

    for (uint32_t shard = 0; shard < set->shard_count; shard++) {
        const int fd = listen_set_fd(set, shard, listener);
        if (fd >= 0 && (shard == 0 || !addr_is_unix(addr))) {
            close(fd);
        }
    }
    if (set->inodes[listener] != 0 && inode_of(addr) == set->inodes[listener]) {
        unlink(addr->sa.un.sun_path);
    }
}

void listen_set_close(struct listen_set *set)
{
    for (uint32_t i = 0; i < set->listener_count && set->addrs != NULL && set->fds != NULL && set->inodes != NULL;
         i++) {
        close_one(set, i);
    }
    free(set->addrs);
    free(set->fds);
    free(set->inodes);
    *set = (struct listen_set){0};
}

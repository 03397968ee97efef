#include "bench/floor/floor.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void floor_die(const char *what, int error)
{
    fprintf(stderr, "sluice-floor: %s: %s\n", what, strerror(error));
    exit(EXIT_FAILURE);
}

int floor_partner(const struct floor_setup *setup, int fd)
{
    const int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!setup->is_proxy) {
        return fd;
    }
    const int other = socket(setup->upstream.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other < 0 || connect(other, &setup->upstream.sa.any, setup->upstream.len) < 0) {
        perror("sluice-floor: connect");
        close(fd);
        if (other >= 0) {
            close(other);
        }
        return -1;
    }
    (void)setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return other;
}

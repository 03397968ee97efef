/*
 * sluice-floor - bare TCP, to measure WebSocket servers and gateways against: see floor.h.
 *
 *   sluice-floor epoll|uring PORT [UPSTREAM-PORT]      on 127.0.0.1; with an upstream a proxy, else an echo
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/floor/floor.h"

enum { BACKLOG = 4096 };

static struct addr local(const char *digits)
{
    char *end = NULL;
    struct addr addr;
    const unsigned long port = strtoul(digits, &end, 10);

    if (*end != '\0' || port == 0 || port > 65535 ||
        addr_from_ip(&addr, SLICE_LITERAL("127.0.0.1"), (uint16_t)port) < 0) {
        fprintf(stderr, "sluice-floor: \"%s\" is no port\n", digits);
        exit(EXIT_FAILURE);
    }
    return addr;
}

static int listen_on(const struct addr *addr)
{
    const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, &addr->sa.any, addr->len) < 0 || listen(fd, BACKLOG) < 0) {
        floor_die("listen", errno);
    }
    return fd;
}

int main(int argc, char *argv[])
{
    const bool is_epoll = argc > 1 && strcmp(argv[1], "epoll") == 0,
               is_uring = argc > 1 && strcmp(argv[1], "uring") == 0;
    struct rlimit limit;

    if (argc < 3 || argc > 4 || (!is_epoll && !is_uring)) {
        fprintf(stderr, "usage: sluice-floor epoll|uring PORT [UPSTREAM-PORT]\n");
        return EXIT_FAILURE;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    const struct addr addr = local(argv[2]);
    struct floor_setup setup = {.listener = listen_on(&addr), .is_proxy = argc == 4};
    if (setup.is_proxy) {
        setup.upstream = local(argv[3]);
    }
    (is_epoll ? floor_epoll : floor_uring)(&setup);
}

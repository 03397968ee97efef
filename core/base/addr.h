/*
 * addr - a socket address: IPv4, IPv6 or a unix path, with its text.
 *
 * Thread: any. Memory: none. Errors: -EINVAL. Limits: unix paths of 107 bytes.
 */
#ifndef CORE_BASE_ADDR_H
#define CORE_BASE_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/slice.h"

enum { ADDR_TEXT_BYTES_MAX = 128 };

struct addr {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } sa;
};

/*
 * From numbers: ip is "127.0.0.1", "::1" (no brackets), or "" for every IPv4 and IPv6 address ("::").
 * 0, or -EINVAL when ip is no address.
 */
MUST_USE int addr_from_ip(struct addr *a, struct slice ip, uint16_t port);

/* A unix socket's path. 0, or -EINVAL when it is empty or longer than 107 bytes. */
MUST_USE int addr_from_path(struct addr *a, struct slice path);

/* "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock", NUL-terminated; returns out. */
const char *addr_format(const struct addr *a, char out[ADDR_TEXT_BYTES_MAX]);

/* Only the address: "127.0.0.1", "::1", "unix". An IPv4-mapped IPv6 address as IPv4. */
const char *addr_format_ip(const struct addr *a, char out[ADDR_TEXT_BYTES_MAX]);

static inline bool addr_is_unix(const struct addr *a)
{
    return a->sa.any.sa_family == AF_UNIX;
}

/* The port in host order; 0 of a unix socket. */
uint16_t addr_port(const struct addr *a);

#endif

#include "core/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

int addr_from_ip(struct addr *a, struct slice ip, uint16_t port)
{
    char text[INET6_ADDRSTRLEN];

    if (ip.len >= sizeof text) {
        return -EINVAL;
    }
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = '\0';

    *a = (struct addr){0};
    if (inet_pton(AF_INET, text, &a->sa.v4.sin_addr) == 1) {
        a->len = sizeof a->sa.v4;
        a->sa.v4.sin_family = AF_INET;
        a->sa.v4.sin_port = htons(port);
        return 0;
    }
    if (ip.len == 0 || inet_pton(AF_INET6, text, &a->sa.v6.sin6_addr) == 1) {
        a->len = sizeof a->sa.v6;
        a->sa.v6.sin6_family = AF_INET6;
        a->sa.v6.sin6_port = htons(port);
        return 0;
    }
    return -EINVAL;
}

int addr_from_path(struct addr *a, struct slice path)
{
    *a = (struct addr){0};
    if (path.len == 0 || path.len >= sizeof a->sa.un.sun_path) {
        return -EINVAL;
    }
    a->sa.un.sun_family = AF_UNIX;
    memcpy(a->sa.un.sun_path, path.ptr, path.len);
    a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
    return 0;
}

const char *addr_format_ip(const struct addr *a, char out[ADDR_TEXT_BYTES_MAX])
{
    const void *bits = &a->sa.v4.sin_addr;
    int family = AF_INET;

    if (a->sa.any.sa_family == AF_INET6) {
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&a->sa.v6.sin6_addr);
        bits = a->sa.v6.sin6_addr.s6_addr + (mapped ? 12 : 0);
        family = mapped ? AF_INET : AF_INET6;
    } else if (a->sa.any.sa_family != AF_INET) {
        snprintf(out, ADDR_TEXT_BYTES_MAX, "unix");
        return out;
    }
    ASSERT(inet_ntop(family, bits, out, ADDR_TEXT_BYTES_MAX) == out);
    return out;
}

const char *addr_format(const struct addr *a, char out[ADDR_TEXT_BYTES_MAX])
{
    char ip[ADDR_TEXT_BYTES_MAX];

    if (addr_is_unix(a)) {
        snprintf(out, ADDR_TEXT_BYTES_MAX, "unix:%s", a->sa.un.sun_path);
        return out;
    }
    addr_format_ip(a, ip);
    const bool brackets = strchr(ip, ':') != NULL;
    snprintf(out, ADDR_TEXT_BYTES_MAX, "%s%.46s%s:%u", brackets ? "[" : "", ip, brackets ? "]" : "", addr_port(a));
    return out;
}

uint16_t addr_port(const struct addr *a)
{
    switch (a->sa.any.sa_family) {
    case AF_INET:
        return ntohs(a->sa.v4.sin_port);
    case AF_INET6:
        return ntohs(a->sa.v6.sin6_port);
    default:
        return 0;
    }
}

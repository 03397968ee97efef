#include "gateway/conf/conf_addr.h"

#include "gateway/conf/conf_units.h"

const char *conf_addr_parse_port(struct slice text, uint16_t *port)
{
    uint64_t number = 0;

    if (conf_units_parse_count(text, &number) != NULL || number < 1 || number > UINT16_MAX) {
        return "the port must be a number from 1 to 65535";
    }
    *port = (uint16_t)number;
    return NULL;
}

const char *conf_addr_parse_path(struct slice text, struct addr *addr)
{
    if (text.len == 0 || text.ptr[0] != '/') {
        return "the path of a unix socket must begin with /";
    }
    if (memchr(text.ptr, '\0', text.len) != NULL) {
        return "the path of a unix socket must not contain a NUL byte";
    }
    return addr_from_path(addr, text) == 0 ? NULL : "the path of a unix socket has at most 107 bytes";
}

static const char *split_bracketed(struct slice text, struct slice *host, struct slice *port)
{
    const uint8_t *end = memchr(text.ptr, ']', text.len);

    if (end == NULL) {
        return "the ] after the IPv6 address is missing";
    }
    *host = (struct slice){text.ptr + 1, (size_t)(end - text.ptr) - 1};
    const struct slice rest = slice_skip(text, host->len + 2);
    if (rest.len > 0 && rest.ptr[0] != ':') {
        return "after the ] only :PORT may follow";
    }
    *port = rest.len > 0 ? slice_skip(rest, 1) : (struct slice){0};
    return host->len > 0 ? NULL : "between [ and ] an IPv6 address is missing";
}

const char *conf_addr_split(struct slice text, struct slice *host, struct slice *port)
{
    if (text.len > 0 && text.ptr[0] == '[') {
        return split_bracketed(text, host, port);
    }
    const uint8_t *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
    if (colon == NULL) {
        *host = text;
        *port = (struct slice){0};
        return NULL;
    }
    *host = (struct slice){text.ptr, (size_t)(colon - text.ptr)};
    *port = slice_skip(text, host->len + 1);
    if (port->len > 0 && memchr(port->ptr, ':', port->len) != NULL) {
        return "an IPv6 address stands in brackets: [::1]:8080";
    }
    return NULL;
}

const char *conf_addr_parse(struct slice text, struct addr *addr)
{
    struct slice host = {0}, digits = {0};
    uint16_t port = 0;

    if (slice_starts_with(text, SLICE_LITERAL("unix:"))) {
        return conf_addr_parse_path(slice_skip(text, 5), addr);
    }
    const char *problem = conf_addr_split(text, &host, &digits);
    if (problem != NULL) {
        return problem;
    }
    if (digits.ptr == NULL) {
        return "a port is missing: write \":8080\" for every address, or \"127.0.0.1:8080\"";
    }
    if (!slice_equals(digits, SLICE_LITERAL("0"))) {
        problem = conf_addr_parse_port(digits, &port);
    }
    if (problem == NULL && addr_from_ip(addr, host, port) != 0) {
        problem = "the host must be a numeric address, like 127.0.0.1 or [::1]; without it, every address is meant";
    }
    return problem;
}

bool conf_addr_is_same(const struct addr *a, const struct addr *b)
{
    const bool kernel_chooses = !addr_is_unix(a) && addr_port(a) == 0;
    return !kernel_chooses && a->len == b->len && memcmp(&a->sa, &b->sa, a->len) == 0;
}

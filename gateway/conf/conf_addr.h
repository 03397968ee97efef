/*
 * conf_addr - an address to listen on, as it is written: "0.0.0.0:8080", "[::1]:8080", ":8080", "unix:/path".
 *
 * Thread: any. Memory: none. Errors: a text that says what would be right, NULL when nothing is wrong.
 * Limits: unix paths of 107 bytes.
 */
#ifndef GATEWAY_CONF_CONF_ADDR_H
#define GATEWAY_CONF_CONF_ADDR_H

#include "core/base/addr.h"

/* ":PORT" is every IPv4 and IPv6 address; of port 0 the kernel chooses one. No names are looked up. */
MUST_USE const char *conf_addr_parse(struct slice text, struct addr *addr);

/* A port, 1 to 65535, in digits only. */
MUST_USE const char *conf_addr_parse_port(struct slice text, uint16_t *port);

/* An absolute path of a unix socket. */
MUST_USE const char *conf_addr_parse_path(struct slice text, struct addr *addr);

/*
 * "HOST:PORT" or "[HOST]:PORT" or "HOST" in two; the brackets are left out, port->ptr is NULL when there is none.
 * An IPv6 address without brackets is an error.
 */
MUST_USE const char *conf_addr_split(struct slice text, struct slice *host, struct slice *port);

/* Whether both name the same place. Port 0 is another one each time. */
bool conf_addr_is_same(const struct addr *a, const struct addr *b);

#endif

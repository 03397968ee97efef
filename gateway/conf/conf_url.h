/*
 * conf_url - where a route leads, as it is written: ws://host:port, ws+unix:/path, echo, or an upstream's name.
 *
 * Thread: any. Memory: none; results point into the text. Errors: a text that says what would be right, NULL when
 * nothing is wrong. Limits: CONF_URL_NAME_BYTES_MAX, and those of host names (RFC 1035) and unix paths.
 */
#ifndef GATEWAY_CONF_CONF_URL_H
#define GATEWAY_CONF_CONF_URL_H

#include "core/base/addr.h"

enum { CONF_URL_NAME_BYTES_MAX = 64, CONF_URL_HOST_BYTES_MAX = 253, CONF_URL_PORT_DEFAULT = 80 };

enum conf_url_kind {
    CONF_URL_ECHO,
    CONF_URL_UPSTREAM, /* its name */
    CONF_URL_ADDRESS,  /* ws:// with a numeric host, ws+unix: */
    CONF_URL_HOST,     /* ws:// with a name that is to be looked up */
};

struct conf_url {
    enum conf_url_kind kind;
    struct slice name; /* of the upstream, or of the host */
    uint16_t port;     /* of the host */
    struct addr addr;  /* of ADDRESS */
};

/* What may stand in `to:`. */
MUST_USE const char *conf_url_parse_target(struct slice text, struct conf_url *url);

/* What may stand in `servers:`: a URL alone. */
MUST_USE const char *conf_url_parse_server(struct slice text, struct conf_url *url);

/* Whether an upstream may have this name. */
MUST_USE const char *conf_url_check_name(struct slice name);

#endif

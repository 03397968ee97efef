/*
 * conf_upstream - `upstreams` of a file, and those that routes name by a URL alone.
 *
 * Thread: one at a time. Memory: the configuration's arena. Errors: struct config_errors.
 * Limits: CONFIG_UPSTREAMS_MAX, CONFIG_SERVERS_MAX.
 */
#ifndef GATEWAY_CONF_CONF_UPSTREAM_H
#define GATEWAY_CONF_CONF_UPSTREAM_H

#include "gateway/conf/conf_load.h"
#include "gateway/conf/conf_url.h"

/* Reads the named ones, and makes room for one more per route. */
void conf_upstream_read_all(struct conf_load *load, const struct conf_yaml_node *root, size_t route_count);

/* The one of this name, or NULL and an error at node. */
const struct config_upstream *conf_upstream_find(struct conf_load *load, const struct conf_yaml_node *node);

/* The one of a URL in a route, made when it is the first; NULL and an error when its host is not found. */
const struct config_upstream *conf_upstream_inline(struct conf_load *load, const struct conf_yaml_node *node,
                                                   const struct conf_url *url);

/* Whether it was written in a route. A name has no colon, a URL always has. */
static inline bool conf_upstream_is_inline(const struct config_upstream *upstream)
{
    return strchr(upstream->name, ':') != NULL;
}

#endif

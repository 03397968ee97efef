/*
 * conf_route - `routes` of a file.
 *
 * Thread: one at a time. Memory: the configuration's arena. Errors: struct config_errors. Limits: CONFIG_ROUTES_MAX.
 */
#ifndef GATEWAY_CONF_CONF_ROUTE_H
#define GATEWAY_CONF_CONF_ROUTE_H

#include "gateway/conf/conf_load.h"

/* How many routes are written; 0 when there is no list of them. */
size_t conf_route_count(const struct conf_yaml_node *root);

/* The defaults and the named upstreams must have been read: routes begin with the ones and lead to the others. */
void conf_route_read_all(struct conf_load *load, const struct conf_yaml_node *root);

#endif

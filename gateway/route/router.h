/*
 * router - which route takes a request: the first that matches its host and path, in the order written.
 *
 * A host is compared without its port, its case and one dot at its end. A path is compared as it is sent: nothing is
 * decoded. A path with a segment that a backend may take for "." or ".." (plain, percent-encoded, with a parameter, set
 * off by a backslash) could be one thing here and another there, so it matches no pattern but those of every path.
 *
 * Thread: any. Memory: none. Errors: none. Limits: CONFIG_ROUTES_MAX routes are looked at, one after another.
 */
#ifndef GATEWAY_ROUTE_ROUTER_H
#define GATEWAY_ROUTE_ROUTER_H

#include "gateway/conf/config.h"

/* host: the value of the Host header, empty when there is none; path: without its query. NULL: no route matches. */
const struct config_route *router_match(const struct config *config, struct slice host, struct slice path);

#endif

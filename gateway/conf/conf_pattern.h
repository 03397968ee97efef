/*
 * conf_pattern - the host and path patterns of a route: how they are written, and which covers which.
 *
 * Thread: any. Memory: the caller's arena. Errors: a text that says what would be right, NULL when nothing is wrong.
 * Limits: CONF_PATTERN_BYTES_MAX.
 */
#ifndef GATEWAY_CONF_CONF_PATTERN_H
#define GATEWAY_CONF_CONF_PATTERN_H

#include "gateway/conf/config.h"
#include "gateway/conf/config_arena.h"

enum { CONF_PATTERN_BYTES_MAX = 1024 };

/* "chat.example.com" or "*.example.com" into the route's host, in lower case. */
MUST_USE const char *conf_pattern_parse_host(struct slice text, struct config_arena *arena, struct config_route *route);

/* A path or "/prefix/" and a star into the route's path. */
MUST_USE const char *conf_pattern_parse_path(struct slice text, struct config_arena *arena, struct config_route *route);

/* Whether every request that b takes would be taken by a. */
bool conf_pattern_covers(const struct config_route *a, const struct config_route *b);

/* Whether the route takes every path: no pattern, or a slash and a star. */
static inline bool conf_pattern_is_any_path(const struct config_route *route)
{
    return route->path.len == 0 || (route->path_is_prefix && route->path.len == 1);
}

/*
 * Whether a path has a segment that a backend may take for "." or "..": written plainly, percent-encoded, with a
 * parameter behind a semicolon, or set off by a backslash or an encoded slash.
 */
bool conf_pattern_has_dot_segment(struct slice path);

#endif

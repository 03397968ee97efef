#include "gateway/route/router.h"

#include "gateway/conf/conf_pattern.h"

struct request {
    struct slice host, path;
    bool has_dot_segment;
};

/* Without the port, and without the dot that ends a fully qualified name (RFC 3986 section 3.2.2). */
static struct slice bare_host(struct slice host)
{
    const bool is_bracketed = host.len > 0 && host.ptr[0] == '[';
    const uint8_t *end = host.len > 0 ? memchr(host.ptr, is_bracketed ? ']' : ':', host.len) : NULL;

    if (end != NULL) {
        host.len = (size_t)(end - host.ptr) + (is_bracketed ? 1 : 0);
    }
    if (host.len > 1 && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    return host;
}

static bool matches_host(const struct config_route *route, struct slice host)
{
    const struct slice pattern = route->host;

    if (pattern.len == 0) {
        return true;
    }
    if (route->host_is_suffix && host.len > pattern.len) {
        host = slice_skip(host, host.len - pattern.len);
        return slice_equals_nocase(host, pattern);
    }
    return !route->host_is_suffix && slice_equals_nocase(host, pattern);
}

static bool matches_path(const struct config_route *route, const struct request *request)
{
    if (conf_pattern_is_any_path(route)) {
        return true;
    }
    if (request->has_dot_segment) {
        return false;
    }
    return route->path_is_prefix ? slice_starts_with(request->path, route->path)
                                 : slice_equals(request->path, route->path);
}

const struct config_route *router_match(const struct config *config, struct slice host, struct slice path)
{
    const struct request request = {bare_host(host), path, conf_pattern_has_dot_segment(path)};

    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_route *route = &config->routes[i];
        if (matches_host(route, request.host) && matches_path(route, &request)) {
            return route;
        }
    }
    return NULL;
}

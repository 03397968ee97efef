/* config_equal - whether two configurations mean the same, whatever their files looked like. For tests and fuzzers. */
#ifndef TESTS_SUPPORT_CONFIG_EQUAL_H
#define TESTS_SUPPORT_CONFIG_EQUAL_H

#include "gateway/conf/config.h"
#include "gateway/conf/schema.h"

static inline bool config_equal_addr(const struct addr *a, const struct addr *b)
{
    return a->len == b->len && memcmp(&a->sa, &b->sa, a->len) == 0;
}

static inline bool config_equal_settings(struct schema_target a, struct schema_target b)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct schema_setting *s = &schema_settings[i];
        if (schema_has(a, s, s->place) && schema_get(a, s) != schema_get(b, s)) {
            return false;
        }
    }
    return true;
}

static inline bool config_equal_upstream(const struct config_upstream *a, const struct config_upstream *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    bool equal = strcmp(a->name, b->name) == 0 && a->server_count == b->server_count;
    for (size_t i = 0; equal && i < a->server_count; i++) {
        equal = strcmp(a->servers[i].url, b->servers[i].url) == 0 &&
                config_equal_addr(&a->servers[i].addr, &b->servers[i].addr);
    }
    return equal;
}

static inline bool config_equal_route(struct config_route *a, struct config_route *b)
{
    return slice_equals(a->host, b->host) && a->host_is_suffix == b->host_is_suffix && slice_equals(a->path, b->path) &&
           a->path_is_prefix == b->path_is_prefix && a->target == b->target && strcmp(a->to, b->to) == 0 &&
           config_equal_upstream(a->upstream, b->upstream) &&
           config_equal_settings((struct schema_target){.route = &a->settings},
                                 (struct schema_target){.route = &b->settings});
}

static inline bool config_equal(struct config *a, struct config *b)
{
    bool equal =
        a->listener_count == b->listener_count && a->route_count == b->route_count &&
        a->upstream_count == b->upstream_count &&
        config_equal_settings((struct schema_target){a, &a->defaults}, (struct schema_target){b, &b->defaults});

    for (size_t i = 0; equal && i < a->listener_count; i++) {
        equal = strcmp(a->listeners[i].text, b->listeners[i].text) == 0 &&
                config_equal_addr(&a->listeners[i].addr, &b->listeners[i].addr);
    }
    for (size_t i = 0; equal && i < a->upstream_count; i++) {
        equal = config_equal_upstream(&a->upstreams[i], &b->upstreams[i]);
    }
    for (size_t i = 0; equal && i < a->route_count; i++) {
        equal = config_equal_route(&a->routes[i], &b->routes[i]);
    }
    return equal;
}

#endif

#include "gateway/conf/conf_route.h"

#include "gateway/conf/conf_pattern.h"
#include "gateway/conf/conf_upstream.h"
#include "gateway/conf/schema.h"

typedef const char *parse_pattern_fn(struct slice text, struct config_arena *arena, struct config_route *route);

size_t conf_route_count(const struct conf_yaml_node *root)
{
    const struct conf_yaml_node *routes = conf_yaml_get(root, "routes");
    return routes != NULL && routes->kind == CONF_YAML_LIST ? routes->count : 0;
}

static void read_pattern(struct conf_load *load, const struct conf_yaml_node *match, const char *key,
                         parse_pattern_fn *parse, struct config_route *route)
{
    const struct conf_yaml_node *node = conf_yaml_get(match, key);

    if (node == NULL || !conf_yaml_expect(node, CONF_YAML_VALUE, key, load->errors)) {
        return;
    }
    const char *problem = parse(node->text, load->config->arena, route);
    if (problem != NULL) {
        config_errors_add(load->errors, node->mark, "%s: \"%.*s\": %s", key, CONFIG_QUOTE(node->text), problem);
    }
}

static void read_match(struct conf_load *load, const struct conf_yaml_node *node, struct config_route *route)
{
    const struct conf_yaml_node *match = conf_yaml_get(node, "match");

    if (match == NULL || !conf_yaml_expect(match, CONF_YAML_MAPPING, "match", load->errors)) {
        return;
    }
    schema_check_keys((struct schema_target){0}, SCHEMA_PLACE_MATCH, match, load->errors);
    read_pattern(load, match, "host", conf_pattern_parse_host, route);
    read_pattern(load, match, "path", conf_pattern_parse_path, route);
}

static void read_target(struct conf_load *load, const struct conf_yaml_node *node, struct config_route *route)
{
    const struct conf_yaml_node *to = conf_yaml_get(node, "to");
    struct conf_url url;

    if (to == NULL) {
        config_errors_add(load->errors, node->mark,
                          "a route needs a target: to: an upstream's name, ws://HOST:PORT, ws+unix:/path or echo");
        return;
    }
    if (!conf_yaml_expect(to, CONF_YAML_VALUE, "to", load->errors)) {
        return;
    }
    const char *problem = conf_url_parse_target(to->text, &url);
    if (problem != NULL) {
        config_errors_add(load->errors, to->mark, "to: \"%.*s\": %s", CONFIG_QUOTE(to->text), problem);
        return;
    }
    route->to = config_arena_text(load->config->arena, to->text);
    if (url.kind == CONF_URL_ECHO) {
        route->target = CONFIG_TARGET_ECHO;
    } else if (url.kind == CONF_URL_UPSTREAM) {
        route->upstream = conf_upstream_find(load, to);
    } else {
        route->upstream = conf_upstream_inline(load, to, &url);
    }
}

/* What a route asks of compression itself must be possible; what it has from the top level is used where it can be. */
static void check_compression(struct conf_load *load, const struct conf_yaml_node *node,
                              const struct config_route *route)
{
    const struct conf_yaml_node *compression = conf_yaml_get(node, "compression");
    const struct config_compression *settings = &route->settings.compression;

    if (compression == NULL || compression->kind == CONF_YAML_LIST) {
        return;
    }
    if (route->target == CONFIG_TARGET_ECHO && settings->mode == CONFIG_COMPRESSION_PASSTHROUGH) {
        config_errors_add(load->errors, compression->mark,
                          "compression: passthrough needs a backend that compresses, and echo has none; write edge");
    }
    if (compression->kind == CONF_YAML_MAPPING && conf_yaml_get(compression, "inspect") != NULL && settings->inspect &&
        settings->mode != CONFIG_COMPRESSION_PASSTHROUGH) {
        config_errors_add(load->errors, compression->mark,
                          "compression.inspect is for mode: passthrough; edge always looks into what it inflates");
    }
}

static void refuse_unreachable(struct conf_load *load, const struct config_route *route,
                               const struct conf_yaml_node *node)
{
    for (const struct config_route *r = load->config->routes; r < route; r++) {
        if (conf_pattern_covers(r, route)) {
            config_errors_add(load->errors, node->mark,
                              "this route is never reached: the one in line %u takes all of its requests", r->line);
            return;
        }
    }
}

/* A route with an error is not kept, so that it makes no other one unreachable. */
static void read_route(struct conf_load *load, const struct conf_yaml_node *node)
{
    struct config *config = load->config;
    struct config_route *route = &config->routes[config->route_count];
    const struct schema_target target = {.route = &route->settings};
    const size_t errors_before = load->errors->count;

    if (!conf_yaml_expect(node, CONF_YAML_MAPPING, "a route", load->errors)) {
        return;
    }
    *route = (struct config_route){.line = node->mark.line, .settings = config->defaults};
    schema_check_keys(target, SCHEMA_PLACE_ROUTE, node, load->errors);
    schema_read(target, node, load->errors);
    read_match(load, node, route);
    read_target(load, node, route);
    check_compression(load, node, route);
    if (load->errors->count == errors_before) {
        refuse_unreachable(load, route, node);
        config->route_count++;
    }
}

void conf_route_read_all(struct conf_load *load, const struct conf_yaml_node *root)
{
    struct config *config = load->config;
    const struct conf_yaml_node *routes = conf_yaml_get(root, "routes");

    if (routes == NULL) {
        config_errors_add(load->errors, CONFIG_MARK_FILE, "no routes: write routes: and below it - to: ws://HOST:PORT");
        return;
    }
    if (!conf_yaml_expect(routes, CONF_YAML_LIST, "routes", load->errors)) {
        return;
    }
    if (routes->count == 0 || routes->count > CONFIG_ROUTES_MAX) {
        config_errors_add(load->errors, routes->mark, "routes: there must be 1 to %d", CONFIG_ROUTES_MAX);
        return;
    }
    config->routes = config_arena_array(config->arena, routes->count, sizeof *config->routes);
    for (const struct conf_yaml_node *n = routes->first; n != NULL && !config_errors_is_full(load->errors);
         n = n->next) {
        read_route(load, n);
    }
}

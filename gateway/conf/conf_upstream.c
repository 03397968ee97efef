#include "gateway/conf/conf_upstream.h"

#include <netdb.h>

#include "gateway/conf/conf_suggest.h"
#include "gateway/conf/schema.h"

/* Adds a server; the array doubles when its size is a power of two. False when the upstream is full. */
static bool add_server(struct config *config, struct config_upstream *upstream, const struct addr *addr,
                       const char *url)
{
    const size_t n = upstream->server_count;

    if (n == CONFIG_SERVERS_MAX) {
        return false;
    }
    if ((n & (n - 1)) == 0) {
        struct config_server *grown = config_arena_array(config->arena, n == 0 ? 1 : 2 * n, sizeof *grown);
        if (n > 0) {
            memcpy(grown, upstream->servers, n * sizeof *grown);
        }
        upstream->servers = grown;
    }
    upstream->servers[upstream->server_count++] = (struct config_server){.addr = *addr, .url = url};
    return true;
}

static bool add_addresses(struct config *config, struct config_upstream *upstream, const struct addrinfo *list,
                          const char *url)
{
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
        struct addr addr = {0};
        if (ai->ai_addrlen > sizeof addr.sa) {
            continue;
        }
        memcpy(&addr.sa, ai->ai_addr, ai->ai_addrlen);
        addr.len = ai->ai_addrlen;
        if (!add_server(config, upstream, &addr, url)) {
            return false;
        }
    }
    return true;
}

/* Each address of a name is a server. False: an error tells why. */
static bool resolve(struct conf_load *load, struct config_upstream *upstream, const struct conf_yaml_node *node,
                    const struct conf_url *url)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const char *host = config_arena_text(load->config->arena, url->name);
    const char *text = config_arena_text(load->config->arena, node->text);
    struct addrinfo *list = NULL;
    char port[8];

    if (load->names == CONF_LOAD_NAMES_REFUSED) {
        config_errors_add(load->errors, node->mark, "\"%s\": only a numeric address is possible here", host);
        return false;
    }
    snprintf(port, sizeof port, "%u", url->port);
    const int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0) {
        config_errors_add(load->errors, node->mark, "the host \"%s\" is not found: %s", host, gai_strerror(rc));
        return false;
    }
    const bool has_room = add_addresses(load->config, upstream, list, text);
    freeaddrinfo(list);
    if (!has_room) {
        config_errors_add(load->errors, node->mark, "more than %d servers in one upstream", CONFIG_SERVERS_MAX);
    }
    return has_room;
}

static bool add_url(struct conf_load *load, struct config_upstream *upstream, const struct conf_yaml_node *node,
                    const struct conf_url *url)
{
    if (url->kind == CONF_URL_HOST) {
        return resolve(load, upstream, node, url);
    }
    if (!add_server(load->config, upstream, &url->addr, config_arena_text(load->config->arena, node->text))) {
        config_errors_add(load->errors, node->mark, "more than %d servers in one upstream", CONFIG_SERVERS_MAX);
        return false;
    }
    return true;
}

/* A server's URL: the value itself, or the one under its key url. NULL: an error tells why. */
static const struct conf_yaml_node *url_node(struct conf_load *load, const struct conf_yaml_node *node)
{
    if (node->kind == CONF_YAML_MAPPING) {
        schema_check_keys((struct schema_target){0}, SCHEMA_PLACE_SERVER, node, load->errors);
        const struct conf_yaml_node *url = conf_yaml_get(node, "url");
        if (url == NULL) {
            config_errors_add(load->errors, node->mark, "a server needs its URL: { url: \"ws://HOST:PORT\" }");
            return NULL;
        }
        node = url;
    }
    return conf_yaml_expect(node, CONF_YAML_VALUE, "a server's URL", load->errors) ? node : NULL;
}

static void read_server(struct conf_load *load, struct config_upstream *upstream, const struct conf_yaml_node *node)
{
    const struct conf_yaml_node *text = url_node(load, node);
    struct conf_url url;

    if (text == NULL) {
        return;
    }
    const char *problem = conf_url_parse_server(text->text, &url);
    if (problem != NULL) {
        config_errors_add(load->errors, text->mark, "\"%.*s\": %s", CONFIG_QUOTE(text->text), problem);
        return;
    }
    (void)add_url(load, upstream, text, &url);
}

static void read_servers(struct conf_load *load, struct config_upstream *upstream, const struct conf_yaml_node *node)
{
    const struct conf_yaml_node *servers = conf_yaml_get(node, "servers");

    schema_check_keys((struct schema_target){0}, SCHEMA_PLACE_UPSTREAM, node, load->errors);
    if (servers == NULL) {
        config_errors_add(load->errors, node->mark, "an upstream needs servers: { servers: [\"ws://HOST:PORT\"] }");
        return;
    }
    if (!conf_yaml_expect(servers, CONF_YAML_LIST, "servers", load->errors)) {
        return;
    }
    if (servers->count == 0 || servers->count > CONFIG_SERVERS_MAX) {
        config_errors_add(load->errors, servers->mark, "servers: there must be 1 to %d", CONFIG_SERVERS_MAX);
        return;
    }
    for (const struct conf_yaml_node *n = servers->first; n != NULL; n = n->next) {
        const size_t errors_before = load->errors->count;
        read_server(load, upstream, n);
        if (upstream->server_count == CONFIG_SERVERS_MAX && load->errors->count > errors_before) {
            break; /* the rest would say the same */
        }
    }
}

/* One that is wrong is kept nevertheless: its name is known, so that routes that name it are not errors too. */
static void read_upstream(struct conf_load *load, const struct conf_yaml_node *node)
{
    struct config_upstream *upstream = &load->config->upstreams[load->config->upstream_count++];
    const char *problem = conf_url_check_name(node->key->text);

    upstream->name = config_arena_text(load->config->arena, node->key->text);
    if (problem != NULL) {
        config_errors_add(load->errors, node->key->mark, "\"%.*s\": %s", CONFIG_QUOTE(node->key->text), problem);
    }
    if (conf_yaml_expect(node, CONF_YAML_MAPPING, "an upstream", load->errors)) {
        read_servers(load, upstream, node);
    }
}

void conf_upstream_read_all(struct conf_load *load, const struct conf_yaml_node *root, size_t route_count)
{
    struct config *config = load->config;
    const struct conf_yaml_node *node = conf_yaml_get(root, "upstreams");
    size_t count = 0;

    if (node != NULL && conf_yaml_expect(node, CONF_YAML_MAPPING, "upstreams", load->errors)) {
        count = node->count;
    }
    if (count > CONFIG_UPSTREAMS_MAX) {
        config_errors_add(load->errors, node->mark, "upstreams: there must be at most %d", CONFIG_UPSTREAMS_MAX);
        count = 0;
    }
    config->upstreams = config_arena_array(config->arena, count + route_count, sizeof *config->upstreams);
    for (const struct conf_yaml_node *n = count > 0 ? node->first : NULL; n != NULL; n = n->next) {
        read_upstream(load, n);
    }
}

static const struct config_upstream *find(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (slice_equals(slice_from_string(config->upstreams[i].name), name)) {
            return &config->upstreams[i];
        }
    }
    return NULL;
}

const struct config_upstream *conf_upstream_find(struct conf_load *load, const struct conf_yaml_node *node)
{
    const struct config *config = load->config;
    const struct config_upstream *upstream = find(config, node->text);
    struct conf_suggest suggest;

    if (upstream != NULL) {
        return upstream;
    }
    conf_suggest_init(&suggest, node->text);
    conf_suggest_offer(&suggest, "echo");
    for (size_t i = 0; i < config->upstream_count; i++) {
        conf_suggest_offer(&suggest, config->upstreams[i].name);
    }
    config_errors_add(load->errors, node->mark, "no upstream is named \"%.*s\"%s", CONFIG_QUOTE(node->text),
                      conf_suggest_text(&suggest));
    return NULL;
}

const struct config_upstream *conf_upstream_inline(struct conf_load *load, const struct conf_yaml_node *node,
                                                   const struct conf_url *url)
{
    struct config *config = load->config;
    const struct config_upstream *known = find(config, node->text);

    if (known != NULL) {
        return known;
    }
    struct config_upstream *upstream = &config->upstreams[config->upstream_count];
    if (!add_url(load, upstream, node, url)) {
        return NULL;
    }
    upstream->name = upstream->servers[0].url;
    config->upstream_count++;
    return upstream;
}

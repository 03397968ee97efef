#include "gateway/conf/conf_listener.h"

#include "gateway/conf/conf_addr.h"
#include "gateway/conf/schema.h"

static bool is_taken(const struct config *config, const struct addr *addr)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        if (conf_addr_is_same(&config->listeners[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

static void read_address(struct conf_load *load, const struct conf_yaml_node *node)
{
    struct config *config = load->config;
    struct addr addr;

    if (!conf_yaml_expect(node, CONF_YAML_VALUE, "an address to listen on", load->errors)) {
        return;
    }
    const char *problem = conf_addr_parse(node->text, &addr);
    if (problem == NULL && is_taken(config, &addr)) {
        problem = "another listener has this address already";
    }
    if (problem != NULL) {
        config_errors_add(load->errors, node->mark, "\"%.*s\": %s", CONFIG_QUOTE(node->text), problem);
        return;
    }
    config->listeners[config->listener_count++] =
        (struct config_listener){.addr = addr, .text = config_arena_text(config->arena, node->text)};
}

static void read_listener(struct conf_load *load, const struct conf_yaml_node *node)
{
    if (!conf_yaml_expect(node, CONF_YAML_MAPPING, "a listener", load->errors)) {
        return;
    }
    schema_check_keys((struct schema_target){0}, SCHEMA_PLACE_LISTENER, node, load->errors);
    const struct conf_yaml_node *bind = conf_yaml_get(node, "bind");
    if (bind == NULL) {
        config_errors_add(load->errors, node->mark, "a listener needs an address: { bind: \"0.0.0.0:8080\" }");
        return;
    }
    read_address(load, bind);
}

static void read_list(struct conf_load *load, const struct conf_yaml_node *list)
{
    if (!conf_yaml_expect(list, CONF_YAML_LIST, "listeners", load->errors)) {
        return;
    }
    if (list->count == 0 || list->count > CONFIG_LISTENERS_MAX) {
        config_errors_add(load->errors, list->mark, "listeners: there must be 1 to %d", CONFIG_LISTENERS_MAX);
        return;
    }
    for (const struct conf_yaml_node *n = list->first; n != NULL; n = n->next) {
        read_listener(load, n);
    }
}

void conf_listener_read_all(struct conf_load *load, const struct conf_yaml_node *root)
{
    struct config *config = load->config;
    const struct conf_yaml_node *one = conf_yaml_get(root, "listen"), *list = conf_yaml_get(root, "listeners");

    config->listeners = config_arena_array(config->arena, CONFIG_LISTENERS_MAX, sizeof *config->listeners);
    if (one == NULL && list == NULL) {
        config_errors_add(load->errors, CONFIG_MARK_FILE, "nothing to listen on: write listen: \":8080\"");
    } else if (one != NULL && list != NULL) {
        const struct config_mark a = one->key->mark, b = list->key->mark;
        config_errors_add(load->errors, a.line > b.line ? a : b,
                          "both listen and listeners: put all addresses in listeners");
    } else if (one != NULL) {
        read_address(load, one);
    } else {
        read_list(load, list);
    }
}

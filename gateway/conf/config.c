#include "gateway/conf/config.h"

#include <errno.h>
#include <stdlib.h>

#include "gateway/conf/conf_listener.h"
#include "gateway/conf/conf_print.h"
#include "gateway/conf/conf_route.h"
#include "gateway/conf/conf_upstream.h"
#include "gateway/conf/schema.h"

/* Upstreams before routes, defaults before both, in whatever order the file has them. */
static void read_root(struct conf_load *load, const struct conf_yaml_node *root)
{
    struct config *config = load->config;
    const struct schema_target target = {config, &config->defaults};

    if (!conf_yaml_expect(root, CONF_YAML_MAPPING, "the file", load->errors)) {
        return;
    }
    schema_check_keys(target, SCHEMA_PLACE_ROOT, root, load->errors);
    schema_read(target, root, load->errors);
    conf_listener_read_all(load, root);
    conf_upstream_read_all(load, root, conf_route_count(root));
    conf_route_read_all(load, root);
}

static struct config *create(void)
{
    struct config_arena *arena = config_arena_create();
    struct config *config = config_arena_alloc(arena, sizeof *config);

    config->arena = arena;
    schema_set_defaults(config);
    return config;
}

static struct config *load_text(struct slice text, enum conf_load_names names, struct config_errors *errors)
{
    struct conf_load load = {.config = create(), .errors = errors, .names = names};
    struct config_arena *tree = config_arena_create();
    const struct conf_yaml_node *root = conf_yaml_parse(text, tree, errors);

    if (root != NULL) {
        read_root(&load, root);
    }
    config_arena_destroy(tree);
    if (errors->count == 0) {
        return load.config;
    }
    config_destroy(load.config);
    return NULL;
}

struct config *config_load_text(struct slice text, const char *file, struct config_errors *errors)
{
    *errors = (struct config_errors){.file = file};
    return load_text(text, CONF_LOAD_NAMES_REFUSED, errors);
}

/* All of a stream, or NULL and an error. One byte more than allowed is read, to see that there is more. */
static uint8_t *read_stream(FILE *in, size_t *len, struct config_errors *errors)
{
    const size_t room = (size_t)CONFIG_FILE_BYTES_MAX + 1;
    uint8_t *bytes = malloc(room);

    ASSERT(bytes != NULL);
    *len = fread(bytes, 1, room, in);
    if (ferror(in)) {
        config_errors_add(errors, CONFIG_MARK_FILE, "cannot be read: %s", strerror(errno));
    } else if (*len == room) {
        config_errors_add(errors, CONFIG_MARK_FILE, "is larger than %d MiB", CONFIG_FILE_BYTES_MAX >> 20);
    } else {
        return bytes;
    }
    free(bytes);
    return NULL;
}

struct config *config_load(const char *file, struct config_errors *errors)
{
    FILE *in = fopen(file, "re");
    size_t len = 0;

    *errors = (struct config_errors){.file = file};
    if (in == NULL) {
        config_errors_add(errors, CONFIG_MARK_FILE, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    uint8_t *bytes = read_stream(in, &len, errors);
    (void)fclose(in);
    if (bytes == NULL) {
        return NULL;
    }
    struct config *config = load_text((struct slice){bytes, len}, CONF_LOAD_NAMES_RESOLVED, errors);
    free(bytes);
    return config;
}

void config_print(const struct config *config, FILE *out)
{
    conf_print_config(config, out);
}

void config_destroy(struct config *config)
{
    if (config != NULL) {
        config_arena_destroy(config->arena);
    }
}

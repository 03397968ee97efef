#include "gateway/conf/conf_print.h"

#include "gateway/conf/conf_upstream.h"
#include "gateway/conf/schema.h"

/* The code point at the front of UTF-8 text that is known to be valid; *len is its length in bytes. */
static uint32_t decode(const uint8_t *s, size_t *len)
{
    if (s[0] < 0xe0) {
        *len = 2;
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    }
    if (s[0] < 0xf0) {
        *len = 3;
        return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    }
    *len = 4;
    return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 | (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

/* What is inside quotes. Other than ASCII is escaped: some of it YAML would read as the end of a line. */
static void print_escaped(const char *text, FILE *out)
{
    size_t len = 1;

    for (const uint8_t *s = (const uint8_t *)text; *s != '\0'; s += len) {
        len = 1;
        if (*s >= 0x80) {
            fprintf(out, "\\U%08X", decode(s, &len));
        } else {
            fprintf(out, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
        }
    }
}

/* A line: what stands before the value, then the value in quotes. */
static void print_line(const char *before, const char *text, FILE *out)
{
    fprintf(out, "%s\"", before);
    print_escaped(text, out);
    fputs("\"\n", out);
}

static void print_section(struct schema_target target, enum schema_place place, const char *indent, FILE *out)
{
    char text[SCHEMA_TEXT_BYTES_MAX];
    bool is_begun = false;

    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct schema_setting *s = &schema_settings[i];
        if (!schema_has(target, s, place)) {
            continue;
        }
        if (!is_begun) {
            fprintf(out, "%s%s:\n", indent, schema_places[place].section);
            is_begun = true;
        }
        fprintf(out, "%s  %s: %s\n", indent, s->key, schema_format(s, schema_get(target, s), text));
    }
}

static void print_sections(struct schema_target target, const char *indent, FILE *out)
{
    for (unsigned place = 0; place < SCHEMA_PLACE_COUNT; place++) {
        if (schema_places[place].section != NULL) {
            print_section(target, place, indent, out);
        }
    }
}

static void print_top_settings(const struct config *config, FILE *out)
{
    struct config copy = *config;
    const struct schema_target target = {&copy, &copy.defaults};
    char text[SCHEMA_TEXT_BYTES_MAX];

    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct schema_setting *s = &schema_settings[i];
        if (s->place == SCHEMA_PLACE_ROOT) {
            fprintf(out, "%s: %s\n", s->key, schema_format(s, schema_get(target, s), text));
        }
    }
    print_sections(target, "", out);
}

static void print_match(const struct config_route *route, FILE *out)
{
    const char *host = (const char *)route->host.ptr, *path = (const char *)route->path.ptr;

    if (host == NULL && path == NULL) {
        return;
    }
    fputs("    match:\n", out);
    if (host != NULL) {
        fprintf(out, "      host: \"%s%s\"\n", route->host_is_suffix ? "*" : "", host);
    }
    if (path != NULL) {
        fprintf(out, "      path: \"");
        print_escaped(path, out);
        fputs(route->path_is_prefix ? "*\"\n" : "\"\n", out);
    }
}

static void print_route(const struct config_route *route, FILE *out)
{
    struct config_route_settings settings = route->settings;

    print_line("  - to: ", route->to, out);
    print_match(route, out);
    print_sections((struct schema_target){.route = &settings}, "    ", out);
}

static void print_upstream(const struct config_upstream *upstream, FILE *out)
{
    const char *url = NULL;

    fprintf(out, "  \"%s\":\n    servers:\n", upstream->name);
    for (size_t i = 0; i < upstream->server_count; i++) {
        /* The addresses of one name share its URL. */
        if (upstream->servers[i].url != url) {
            url = upstream->servers[i].url;
            print_line("      - ", url, out);
        }
    }
}

void conf_print_config(const struct config *config, FILE *out)
{
    bool is_begun = false;

    fputs("listeners:\n", out);
    for (size_t i = 0; i < config->listener_count; i++) {
        print_line("  - bind: ", config->listeners[i].text, out);
    }
    print_top_settings(config, out);
    fputs("routes:\n", out);
    for (size_t i = 0; i < config->route_count; i++) {
        print_route(&config->routes[i], out);
    }
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (conf_upstream_is_inline(&config->upstreams[i])) {
            continue;
        }
        fputs(is_begun ? "" : "upstreams:\n", out);
        is_begun = true;
        print_upstream(&config->upstreams[i], out);
    }
}

#include "gateway/conf/conf_pattern.h"

static struct slice copy_lower(struct config_arena *arena, struct slice text)
{
    char *copy = config_arena_text(arena, text);

    for (size_t i = 0; i < text.len; i++) {
        copy[i] = (char)slice_lower(text.ptr[i]);
    }
    return (struct slice){(const uint8_t *)copy, text.len};
}

static bool is_host_byte(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static const char *check_ipv6(struct slice host)
{
    struct addr addr;

    if (host.ptr[host.len - 1] != ']') {
        return "an IPv6 address ends with ]; a port is not matched";
    }
    const struct slice inside = slice_first(slice_skip(host, 1), host.len - 2);
    const bool is_v6 = memchr(inside.ptr, ':', inside.len) != NULL && addr_from_ip(&addr, inside, 0) == 0;
    return is_v6 ? NULL : "between [ and ] stands no IPv6 address";
}

/* A host without the star and dot that it may begin with. */
static const char *check_name(struct slice name)
{
    if (name.len == 0 || name.ptr[0] == '.') {
        return "a host begins with a letter, a digit or \"*.\"";
    }
    if (name.ptr[name.len - 1] == '.') {
        return "leave out the dot at its end";
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '*') {
            return "a star stands only at the front, before a dot: \"*.example.com\"";
        }
        if (name.ptr[i] == ':') {
            return "leave out the port: it is not matched (an IPv6 address stands in brackets)";
        }
        if (!is_host_byte(name.ptr[i])) {
            return "a host has only letters, digits, -, _ and . (other letters in their xn-- form)";
        }
    }
    return NULL;
}

const char *conf_pattern_parse_host(struct slice text, struct config_arena *arena, struct config_route *route)
{
    const bool is_suffix = slice_starts_with(text, SLICE_LITERAL("*."));
    const struct slice name = is_suffix ? slice_skip(text, 1) : text;

    if (text.len == 0) {
        return "a host is missing; leave out the key for any host";
    }
    if (text.len > CONF_PATTERN_BYTES_MAX) {
        return "a host has at most 1024 bytes";
    }
    if (slice_equals(text, SLICE_LITERAL("*"))) {
        return "leave out the key for any host";
    }
    const char *problem = text.ptr[0] == '[' ? check_ipv6(text) : check_name(slice_skip(name, is_suffix ? 1 : 0));
    if (problem == NULL) {
        route->host = copy_lower(arena, name);
        route->host_is_suffix = is_suffix;
    }
    return problem;
}

static const char *check_path_bytes(struct slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == '?' || path.ptr[i] == '#') {
            return "a path has no query and no fragment; only the path is matched";
        }
        if (path.ptr[i] == '*') {
            return "a star stands only at the end, after a slash: /rooms/*";
        }
        if (path.ptr[i] <= 0x20 || path.ptr[i] >= 0x7f) {
            return "a path has only visible ASCII characters; write others percent-encoded";
        }
    }
    return NULL;
}

const char *conf_pattern_parse_path(struct slice text, struct config_arena *arena, struct config_route *route)
{
    const bool is_prefix = text.len >= 2 && memcmp(text.ptr + text.len - 2, "/*", 2) == 0;
    const struct slice path = slice_first(text, is_prefix ? text.len - 1 : text.len);

    if (path.len == 0 || path.ptr[0] != '/') {
        return "a path begins with /; leave out the key for any path";
    }
    if (path.len > CONF_PATTERN_BYTES_MAX) {
        return "a path has at most 1024 bytes";
    }
    const char *problem = check_path_bytes(path);
    if (problem == NULL && conf_pattern_has_dot_segment(path)) {
        problem = "a path with . or .. segments matches no route; write the path it leads to";
    }
    if (problem == NULL) {
        route->path = (struct slice){(const uint8_t *)config_arena_text(arena, path), path.len};
        route->path_is_prefix = is_prefix;
    }
    return problem;
}

static bool ends_with(struct slice text, struct slice end)
{
    return text.len >= end.len && slice_equals(slice_skip(text, text.len - end.len), end);
}

static bool covers_host(const struct config_route *a, const struct config_route *b)
{
    if (a->host.len == 0 || b->host.len == 0) {
        return a->host.len == 0;
    }
    /* ".example.com" itself, as a name, is refused; so a suffix covers each host that ends with it. */
    return a->host_is_suffix ? ends_with(b->host, a->host) : !b->host_is_suffix && slice_equals(a->host, b->host);
}

static bool covers_path(const struct config_route *a, const struct config_route *b)
{
    if (conf_pattern_is_any_path(a) || conf_pattern_is_any_path(b)) {
        return conf_pattern_is_any_path(a);
    }
    return a->path_is_prefix ? slice_starts_with(b->path, a->path)
                             : !b->path_is_prefix && slice_equals(a->path, b->path);
}

bool conf_pattern_covers(const struct config_route *a, const struct config_route *b)
{
    return covers_host(a, b) && covers_path(a, b);
}

/* The length of c at the front of path, as itself or as %XX; 0: it does not begin with c. hex is of lower case. */
static size_t match_byte(struct slice path, uint8_t c, struct slice hex)
{
    if (path.len >= 1 && path.ptr[0] == c) {
        return 1;
    }
    return path.len >= 3 && path.ptr[0] == '%' && slice_equals_nocase((struct slice){path.ptr + 1, 2}, hex) ? 3 : 0;
}

static size_t match_separator(struct slice path)
{
    const size_t slash = match_byte(path, '/', SLICE_LITERAL("2f"));
    return slash != 0 ? slash : match_byte(path, '\\', SLICE_LITERAL("5c"));
}

static size_t match_dot(struct slice path)
{
    return match_byte(path, '.', SLICE_LITERAL("2e"));
}

/* path begins a segment: is it one or two dots, then its end or a parameter? */
static bool begins_with_dot_segment(struct slice path)
{
    const size_t first = match_dot(path);
    const size_t second = match_dot(slice_skip(path, first));
    const struct slice rest = slice_skip(path, first + (first != 0 ? second : 0));

    return first != 0 &&
           (rest.len == 0 || match_separator(rest) != 0 || match_byte(rest, ';', SLICE_LITERAL("3b")) != 0);
}

bool conf_pattern_has_dot_segment(struct slice path)
{
    bool at_segment = true;

    while (path.len > 0) {
        if (at_segment && begins_with_dot_segment(path)) {
            return true;
        }
        const size_t separator = match_separator(path);
        at_segment = separator != 0;
        path = slice_skip(path, at_segment ? separator : 1);
    }
    return false;
}

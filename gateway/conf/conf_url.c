#include "gateway/conf/conf_url.h"

#include "gateway/conf/conf_addr.h"

struct scheme {
    struct slice prefix;
    const char *problem;
};

/* What people write, and what would be right; the first that fits. */
static const struct scheme refused_schemes[] = {
    {{(const uint8_t *)"wss://", 6}, "TLS to backends is not in this version; write ws://HOST:PORT"},
    {{(const uint8_t *)"https://", 8}, "TLS to backends is not in this version; write ws://HOST:PORT"},
    {{(const uint8_t *)"wss+unix:", 9}, "TLS to backends is not in this version; write ws+unix:/path"},
    {{(const uint8_t *)"http://", 7}, "a backend speaks WebSocket: write ws://HOST:PORT"},
    {{(const uint8_t *)"unix:", 5}, "write ws+unix:/path"},
    {{(const uint8_t *)"ws:", 3}, "after ws: two slashes must follow: ws://HOST:PORT"},
};

static bool is_alnum(uint8_t c)
{
    const uint8_t lower = slice_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

static bool has_only_alnum_and(struct slice text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0' || (!is_alnum(text.ptr[i]) && strchr(others, text.ptr[i]) == NULL)) {
            return false;
        }
    }
    return true;
}

const char *conf_url_check_name(struct slice name)
{
    if (name.len == 0 || name.len > CONF_URL_NAME_BYTES_MAX || !has_only_alnum_and(name, "_-.")) {
        return "the name of an upstream has 1 to 64 letters, digits, _, - or .";
    }
    return slice_equals(name, SLICE_LITERAL("echo")) ? "echo is built in; the upstream needs another name" : NULL;
}

/* The last label decides, as in browsers: 1.2.3 would be looked up as 1.2.0.3. */
static bool looks_numeric(struct slice host)
{
    size_t begin = host.len;

    while (begin > 0 && host.ptr[begin - 1] != '.') {
        begin--;
    }
    for (size_t i = begin; i < host.len; i++) {
        if (host.ptr[i] < '0' || host.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

static const char *parse_host(struct slice host, bool is_bracketed, struct conf_url *url)
{
    if (host.len == 0) {
        return "the host is missing: write ws://HOST:PORT";
    }
    if (addr_from_ip(&url->addr, host, url->port) == 0) {
        const bool is_v4 = url->addr.sa.any.sa_family == AF_INET;
        url->kind = CONF_URL_ADDRESS;
        return is_bracketed && is_v4 ? "only an IPv6 address stands in brackets" : NULL;
    }
    if (is_bracketed) {
        return "between [ and ] stands no IPv6 address";
    }
    if (host.len > CONF_URL_HOST_BYTES_MAX || !has_only_alnum_and(host, "_-.") || looks_numeric(host)) {
        return "the host is neither a name nor a numeric address";
    }
    url->kind = CONF_URL_HOST;
    url->name = host;
    return NULL;
}

/* What follows ws:// */
static const char *parse_authority(struct slice text, struct conf_url *url)
{
    struct slice host = {0}, digits = {0};
    size_t len = 0;

    while (len < text.len && text.ptr[len] != '\0' && strchr("/?#", text.ptr[len]) == NULL) {
        len++;
    }
    const struct slice authority = slice_first(text, len), rest = slice_skip(text, len);
    if (rest.len > 0 && !slice_equals(rest, SLICE_LITERAL("/"))) {
        return "leave out what follows the port: the client's path and query go on unchanged";
    }
    if (len > 0 && memchr(authority.ptr, '@', len) != NULL) {
        return "a user and password are not sent to backends";
    }
    const char *problem = conf_addr_split(authority, &host, &digits);
    url->port = CONF_URL_PORT_DEFAULT;
    if (problem == NULL && digits.ptr != NULL) {
        problem = conf_addr_parse_port(digits, &url->port);
    }
    return problem != NULL ? problem : parse_host(host, len > 0 && authority.ptr[0] == '[', url);
}

static const char *parse_unix(struct slice path, struct conf_url *url)
{
    url->kind = CONF_URL_ADDRESS;
    if (slice_starts_with(path, SLICE_LITERAL("//"))) {
        return "write one slash: ws+unix:/path";
    }
    return conf_addr_parse_path(path, &url->addr);
}

const char *conf_url_parse_server(struct slice text, struct conf_url *url)
{
    *url = (struct conf_url){0};
    if (slice_starts_with(text, SLICE_LITERAL("ws://"))) {
        return parse_authority(slice_skip(text, 5), url);
    }
    if (slice_starts_with(text, SLICE_LITERAL("ws+unix:"))) {
        return parse_unix(slice_skip(text, 8), url);
    }
    for (size_t i = 0; i < ARRAY_LEN(refused_schemes); i++) {
        if (slice_starts_with(text, refused_schemes[i].prefix)) {
            return refused_schemes[i].problem;
        }
    }
    return "a server is written ws://HOST:PORT or ws+unix:/path";
}

const char *conf_url_parse_target(struct slice text, struct conf_url *url)
{
    *url = (struct conf_url){.kind = CONF_URL_ECHO};
    if (slice_equals(text, SLICE_LITERAL("echo"))) {
        return NULL;
    }
    if (conf_url_check_name(text) == NULL) {
        url->kind = CONF_URL_UPSTREAM;
        url->name = text;
        return NULL;
    }
    const char *problem = conf_url_parse_server(text, url);
    const bool has_scheme = text.len > 0 && memchr(text.ptr, ':', text.len) != NULL;
    return problem != NULL && !has_scheme ? "a route leads to an upstream's name, ws://HOST:PORT, ws+unix:/path or echo"
                                          : problem;
}

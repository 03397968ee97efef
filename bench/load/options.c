#include "bench/load/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum option_kind { KIND_URL, KIND_ADDRESS, KIND_PATH, KIND_NUMBER, KIND_PID, KIND_FLAG };

struct option_row {
    const char *name, *argument, *manual;
    enum option_kind kind;
    char letter; /* 0: none */
    size_t field;
    uint32_t min, max;
};

#define FIELD(name) offsetof(struct options, name)

static const struct option_row rows[] = {
    {"url", "URL", "ws://HOST[:PORT][/PATH], HOST an IP address", KIND_URL, 0, 0, 0, 0},
    {"connect", "ADDRESS", "instead of --url: HOST:PORT or unix:/PATH", KIND_ADDRESS, 0, 0, 0, 0},
    {"path", "PATH", "what to ask for (default: /)", KIND_PATH, 0, 0, 0, 0},
    {"connections", "N", "connections (default: 1)", KIND_NUMBER, 'c', FIELD(connections), 1, OPTIONS_CONNECTIONS_MAX},
    {"size", "BYTES", "payload of a message (default: 125)", KIND_NUMBER, 's', FIELD(size), 1, OPTIONS_SIZE_MAX},
    {"depth", "N", "messages under way per connection (default: 1; with --rate: 64)", KIND_NUMBER, 'd', FIELD(depth), 1,
     OPTIONS_DEPTH_MAX},
    {"time", "SECONDS", "how long to measure (default: 5)", KIND_NUMBER, 't', FIELD(seconds), 1, OPTIONS_SECONDS_MAX},
    {"warmup", "SECONDS", "how long to run before that (default: 1)", KIND_NUMBER, 0, FIELD(warmup_seconds), 0,
     OPTIONS_SECONDS_MAX},
    {"rate", "N",
     "messages per second over all connections, sent when they are due; a latency\n"
     "                         counts from then (default: the next when one comes back)",
     KIND_NUMBER, 0, FIELD(rate), 1, OPTIONS_RATE_MAX},
    {"sources", "N", "connect from N addresses of 127/8 in turn, from 127.0.0.2 on", KIND_NUMBER, 0, FIELD(sources), 1,
     OPTIONS_SOURCES_MAX},
    {"pid", "PID", "measure the CPU time of this process; may be repeated", KIND_PID, 0, 0, 0, 0},
    {"cpu", "N", "run on this CPU only", KIND_NUMBER, 0, FIELD(cpu), 0, 4095},
    {"binary", NULL, "binary messages (default: text)", KIND_FLAG, 0, FIELD(is_binary), 0, 0},
    {"deflate", NULL, "offer permessage-deflate, without context takeover", KIND_FLAG, 0, FIELD(is_compressed), 0, 0},
    {"raw", NULL, "no handshake, and the same bytes are to come back: for bench/floor", KIND_FLAG, 0, FIELD(is_raw), 0,
     0},
    {"handshakes", NULL, "connect, upgrade, close, and again: counts handshakes", KIND_FLAG, 0, FIELD(is_handshakes), 0,
     0},
    {"json", NULL, "the result as JSON", KIND_FLAG, 0, FIELD(is_json), 0, 0},
    {"help", NULL, "this text", KIND_FLAG, 'h', FIELD(is_help), 0, 0},
};

/* What is being read: where it goes, and where a complaint goes. */
struct reading {
    struct options *o;
    char *problem;
    bool has_address, has_path;
};

PRINTF(2, 3) static int refuse(struct reading *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->problem, OPTIONS_PROBLEM_BYTES_MAX, format, args);
    va_end(args);
    return -EINVAL;
}

/* A whole decimal number and nothing else; false when it is none or too large. */
static bool read_number(const char *text, uint32_t max, uint32_t *number)
{
    uint64_t value = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > max) {
            return false;
        }
    }
    *number = (uint32_t)value;
    return true;
}

/* HOST:PORT, [HOST]:PORT; where a port may be left out, 80. */
static int read_host(struct slice text, bool needs_port, struct addr *addr)
{
    struct slice host = text;
    char digits[8] = "80";
    uint32_t port = 0;
    const uint8_t *colon = memrchr(text.ptr, ':', text.len);
    const uint8_t *bracket = memchr(text.ptr, ']', text.len);

    if (colon != NULL && (bracket == NULL || colon > bracket)) {
        const struct slice tail = slice_skip(text, (size_t)(colon - text.ptr) + 1);
        host = slice_first(text, (size_t)(colon - text.ptr));
        if (tail.len == 0 || tail.len >= sizeof digits) {
            return -EINVAL;
        }
        memcpy(digits, tail.ptr, tail.len);
        digits[tail.len] = '\0';
    } else if (needs_port) {
        return -EINVAL;
    }
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = (struct slice){host.ptr + 1, host.len - 2};
    }
    if (host.len == 0 || !read_number(digits, 65535, &port) || port == 0) {
        return -EINVAL;
    }
    return addr_from_ip(addr, host, (uint16_t)port);
}

static int set_address(struct reading *r, const char *value)
{
    const struct slice unix_prefix = SLICE_LITERAL("unix:"), text = slice_from_string(value);
    const bool is_unix = slice_starts_with(text, unix_prefix);
    const int rc =
        is_unix ? addr_from_path(&r->o->addr, slice_skip(text, unix_prefix.len)) : read_host(text, true, &r->o->addr);

    if (rc < 0) {
        return refuse(r, "--connect %.64s: must be HOST:PORT with a numeric HOST, or unix:/PATH", value);
    }
    r->has_address = true;
    return 0;
}

static int set_path(struct reading *r, const char *value)
{
    bool is_plain = value[0] == '/' && strlen(value) <= OPTIONS_PATH_BYTES_MAX;

    for (const char *c = value; *c != '\0'; c++) {
        is_plain = is_plain && *c > ' ' && *c < 0x7f;
    }
    if (!is_plain) {
        return refuse(r, "--path %.64s: must begin with / and have neither blanks nor control bytes", value);
    }
    r->o->path = value;
    r->has_path = true;
    return 0;
}

static int set_url(struct reading *r, const char *value)
{
    const struct slice scheme = SLICE_LITERAL("ws://"), text = slice_from_string(value);

    if (!slice_starts_with(text, scheme)) {
        return refuse(r, "--url %.64s: must be ws://HOST[:PORT][/PATH] (for a unix socket: --connect unix:/PATH)",
                      value);
    }
    const struct slice rest = slice_skip(text, scheme.len);
    const char *slash = strchr(value + scheme.len, '/');
    const size_t len = slash == NULL ? rest.len : (size_t)(slash - value) - scheme.len;
    if (read_host(slice_first(rest, len), false, &r->o->addr) < 0) {
        return refuse(r, "--url %.64s: HOST must be an IP address (names are not looked up), PORT 1 to 65535", value);
    }
    r->has_address = true;
    return slash == NULL ? 0 : set_path(r, slash);
}

static int set_number(struct reading *r, const struct option_row *row, const char *value)
{
    uint32_t number = 0;

    if (!read_number(value, row->max, &number) || number < row->min) {
        return refuse(r, "--%s %.32s: must be a whole number from %u to %u", row->name, value, row->min, row->max);
    }
    memcpy((char *)r->o + row->field, &number, sizeof number);
    return 0;
}

static int set_pid(struct reading *r, const char *value)
{
    uint32_t pid = 0;

    if (!read_number(value, INT32_MAX, &pid) || pid == 0) {
        return refuse(r, "--pid %.32s: must be the number of a process", value);
    }
    if (r->o->pid_count == OPTIONS_PIDS_MAX) {
        return refuse(r, "--pid: at most %d processes can be measured", OPTIONS_PIDS_MAX);
    }
    r->o->pids[r->o->pid_count++] = (int)pid;
    return 0;
}

static int set(struct reading *r, const struct option_row *row, const char *value)
{
    switch (row->kind) {
    case KIND_URL:
        return set_url(r, value);
    case KIND_ADDRESS:
        return set_address(r, value);
    case KIND_PATH:
        return set_path(r, value);
    case KIND_NUMBER:
        return set_number(r, row, value);
    case KIND_PID:
        return set_pid(r, value);
    case KIND_FLAG:
        *((bool *)((char *)r->o + row->field)) = true;
        return 0;
    }
    return -EINVAL;
}

/* The row that a word names, and in *value what is attached to it: "-c8", "--size=16". NULL: none. */
static const struct option_row *find_row(const char *word, const char **value)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const size_t len = strlen(rows[i].name);
        if (word[0] == '-' && rows[i].letter != 0 && word[1] == rows[i].letter) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            return &rows[i];
        }
        if (strncmp(word, "--", 2) == 0 && strncmp(word + 2, rows[i].name, len) == 0 &&
            (word[2 + len] == '\0' || word[2 + len] == '=')) {
            *value = word[2 + len] == '=' ? word + 3 + len : NULL;
            return &rows[i];
        }
    }
    return NULL;
}

/* What single options cannot say: which of them go together. */
static int check(struct reading *r)
{
    const struct options *o = r->o;

    if (!r->has_address) {
        return refuse(r, "where to? --url ws://127.0.0.1:8080/echo or --connect unix:/PATH (--help explains)");
    }
    if (o->is_raw && (o->is_compressed || o->is_handshakes)) {
        return refuse(r, "--raw makes no handshake: it goes with neither --deflate nor --handshakes");
    }
    if (o->is_handshakes && (o->rate != 0 || o->is_compressed)) {
        return refuse(r, "--handshakes sends no messages: it goes with neither --rate nor --deflate");
    }
    if (o->sources != 0 && o->addr.sa.any.sa_family != AF_INET) {
        return refuse(r, "--sources: only for an IPv4 address");
    }
    return 0;
}

/* The option at argv[*i], its value perhaps in the next word. */
static int parse_option(struct reading *r, int argc, char *const argv[], int *i)
{
    const char *value = NULL;
    const struct option_row *row = find_row(argv[*i], &value);

    if (row == NULL) {
        return refuse(r, "unknown option \"%.64s\" (--help lists them)", argv[*i]);
    }
    if (row->argument == NULL) {
        return value != NULL ? refuse(r, "--%s takes no value", row->name) : set(r, row, "");
    }
    if (value == NULL && *i + 1 < argc) {
        value = argv[++*i];
    }
    if (value == NULL || *value == '\0') {
        return refuse(r, "after --%s a value is missing: %s", row->name, row->argument);
    }
    return set(r, row, value);
}

int options_parse(int argc, char *const argv[], struct options *o, char problem[OPTIONS_PROBLEM_BYTES_MAX])
{
    struct reading r = {.o = o, .problem = problem};

    problem[0] = '\0';
    *o = (struct options){.path = "/", .connections = 1, .size = 125, .seconds = 5, .warmup_seconds = 1, .cpu = -1};
    for (int i = 1; i < argc; i++) {
        const int rc = parse_option(&r, argc, argv, &i);
        if (rc < 0 || o->is_help) {
            return rc;
        }
    }
    if (o->depth == 0) {
        o->depth = o->rate != 0 ? OPTIONS_DEPTH_RATED : 1;
    }
    return check(&r);
}

const char *options_help(void)
{
    static char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "usage: sluice-load --url URL [OPTION...]\n\n"
                                  "Sends masked WebSocket messages, wants each back, and checks every byte of them.\n"
                                  "Exit code 0: all came back right; 1: a byte was wrong, or a connection was lost;\n"
                                  "2: the command line is wrong, or the run could not begin.\n\n");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char head[40], letter[8] = "   ";
        if (rows[i].letter != 0) {
            snprintf(letter, sizeof letter, "-%c,", rows[i].letter);
        }
        snprintf(head, sizeof head, "%s --%s %s", letter, rows[i].name,
                 rows[i].argument != NULL ? rows[i].argument : "");
        const int written = snprintf(text + len, sizeof text - len, "  %-22s %s\n", head, rows[i].manual);
        ASSERT(written > 0 && (size_t)written < sizeof text - len);
        len += (size_t)written;
    }
    return text;
}

/*
 * config - the whole configuration, checked, with defaults filled in: immutable once loaded.
 *
 * What a user may write, with types, bounds, defaults and manual, are the rows of schema.def; config_load() turns a
 * YAML file into this, or into a list of errors, each with its place and what would be right.
 *
 * Thread: written by the loader alone, then read by all. Memory: one arena per struct config, freed whole.
 * Errors: struct config_errors. Limits: CONFIG_*_MAX.
 */
#ifndef GATEWAY_CONF_CONFIG_H
#define GATEWAY_CONF_CONFIG_H

#include <stdio.h>

#include "core/base/addr.h"

enum {
    CONFIG_SHARDS_MAX = 256,
    CONFIG_CONNECTIONS_MAX = 4 << 20, /* each shard reserves address space for all of them */
    CONFIG_LISTENERS_MAX = 64,
    CONFIG_ROUTES_MAX = 10000,
    CONFIG_UPSTREAMS_MAX = 10000,
    CONFIG_SERVERS_MAX = 1000, /* of one upstream */
    CONFIG_FILE_BYTES_MAX = 16 << 20,
};

struct config_listener {
    struct addr addr;
    const char *text; /* as written */
};

struct config_server {
    struct addr addr;
    const char *url; /* as written: for logs */
};

struct config_upstream {
    const char *name; /* of an inline `to: ws://...`: the URL */
    struct config_server *servers;
    size_t server_count;
};

enum config_target { CONFIG_TARGET_UPSTREAM, CONFIG_TARGET_ECHO };
enum config_ping_answer { CONFIG_PING_PASS, CONFIG_PING_EDGE };
enum config_slow_consumer { CONFIG_SLOW_CONSUMER_PAUSE };
enum config_compression_mode { CONFIG_COMPRESSION_OFF, CONFIG_COMPRESSION_EDGE, CONFIG_COMPRESSION_PASSTHROUGH };

/* permessage-deflate (RFC 7692) */
struct config_compression {
    enum config_compression_mode mode;
    uint32_t level;              /* of zlib */
    uint64_t memory_bytes;       /* for the contexts of all shards */
    uint64_t min_bytes;          /* smaller messages are not compressed */
    uint64_t inflated_bytes_max; /* of one message */
    bool inspect;                /* with PASSTHROUGH: inflate to check */
};

/* Settings that the file may give for all routes, and again for one. */
struct config_route_settings {
    uint64_t message_bytes_max;         /* limits.message_size, from the client */
    uint64_t backend_message_bytes_max; /* limits.backend_message_size, from the backend */
    uint64_t refusal_bytes_max;         /* limits.refusal_size: body of a backend's own refusal */
    uint64_t queue_bytes_max;           /* slow_consumer.queue, per direction */
    enum config_slow_consumer slow_consumer;
    enum config_ping_answer ping_answer;
    uint32_t handshake_timeout_ms; /* timeouts.handshake: accept to 101 */
    uint32_t connect_timeout_ms;   /* timeouts.connect: to a backend */
    uint32_t close_timeout_ms;     /* timeouts.close: Close sent to Close received (RFC 6455 7.1.1) */
    struct config_compression compression;
};

struct config_route {
    struct slice host; /* lower case; empty: any. "*.example.com" is kept as ".example.com" + host_is_suffix */
    bool host_is_suffix;
    struct slice path; /* empty: any. A pattern that ends in a star is kept without it, + path_is_prefix */
    bool path_is_prefix;
    enum config_target target;
    const struct config_upstream *upstream; /* with CONFIG_TARGET_UPSTREAM */
    const char *to;                         /* as written: for logs */
    unsigned line;                          /* in the file: for logs and explain */
    struct config_route_settings settings;
};

struct config {
    struct config_listener *listeners;
    size_t listener_count;
    struct config_route *routes;
    size_t route_count;
    struct config_upstream *upstreams; /* the inline ones of routes included */
    size_t upstream_count;

    uint32_t shards;          /* 0: auto, one per allowed CPU */
    uint32_t connections_max; /* limits.connections: sessions in all; 0: as many as descriptors allow */
    uint32_t head_bytes_max;  /* limits.head_size */
    uint32_t drain_ms;        /* timeouts.drain: TERM to exit */
    bool access_log;          /* log.access */
    struct config_route_settings
        defaults; /* what routes that say nothing get; before a route is known, its timeouts hold */

    struct config_arena *arena; /* private */
};

struct config_error {
    unsigned line, column; /* 1-based; 0: the file as a whole */
    char *text;
};

struct config_errors {
    const char *file;
    struct config_error *list;
    size_t count;
};

/*
 * Reads and checks a file; names in URLs are resolved now. NULL when there was any error: errors then has all of them,
 * in the order of the file (of very many the first found, and a last one that says so). The caller gives errors back
 * with config_errors_deinit() either way.
 */
struct config *config_load(const char *file, struct config_errors *errors);

/* The same from bytes; file is the name used in errors. Resolves no names (tests, fuzzers): numeric addresses only. */
struct config *config_load_text(struct slice text, const char *file, struct config_errors *errors);

/* "file:line:column: text" for each error, a line each. */
void config_errors_print(const struct config_errors *errors, FILE *out);
void config_errors_deinit(struct config_errors *errors);

/* The configuration in effect as YAML that config_load() would accept, defaults included. */
void config_print(const struct config *config, FILE *out);

void config_destroy(struct config *config);

#endif

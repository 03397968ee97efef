#include "gateway/session/access_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "gateway/log/json.h"

enum { VALUE_BYTES_MAX = 1024 };

static const char *const initiators[] = {
    [SESSION_BY_CLIENT] = "client", [SESSION_BY_BACKEND] = "backend", [SESSION_BY_GATEWAY] = "gateway"};

/* RFC 3339, UTC, milliseconds. */
static void put_time(struct json *j)
{
    struct timespec now;
    struct tm tm;
    char date[32];
    char text[40];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03uZ", date, (unsigned)(now.tv_nsec / 1000000) % 1000);
    json_text(j, "time", text);
}

/* The route by what it matches, as the configuration writes it: "chat.example.com/rooms/" and a star, "*" for all. */
static void put_route(struct json *j, const struct config_route *r)
{
    char text[512];

    if (r == NULL) {
        return;
    }
    const bool all = r->host.len == 0 && r->path.len == 0;
    snprintf(text, sizeof text, "%s%.*s%.*s%s", r->host_is_suffix ? "*" : "", (int)r->host.len,
             (const char *)r->host.ptr, (int)r->path.len, (const char *)r->path.ptr,
             all || r->path_is_prefix ? "*" : "");
    json_text(j, "route", text);
}

/* A value that a client chose, cut. */
static void put_value(struct json *j, const char *key, struct slice value)
{
    json_string(j, key, slice_first(value, value.len < VALUE_BYTES_MAX ? value.len : VALUE_BYTES_MAX));
}

static void begin(struct json *j, char *line, const char *event, const struct session *s)
{
    char id[20];

    json_begin(j, line, LOG_LINE_BYTES_MAX);
    put_time(j);
    json_text(j, "event", event);
    snprintf(id, sizeof id, "%016" PRIx64, s->id);
    json_text(j, "session", id);
    put_route(j, s->route);
    json_text(j, "client", s->client_address);
    if (s->route != NULL) {
        json_text(j, "backend", s->server != NULL ? s->server->url : "echo");
    }
}

static void finish(struct json *j, const struct session *s)
{
    const size_t bytes = json_end(j);
    ASSERT(bytes > 0);
    log_write(s->pool->log, (struct slice){(const uint8_t *)j->out, bytes});
}

void access_log_open(const struct session *s, const struct http1_head *request, struct slice subprotocol)
{
    char line[LOG_LINE_BYTES_MAX];
    struct json j;

    if (s->pool->log == NULL) {
        return;
    }
    begin(&j, line, "open", s);
    put_value(&j, "host", request->host);
    put_value(&j, "path", request->path);
    if (subprotocol.len > 0) {
        put_value(&j, "subprotocol", subprotocol);
    }
    finish(&j, s);
}

void access_log_close(const struct session *s)
{
    char line[LOG_LINE_BYTES_MAX];
    struct json j;

    if (s->pool->log == NULL) {
        return;
    }
    begin(&j, line, "close", s);
    json_text(&j, "initiator", initiators[s->end.initiator]);
    json_number(&j, "code", s->end.code);
    json_string(&j, "reason", (struct slice){s->end.reason, s->end.reason_bytes});
    json_text(&j, "cause", s->end.cause != NULL ? s->end.cause : "");
    json_number(&j, "client_messages", s->from_client.messages);
    json_number(&j, "client_bytes", s->from_client.bytes);
    json_number(&j, "backend_messages", s->from_upstream.messages);
    json_number(&j, "backend_bytes", s->from_upstream.bytes);
    json_number(&j, "duration_ms", s->pool->io->now_ms - s->opened_ms);
    finish(&j, s);
}

void access_log_refuse(const struct session *s)
{
    char line[LOG_LINE_BYTES_MAX];
    struct json j;

    if (s->pool->log == NULL) {
        return;
    }
    begin(&j, line, "refuse", s);
    json_number(&j, "status", s->end.code);
    json_text(&j, "initiator", initiators[s->end.initiator]);
    json_text(&j, "cause", s->end.cause != NULL ? s->end.cause : "");
    finish(&j, s);
}

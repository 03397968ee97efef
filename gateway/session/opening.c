#include "gateway/session/opening.h"

#include <errno.h>

#include "gateway/route/router.h"
#include "gateway/session/access_log.h"
#include "gateway/session/forward.h"
#include "gateway/session/relay.h"

enum { RETRY_AFTER_MIN_S = 1, RETRY_AFTER_SPREAD_S = 10, INTERIM_MAX = 16 };

/* ---- refusing ---- */

/* The fields that a status must come with. */
static void write_status_fields(struct http1_write *w, struct session *s, uint16_t status)
{
    if (status == 426) {
        http1_write_bytes(w, SLICE_LITERAL("Connection: Upgrade, close\r\nUpgrade: websocket\r\n"
                                           "Sec-WebSocket-Version: 13\r\n"));
        return;
    }
    http1_write_bytes(w, SLICE_LITERAL("Connection: close\r\n"));
    if (status == 405) {
        http1_write_bytes(w, SLICE_LITERAL("Allow: GET\r\n"));
    } else if (status == 503) {
        const unsigned jitter = rng_u32(&s->pool->env.rng) % RETRY_AFTER_SPREAD_S;
        http1_write_text(w, "Retry-After: %u\r\n", RETRY_AFTER_MIN_S + jitter);
    }
}

static int send_head(struct peer *p, const struct http1_write *w)
{
    ASSERT(http1_write_is_whole(w));
    return peer_send(p, (struct slice){w->ptr, w->len});
}

static struct http1_write scratch_writer(struct session *s)
{
    struct http1_write w;
    http1_write_init(&w, s->pool->scratch, SESSION_POOL_SCRATCH_BYTES);
    return w;
}

void opening_refuse(struct session *s, uint16_t status, enum session_initiator by, const char *cause)
{
    struct http1_write w = scratch_writer(s);
    const char *reason = http1_write_reason(status);

    session_note_end(s, by, status, cause, SLICE_LITERAL(""));
    peer_abort(&s->upstream);
    if (s->is_refusing) {
        peer_reset(&s->client);
        return;
    }
    http1_write_status_line(&w, status);
    write_status_fields(&w, s, status);
    http1_write_text(&w, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n",
                     4 + strlen(reason) + 2 + strlen(cause) + 1);
    http1_write_end(&w);
    http1_write_text(&w, "%u %s: %s\n", status, reason, cause);
    if (send_head(&s->client, &w) != 0) {
        peer_abort(&s->client);
        return;
    }
    peer_finish(&s->client);
}

void opening_on_bad_request(struct peer *client, enum http1_status status)
{
    opening_refuse(session_of(client), http1_status_code(status), SESSION_BY_CLIENT, http1_status_text(status));
}

void opening_on_bad_response(struct peer *upstream, enum http1_status status)
{
    opening_refuse(session_of(upstream), 502, SESSION_BY_BACKEND, http1_status_text(status));
}

/* ---- the client's request ---- */

/* The client's head once more: it stays in the inbox until the answer. */
static void reread_request(const struct session *s, struct http1_head *head)
{
    const enum http1_status status = http1_head_parse_request(inbox_head(s->client.inbox), head);
    ASSERT(status == HTTP1_OK);
}

/* How the session goes on, by its route and by what was agreed on. */
static enum session_kind kind_of(const struct session *s)
{
    const struct config_compression *compression = &s->route->settings.compression;

    if (s->route->target == CONFIG_TARGET_ECHO) {
        return s->compression != NULL ? SESSION_EDGE_ECHO : SESSION_ECHO;
    }
    if (s->compression == NULL) {
        return SESSION_RELAY;
    }
    if (compression->mode == CONFIG_COMPRESSION_EDGE) {
        return SESSION_EDGE_RELAY;
    }
    return compression->inspect ? SESSION_INSPECT : SESSION_RELAY;
}

static const struct session_rules *rules_of(const struct session *s)
{
    return session_pool_rules(s->pool, s->route, s->compression != NULL);
}

/* Whose messages are inflated is metered. */
static void meter(struct session *s)
{
    if (s->compression == NULL) {
        return;
    }
    if (compression_inflates(&s->route->settings.compression)) {
        peer_meter(&s->client, &s->compression->client_backlog);
    }
    if (s->route->settings.compression.inspect) {
        peer_meter(&s->upstream, &s->compression->upstream_backlog);
    }
}

static void answer_open(struct session *s, const struct http1_head *request, const struct http1_head *response,
                        struct slice subprotocol)
{
    struct http1_write w = scratch_writer(s);
    struct slice client_key;
    enum ws_handshake_status status = ws_handshake_check_request(request, &client_key);

    ASSERT(status == WS_HANDSHAKE_OK);
    compression_accept(s, request);
    forward_accept(&w, client_key, response, subprotocol);
    compression_answer(s, response, &w);
    http1_write_end(&w);
    s->opened_ms = s->pool->io->now_ms;
    access_log_open(s, request, subprotocol);
    if (send_head(&s->client, &w) != 0) {
        session_abort(s, "out of send buffers");
        return;
    }
    session_become(s, kind_of(s));
    meter(s);
    peer_open(&s->client, &rules_of(s)->client);
}

static void connect_upstream(struct session *s)
{
    const struct config_route_settings *settings = &s->route->settings;

    s->server = session_pool_next_server(s->pool, s->route->upstream);
    const int error = peer_connect(&s->upstream, &s->server->addr);
    if (error != 0) {
        opening_refuse(s, error == -EMFILE || error == -ENFILE ? 503 : 502, SESSION_BY_GATEWAY,
                       "no connection to the backend could be made");
        return;
    }
    peer_set_timer(&s->upstream, settings->connect_timeout_ms);
    peer_hold(&s->client);
}

/* What a route sets holds from when it is known; the handshake's time is counted from the accept. */
static void take_route(struct session *s, const struct config_route *route)
{
    const uint64_t deadline = s->accepted_ms + route->settings.handshake_timeout_ms;
    const uint64_t now = s->pool->io->now_ms;

    s->route = route;
    s->client.linger_ms = s->upstream.linger_ms = route->settings.close_timeout_ms;
    peer_set_timer(&s->client, deadline > now ? deadline - now : 1);
}

static void route_request(struct session *s, const struct http1_head *head)
{
    const struct config_route *route = router_match(s->pool->config, head->host, head->path);
    struct slice key;

    if (route == NULL) {
        opening_refuse(s, 404, SESSION_BY_CLIENT, "no route matches");
        return;
    }
    take_route(s, route);
    const enum ws_handshake_status status = ws_handshake_check_request(head, &key);
    if (status != WS_HANDSHAKE_OK) {
        opening_refuse(s, ws_handshake_status_code(status), SESSION_BY_CLIENT, ws_handshake_status_text(status));
    } else if (route->target == CONFIG_TARGET_ECHO) {
        answer_open(s, head, NULL, SLICE_LITERAL(""));
        peer_take_early(&s->client);
    } else {
        connect_upstream(s);
    }
}

void opening_on_request(struct peer *client)
{
    struct session *s = session_of(client);
    struct http1_head head;
    const enum http1_status status = http1_head_parse_request(inbox_head(client->inbox), &head);

    if (status != HTTP1_OK) {
        opening_on_bad_request(client, status);
    } else if (s->pool->is_draining) {
        opening_refuse(s, 503, SESSION_BY_GATEWAY, "the gateway shuts down");
    } else if (!s->is_counted) {
        opening_refuse(s, 503, SESSION_BY_GATEWAY, "the gateway has as many connections as it may have");
    } else {
        route_request(s, &head);
    }
}

/* ---- the upstream's answer ---- */

void opening_on_connected(struct peer *upstream, int error)
{
    struct session *s = session_of(upstream);
    struct http1_write w = scratch_writer(s);
    uint8_t nonce[WS_HANDSHAKE_NONCE_BYTES];
    struct http1_head request;

    if (error != 0) {
        opening_refuse(s, error == -ETIMEDOUT ? 504 : 502, SESSION_BY_BACKEND, "the backend cannot be connected to");
        return;
    }
    peer_set_timer(upstream, 0);
    rng_fill(&s->pool->env.rng, nonce, sizeof nonce);
    ws_handshake_key(nonce, s->key);
    reread_request(s, &request);
    forward_request(&w, &request, (struct slice){s->key, sizeof s->key}, s->client_address);
    compression_offer(s, &request, &w);
    http1_write_end(&w);
    if (send_head(upstream, &w) != 0) {
        opening_refuse(s, 503, SESSION_BY_GATEWAY, "out of send buffers");
        return;
    }
    peer_read_head(upstream);
}

static void open_both(struct session *s, const struct http1_head *request, const struct http1_head *response,
                      struct slice subprotocol)
{
    answer_open(s, request, response, subprotocol);
    if (s->client.state != PEER_OPEN) {
        return;
    }
    peer_open(&s->upstream, &rules_of(s)->upstream);
    peer_take_early(&s->client);
    peer_take_early(&s->upstream);
}

/* The backend's own refusal goes to the client as it is: its status, fields and body. */
static void pass_refusal(struct session *s, const struct http1_head *response)
{
    struct http1_write w = scratch_writer(s);

    session_note_end(s, SESSION_BY_BACKEND, response->status, "the backend refused", SLICE_LITERAL(""));
    forward_refusal(&w, response);
    if (send_head(&s->client, &w) != 0) {
        opening_refuse(s, 503, SESSION_BY_GATEWAY, "out of send buffers");
        return;
    }
    s->is_refusing = true;
    s->refusal_left = s->route->settings.refusal_bytes_max;
    http1_body_init(&s->refusal, response);
    peer_read_body(&s->upstream);
}

static void take_answer(struct session *s, const struct http1_head *response)
{
    struct http1_head request;
    struct slice subprotocol;
    const struct slice key = {s->key, sizeof s->key};

    reread_request(s, &request);
    const enum ws_handshake_extensions extensions =
        s->compression != NULL ? WS_HANDSHAKE_EXTENSIONS_OFFERED : WS_HANDSHAKE_EXTENSIONS_NONE;
    enum ws_handshake_status status = ws_handshake_check_response(response, key, &request, extensions, &subprotocol);
    if (status == WS_HANDSHAKE_OK) {
        status = compression_check(s, response, &request);
    }
    if (status == WS_HANDSHAKE_OK) {
        open_both(s, &request, response, subprotocol);
    } else if (status == WS_HANDSHAKE_ERR_REFUSED) {
        pass_refusal(s, response);
    } else {
        opening_refuse(s, ws_handshake_status_code(status), SESSION_BY_BACKEND, ws_handshake_status_text(status));
    }
}

static void skip_interim(struct peer *upstream)
{
    struct session *s = session_of(upstream);
    if (++s->interim_count > INTERIM_MAX) {
        opening_refuse(s, 502, SESSION_BY_BACKEND, "the backend sends interim responses without end");
        return;
    }
    peer_skip_head(upstream);
}

void opening_on_response(struct peer *upstream)
{
    struct http1_head response;
    const enum http1_status status = http1_head_parse_response(inbox_head(upstream->inbox), &response);

    if (status != HTTP1_OK) {
        opening_on_bad_response(upstream, status);
    } else if (response.status < 200 && response.status != 101) {
        skip_interim(upstream);
    } else {
        take_answer(session_of(upstream), &response);
    }
}

/* ---- the body of a refusal ---- */

/* The rest will not come. A length or a last chunk that is missing tells the client so; where only the end of the
 * connection would tell, a reset does. */
static void cut_refusal(struct session *s)
{
    peer_abort(&s->upstream);
    if (s->refusal.kind == HTTP1_BODY_UNTIL_CLOSE) {
        peer_reset(&s->client);
    } else {
        peer_finish(&s->client);
    }
}

static void end_refusal(struct session *s)
{
    peer_abort(&s->upstream);
    peer_finish(&s->client);
}

void opening_on_refusal_body(struct peer *upstream, struct slice bytes)
{
    struct session *s = session_of(upstream);
    size_t taken = 0;
    const enum http1_body_status status = http1_body_next(&s->refusal, bytes, &taken);
    const size_t pass = taken < s->refusal_left ? taken : (size_t)s->refusal_left;

    s->refusal_left -= pass;
    if (peer_send(&s->client, slice_first(bytes, pass)) != 0 || pass < taken || status == HTTP1_BODY_BAD) {
        cut_refusal(s);
    } else if (status == HTTP1_BODY_END) {
        end_refusal(s);
    } else {
        relay_press(upstream, &s->client);
    }
}

/* ---- what goes wrong on the way ---- */

void opening_on_ended(struct peer *p, int error)
{
    struct session *s = session_of(p);

    if (p == &s->client) {
        if (p->inbox != NULL) {
            session_note_end(s, SESSION_BY_CLIENT, 0, "the client left during the handshake", SLICE_LITERAL(""));
        }
        peer_abort(&s->upstream);
        peer_abort(p);
    } else if (!s->is_refusing) {
        opening_refuse(s, 502, SESSION_BY_BACKEND, "the backend ended the connection before it answered");
    } else if (error == 0 && s->refusal.kind == HTTP1_BODY_UNTIL_CLOSE) {
        end_refusal(s);
    } else {
        cut_refusal(s);
    }
}

void opening_on_timed_out(struct peer *p)
{
    struct session *s = session_of(p);

    if (p == &s->upstream) {
        opening_refuse(s, 504, SESSION_BY_BACKEND, "the backend could not be connected to in time");
    } else if (p->state == PEER_HELD) {
        opening_refuse(s, 504, SESSION_BY_BACKEND, "the backend did not answer in time");
    } else if (p->inbox != NULL) {
        opening_refuse(s, 408, SESSION_BY_CLIENT, "the request did not arrive in time");
    } else {
        peer_abort(p);
    }
}

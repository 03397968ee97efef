#include "gateway/session/forward.h"

#include "core/proto/ws_handshake.h"

#define S(text)                                   \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

enum { ENDS_REQUEST = 1, ENDS_ACCEPT = 2, ENDS_REFUSAL = 4, ENDS_ALL = 7 };

/* Fields that end at the gateway, and in which heads. */
static const struct {
    struct slice name;
    unsigned ends;
} ending[] = {
    {S("connection"), ENDS_ALL},
    {S("keep-alive"), ENDS_ALL},
    {S("proxy-connection"), ENDS_ALL},
    {S("te"), ENDS_ALL},
    {S("upgrade"), ENDS_ALL},
    {S("sec-websocket-key"), ENDS_ALL},
    {S("sec-websocket-accept"), ENDS_ALL},
    {S("sec-websocket-extensions"), ENDS_ALL},
    {S("sec-websocket-version"), ENDS_REQUEST | ENDS_ACCEPT},
    {S("sec-websocket-protocol"), ENDS_ACCEPT | ENDS_REFUSAL},
    {S("host"), ENDS_REQUEST},
    {S("expect"), ENDS_REQUEST},
    {S("x-forwarded-for"), ENDS_REQUEST},
    {S("x-forwarded-proto"), ENDS_REQUEST},
    {S("x-forwarded-host"), ENDS_REQUEST},
    {S("forwarded"), ENDS_REQUEST},
    {S("content-length"), ENDS_REQUEST | ENDS_ACCEPT},
    {S("transfer-encoding"), ENDS_REQUEST | ENDS_ACCEPT},
    {S("trailer"), ENDS_REQUEST | ENDS_ACCEPT},
};

/* Where the body of a refusal ends must be said to the client, whatever Connection says. */
static bool is_framing(struct slice name)
{
    return slice_equals_nocase(name, SLICE_LITERAL("content-length")) ||
           slice_equals_nocase(name, SLICE_LITERAL("transfer-encoding"));
}

static bool ends_here(const struct http1_head *head, struct slice name, unsigned kind)
{
    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        if ((ending[i].ends & kind) && slice_equals_nocase(ending[i].name, name)) {
            return true;
        }
    }
    if (is_framing(name)) {
        return head->status == 204; /* has neither (RFC 9110 section 8.6, RFC 9112 section 6.1) */
    }
    return http1_head_has_option(head, name);
}

static void pass_fields(struct http1_write *w, const struct http1_head *head, unsigned kind)
{
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http1_header *h = &head->headers[i];
        if (!ends_here(head, h->name, kind)) {
            http1_write_header(w, h->name, h->value);
        }
    }
}

/* The address without its port. */
static struct slice ip_of(const char *address)
{
    struct slice ip = slice_from_string(address);
    const char *colon = strrchr(address, ':');

    if (colon == NULL) {
        return ip;
    }
    ip.len = (size_t)(colon - address);
    if (ip.len > 2 && ip.ptr[0] == '[') {
        ip = (struct slice){ip.ptr + 1, ip.len - 2};
    }
    return ip;
}

/* A quoted-string's characters that need a backslash do not occur in a Host (http1_head checks it). */
static void write_forwarded(struct http1_write *w, const struct http1_head *request, const char *client_address)
{
    const struct slice ip = ip_of(client_address);
    const int n = (int)ip.len;
    const bool is_v6 = memchr(ip.ptr, ':', ip.len) != NULL;
    const bool is_unix = strchr(client_address, ':') == NULL;

    http1_write_header(w, SLICE_LITERAL("X-Forwarded-For"), is_unix ? SLICE_LITERAL("unknown") : ip);
    http1_write_header(w, SLICE_LITERAL("X-Forwarded-Proto"), SLICE_LITERAL("http"));
    http1_write_header(w, SLICE_LITERAL("X-Forwarded-Host"), request->host);
    if (is_unix) {
        http1_write_text(w, "Forwarded: for=unknown;");
    } else {
        http1_write_text(w, is_v6 ? "Forwarded: for=\"[%.*s]\";" : "Forwarded: for=%.*s;", n, (const char *)ip.ptr);
    }
    http1_write_text(w, "host=\"%.*s\";proto=http\r\n", (int)request->host.len, (const char *)request->host.ptr);
}

/* The target goes on as it came; of an absolute-form only path and query (RFC 9112 section 3.2.1). */
static void write_target(struct http1_write *w, const struct http1_head *request)
{
    if (request->target.ptr[0] == '/') {
        http1_write_bytes(w, request->target);
        return;
    }
    http1_write_bytes(w, request->path);
    if (request->query.len > 0) {
        http1_write_bytes(w, SLICE_LITERAL("?"));
        http1_write_bytes(w, request->query);
    }
}

void forward_request(struct http1_write *w, const struct http1_head *request, struct slice key,
                     const char *client_address)
{
    http1_write_bytes(w, SLICE_LITERAL("GET "));
    write_target(w, request);
    http1_write_bytes(w, SLICE_LITERAL(" HTTP/1.1\r\n"));
    http1_write_header(w, SLICE_LITERAL("Host"), request->host);
    http1_write_bytes(w, SLICE_LITERAL("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"));
    http1_write_header(w, SLICE_LITERAL("Sec-WebSocket-Key"), key);
    pass_fields(w, request, ENDS_REQUEST);
    write_forwarded(w, request, client_address);
}

void forward_accept(struct http1_write *w, struct slice client_key, const struct http1_head *response,
                    struct slice subprotocol)
{
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];

    ws_handshake_accept(client_key, accept);
    http1_write_status_line(w, 101);
    http1_write_bytes(w, SLICE_LITERAL("Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    http1_write_header(w, SLICE_LITERAL("Sec-WebSocket-Accept"), (struct slice){accept, sizeof accept});
    if (subprotocol.len > 0) {
        http1_write_header(w, SLICE_LITERAL("Sec-WebSocket-Protocol"), subprotocol);
    }
    if (response != NULL) {
        pass_fields(w, response, ENDS_ACCEPT);
    }
}

void forward_refusal(struct http1_write *w, const struct http1_head *response)
{
    http1_write_text(w, "HTTP/1.1 %u ", response->status);
    http1_write_bytes(w, response->reason);
    if (response->status == 426) { /* must name a protocol; that hop's own ended here (RFC 9110 section 15.5.22) */
        http1_write_bytes(w, SLICE_LITERAL("\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"));
    } else {
        http1_write_bytes(w, SLICE_LITERAL("\r\nConnection: close\r\n"));
    }
    pass_fields(w, response, ENDS_REFUSAL);
    http1_write_end(w);
}

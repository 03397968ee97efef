/* The opening handshake of a simulated session: requests, answers, and what they agree on. */
#include <stdio.h>

#include "core/base/digest.h"
#include "tests/sim/sim_end.h"
#include "tests/sim/sim_speech.h"

enum { HEAD_BYTES = 4096, LONG_FIELD_BYTES = 3000, DEFAULT_BITS = 15, OFFER_KEEPS_NOTHING = 2 };

static const struct {
    const char *text;
    struct sim_deflate deflate;
    bool may_limit_client;
} offers[] = {
    {"", {0}, false},
    {"permessage-deflate", {.is_on = true}, false},
    {"permessage-deflate; client_no_context_takeover", {.is_on = true, .client_resets = true}, false},
    {"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
     {.is_on = true, .client_resets = true, .server_resets = true},
     false},
    {"permessage-deflate; client_max_window_bits", {.is_on = true}, true},
    {"permessage-deflate; server_max_window_bits=9; client_max_window_bits=10",
     {.is_on = true, .server_bits = 9, .client_bits = 10},
     true},
    {"permessage-deflate; server_no_context_takeover", {.is_on = true, .server_resets = true}, false},
};

static void say(struct sim_end *e, const char *text, size_t bytes)
{
    e->head_left += bytes;
    sim_end_send(e, (struct slice){(const uint8_t *)text, bytes});
}

/* ---- the request ---- */

static size_t write_request(char *out, const char *path, const char *version, const char *upgrade, const char *offer)
{
    const int n = snprintf(out, HEAD_BYTES,
                           "GET %s HTTP/1.1\r\nHost: sim.example\r\nUpgrade: %s\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Version: %s\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
                           path, upgrade, version, *offer != '\0' ? "Sec-WebSocket-Extensions: " : "", offer,
                           *offer != '\0' ? "\r\n" : "");
    ASSERT(n > 0 && n < HEAD_BYTES);
    return (size_t)n;
}

void sim_heads_request(struct sim_link *l, enum sim_request request)
{
    const size_t choice = l->keeps_nothing ? OFFER_KEEPS_NOTHING : (size_t)sim_rng_below(l->rng, ARRAY_LEN(offers));
    char head[HEAD_BYTES];
    char path[LONG_FIELD_BYTES + 8] = "/ws?x=1";
    size_t bytes;

    l->offer = offers[choice].deflate;
    if (request == SIM_REQUEST_LONG) {
        memset(path + 7, 'x', LONG_FIELD_BYTES);
        path[LONG_FIELD_BYTES] = '\0';
    }
    bytes =
        write_request(head, request == SIM_REQUEST_PATH ? "/none" : path, request == SIM_REQUEST_VERSION ? "12" : "13",
                      request == SIM_REQUEST_PLAIN ? "h2c" : "websocket", offers[choice].text);
    for (size_t i = 0; request == SIM_REQUEST_GARBAGE && i < 3; i++) {
        head[sim_rng_below(l->rng, bytes)] = (char)sim_rng_u64(l->rng);
    }
    l->is_blameless = request == SIM_REQUEST_GOOD;
    l->is_wild = request == SIM_REQUEST_GARBAGE;
    say(&l->client, head, bytes);
}

/* ---- the answer ---- */

static const char *field(const char *head, const char *name)
{
    const char *at = strstr(head, name);
    return at == NULL ? NULL : at + strlen(name);
}

static void write_accept(const char *head, char accept[32])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[128];
    uint8_t sha1[DIGEST_SHA1_BYTES];
    const char *key = field(head, "\r\nSec-WebSocket-Key: ");

    ASSERT(key != NULL);
    const int n = snprintf(joined, sizeof joined, "%.24s%s", key, guid);
    digest_sha1((struct slice){(const uint8_t *)joined, (size_t)n}, sha1);
    accept[digest_base64((struct slice){sha1, sizeof sha1}, (uint8_t *)accept)] = '\0';
}

/* What the backend makes of the offer that reached it. */
static void agree(struct sim_link *l, char out[256])
{
    const char *offer = field((const char *)l->backend.head.ptr, "\r\nSec-WebSocket-Extensions: ");
    struct sim_deflate *a = &l->agreed;
    size_t len = 0;

    *out = '\0';
    *a = (struct sim_deflate){0};
    ASSERT(offer == NULL || l->profile->passes_deflate);
    if (offer == NULL || sim_rng_once_in(l->rng, 5)) {
        return;
    }
    *a = (struct sim_deflate){.is_on = true,
                              .client_resets = sim_rng_once_in(l->rng, 3),
                              .server_resets = l->offer.server_resets || sim_rng_once_in(l->rng, 3),
                              .server_bits = l->offer.server_bits,
                              .client_bits = l->offer.client_bits};
    len = (size_t)snprintf(out, 256, "Sec-WebSocket-Extensions: permessage-deflate%s%s",
                           a->client_resets ? "; client_no_context_takeover" : "",
                           a->server_resets ? "; server_no_context_takeover" : "");
    if (a->server_bits != 0) {
        len += (size_t)snprintf(out + len, 256 - len, "; server_max_window_bits=%u", a->server_bits);
    }
    if (a->client_bits != 0) {
        len += (size_t)snprintf(out + len, 256 - len, "; client_max_window_bits=%u", a->client_bits);
    }
    snprintf(out + len, 256 - len, "\r\n");
}

static void accept_upgrade(struct sim_link *l, bool is_right)
{
    char head[HEAD_BYTES], accept[32], extensions[256];

    write_accept((const char *)l->backend.head.ptr, accept);
    accept[3] ^= is_right ? 0 : 1;
    l->is_blameless &= is_right;
    if (l->profile->passes_deflate) {
        agree(l, extensions);
        sim_end_begin_said(&l->client);
        sim_end_begin_heard(&l->backend);
    } else {
        extensions[0] = '\0';
    }
    const int n = snprintf(head, sizeof head,
                           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                           accept, extensions);
    say(&l->backend, head, (size_t)n);
    if (is_right) {
        sim_end_begin_said(&l->backend);
    }
    l->backend.is_refused = !is_right;
}

static void refuse(struct sim_link *l, const char *head, size_t body_bytes)
{
    char body[300];

    memset(body, 'b', sizeof body);
    sim_link_blame(l);
    l->backend.is_refused = true;
    say(&l->backend, head, strlen(head));
    for (; body_bytes > 0; body_bytes -= body_bytes < sizeof body ? body_bytes : sizeof body) {
        say(&l->backend, body, body_bytes < sizeof body ? body_bytes : sizeof body);
    }
}

void sim_heads_answer(struct sim_link *l)
{
    static const char interim[] = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    static const char chunks[] = "HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n"
                                 "0\r\n\r\n";

    switch (l->answer % SIM_ANSWER_COUNT) {
    case SIM_ANSWER_REFUSAL_LENGTH:
        refuse(l, "HTTP/1.1 403 Forbidden\r\nContent-Length: 20000\r\n\r\n", (size_t)sim_rng_below(l->rng, 20001));
        break;
    case SIM_ANSWER_REFUSAL_CHUNKED:
        refuse(l, chunks, 0);
        break;
    case SIM_ANSWER_REFUSAL_CLOSE:
        refuse(l, "HTTP/1.1 500 Oops\r\n\r\n", (size_t)sim_rng_below(l->rng, 5000));
        sim_end_finish(&l->backend);
        break;
    case SIM_ANSWER_GARBAGE:
        refuse(l, "HTTP/1.1 1\x01 what\r\n", 3);
        break;
    case SIM_ANSWER_BAD_ACCEPT:
        accept_upgrade(l, false);
        break;
    case SIM_ANSWER_INTERIM:
        say(&l->backend, interim, sizeof interim - 1);
        accept_upgrade(l, true);
        break;
    case SIM_ANSWER_EARLY:
        accept_upgrade(l, true);
        sim_speech_message(&l->backend, l->rng);
        break;
    default:
        accept_upgrade(l, true);
    }
}

/* ---- what the client makes of it ---- */

static uint8_t bits_of(const char *extensions, const char *name)
{
    const char *value = field(extensions, name);
    return value == NULL ? DEFAULT_BITS : (uint8_t)strtoul(value, NULL, 10);
}

static struct sim_deflate read_extensions(const char *head)
{
    char line[256];
    const char *extensions = field(head, "\r\nSec-WebSocket-Extensions: ");

    if (extensions == NULL) {
        return (struct sim_deflate){0};
    }
    snprintf(line, sizeof line, "%.*s", (int)strcspn(extensions, "\r"), extensions);
    return (struct sim_deflate){.is_on = strncmp(line, "permessage-deflate", 18) == 0,
                                .client_resets = strstr(line, "client_no_context_takeover") != NULL,
                                .server_resets = strstr(line, "server_no_context_takeover") != NULL,
                                .client_bits = bits_of(line, "client_max_window_bits="),
                                .server_bits = bits_of(line, "server_max_window_bits=")};
}

void sim_heads_read_answer(struct sim_link *l, const char *head)
{
    const struct sim_deflate agreed = read_extensions(head);

    ASSERT(strncmp(head, "HTTP/1.1 ", 9) == 0);
    if (strncmp(head + 9, "101 ", 4) != 0) {
        l->client.is_refused = true;
        ASSERT(!l->is_blameless);
        return;
    }
    const bool is_accepted = strstr(head, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != NULL;
    ASSERT(is_accepted || l->is_wild);
    ASSERT(agreed.is_on == l->agreed.is_on || l->is_wild);
    l->agreed = agreed;
    l->client.said.rules.has_takeover = !agreed.client_resets;
    sim_end_begin_heard(&l->client);
}

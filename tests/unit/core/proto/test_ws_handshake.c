#include "core/proto/ws_handshake.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static struct http1_head request;
static struct http1_head response;

/* The headers that make a request a handshake, less one: rows put theirs in its place. */
#define UPGRADE_LINE       "Upgrade: websocket\r\n"
#define CONNECTION_LINE    "Connection: Upgrade\r\n"
#define VERSION_LINE       "Sec-WebSocket-Version: 13\r\n"
#define KEY_LINE           "Sec-WebSocket-Key: " KEY "\r\n"
#define START              "GET /chat HTTP/1.1\r\nHost: a\r\n"
#define WITH_UPGRADE(x)    START x CONNECTION_LINE VERSION_LINE KEY_LINE "\r\n"
#define WITH_CONNECTION(x) START UPGRADE_LINE x VERSION_LINE KEY_LINE "\r\n"
#define WITH_VERSION(x)    START UPGRADE_LINE CONNECTION_LINE x KEY_LINE "\r\n"
#define WITH_KEY(x)        START UPGRADE_LINE CONNECTION_LINE VERSION_LINE x "\r\n"
#define WITH_START(x)      x UPGRADE_LINE CONNECTION_LINE VERSION_LINE KEY_LINE "\r\n"
#define WITH(x)            START UPGRADE_LINE CONNECTION_LINE VERSION_LINE KEY_LINE x "\r\n"
#define WITH_PROTOCOL(x)   WITH("Sec-WebSocket-Protocol:" x "\r\n")
#define WITH_EXTENSIONS(x) WITH("Sec-WebSocket-Extensions:" x "\r\n")

struct row {
    const char *text;
    enum ws_handshake_status status;
};

static const struct row request_rows[] = {
    {WITH(""), WS_HANDSHAKE_OK},
    {WITH("Origin: http://b\r\nContent-Length: 0\r\n"), WS_HANDSHAKE_OK},
    {WITH_START("POST / HTTP/1.1\r\nHost: a\r\n"), WS_HANDSHAKE_ERR_METHOD},
    {WITH_START("get / HTTP/1.1\r\nHost: a\r\n"), WS_HANDSHAKE_ERR_METHOD},
    {WITH_START("GET / HTTP/1.0\r\nHost: a\r\n"), WS_HANDSHAKE_ERR_HTTP_VERSION},
    {WITH("Content-Length: 1\r\n"), WS_HANDSHAKE_ERR_BODY},
    {WITH("Transfer-Encoding: chunked\r\n"), WS_HANDSHAKE_ERR_BODY},
    {WITH_UPGRADE(""), WS_HANDSHAKE_ERR_NOT_UPGRADE},
    {WITH_UPGRADE("Upgrade: h2c\r\n"), WS_HANDSHAKE_ERR_NOT_UPGRADE},
    {WITH_UPGRADE("Upgrade: websockets\r\n"), WS_HANDSHAKE_ERR_NOT_UPGRADE},
    {WITH_UPGRADE("upgrade: h2c , WebSocket\r\n"), WS_HANDSHAKE_OK},
    {WITH_CONNECTION(""), WS_HANDSHAKE_ERR_CONNECTION},
    {WITH_CONNECTION("Connection: keep-alive\r\n"), WS_HANDSHAKE_ERR_CONNECTION},
    {WITH_CONNECTION("Connection: close\r\nConnection: keep-alive,upgrade\r\n"), WS_HANDSHAKE_OK},
    {WITH_VERSION(""), WS_HANDSHAKE_ERR_VERSION},
    {WITH_VERSION("Sec-WebSocket-Version: 8\r\n"), WS_HANDSHAKE_ERR_VERSION},
    {WITH_VERSION("Sec-WebSocket-Version: 013\r\n"), WS_HANDSHAKE_ERR_VERSION},
    {WITH_VERSION("Sec-WebSocket-Version: 13, 8\r\n"), WS_HANDSHAKE_ERR_VERSION},
    {WITH_VERSION(VERSION_LINE VERSION_LINE), WS_HANDSHAKE_ERR_VERSION},
    {WITH_KEY(""), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY(KEY_LINE KEY_LINE), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key:\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhb=BsZSBub25jZQ==\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhb-BsZSBub25jZQ==\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: dGhlIHNhb BsZSBub25jZQ==\r\n"), WS_HANDSHAKE_ERR_KEY},
    {WITH_KEY("Sec-WebSocket-Key: +/hlIHNhbXBsZSBub25jZR==\r\n"), WS_HANDSHAKE_OK},
    {WITH_PROTOCOL(" chat"), WS_HANDSHAKE_OK},
    {WITH_PROTOCOL("chat,\tCHAT ,, v2.x"), WS_HANDSHAKE_OK},
    {WITH_PROTOCOL("a\r\nSec-WebSocket-Protocol: b"), WS_HANDSHAKE_OK},
    {WITH_PROTOCOL(""), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_PROTOCOL(" ,"), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_PROTOCOL("a, b, a"), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_PROTOCOL("a\r\nSec-WebSocket-Protocol: a"), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_PROTOCOL("a b"), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_PROTOCOL("a/b"), WS_HANDSHAKE_ERR_SUBPROTOCOL},
    {WITH_EXTENSIONS(" permessage-deflate"), WS_HANDSHAKE_OK},
    {WITH_EXTENSIONS("a;b;c=d; e = \"f\" ,g , , h;i=\"\\j\\k\""), WS_HANDSHAKE_OK},
    {WITH_EXTENSIONS("a\r\nSec-WebSocket-Extensions: a; b"), WS_HANDSHAKE_OK},
    {WITH_EXTENSIONS(""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS(","), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a;"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS(";a"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a;;b"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a=b"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b="), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; =b"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=c=d"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=\"\""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=\""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=\"c d\""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=\"c,d\""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a; b=\"c\\\""), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a b"), WS_HANDSHAKE_ERR_EXTENSIONS},
    {WITH_EXTENSIONS("a\r\nSec-WebSocket-Extensions: b;"), WS_HANDSHAKE_ERR_EXTENSIONS},
};

Test(ws_handshake, judges_requests_as_the_table_says)
{
    for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
        const struct row *row = &request_rows[i];
        struct slice key;
        cr_assert_eq(http1_head_parse_request(slice_from_string(row->text), &request), HTTP1_OK, "%s", row->text);
        const enum ws_handshake_status status = ws_handshake_check_request(&request, &key);
        cr_expect_eq(status, row->status, "%s: %s", row->text, ws_handshake_status_name(status));
        cr_expect(status != WS_HANDSHAKE_OK || key.len == WS_HANDSHAKE_KEY_BYTES);
    }
}

#define ANSWER_UPGRADE        "Upgrade: WebSocket\r\n"
#define ANSWER_CONNECTION     "Connection: upgrade\r\n"
#define ANSWER_ACCEPT         "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define ANSWER_START          "HTTP/1.1 101 Switching Protocols\r\n"
#define ANSWER(x)             ANSWER_START ANSWER_UPGRADE ANSWER_CONNECTION ANSWER_ACCEPT x "\r\n"
#define ANSWER_WITH_ACCEPT(x) ANSWER_START ANSWER_UPGRADE ANSWER_CONNECTION x "\r\n"

static const struct row response_rows[] = {
    {ANSWER(""), WS_HANDSHAKE_OK},
    {ANSWER("Sec-WebSocket-Protocol: superchat\r\n"), WS_HANDSHAKE_OK},
    {"HTTP/1.1 200 OK\r\n\r\n", WS_HANDSHAKE_ERR_REFUSED},
    {"HTTP/1.1 401 Unauthorized\r\n" ANSWER_UPGRADE "\r\n", WS_HANDSHAKE_ERR_REFUSED},
    {"HTTP/1.0 101 Switching Protocols\r\n" ANSWER_UPGRADE ANSWER_CONNECTION ANSWER_ACCEPT "\r\n",
     WS_HANDSHAKE_ERR_ANSWER_VERSION},
    {ANSWER_START ANSWER_CONNECTION ANSWER_ACCEPT "\r\n", WS_HANDSHAKE_ERR_ANSWER_UPGRADE},
    {ANSWER_START "Upgrade: h2c\r\n" ANSWER_CONNECTION ANSWER_ACCEPT "\r\n", WS_HANDSHAKE_ERR_ANSWER_UPGRADE},
    {ANSWER_START "Upgrade: websocket, h2c\r\n" ANSWER_CONNECTION ANSWER_ACCEPT "\r\n",
     WS_HANDSHAKE_ERR_ANSWER_UPGRADE},
    {ANSWER_START ANSWER_UPGRADE ANSWER_ACCEPT "\r\n", WS_HANDSHAKE_ERR_ANSWER_CONNECTION},
    {ANSWER_START ANSWER_UPGRADE "Connection: close\r\n" ANSWER_ACCEPT "\r\n", WS_HANDSHAKE_ERR_ANSWER_CONNECTION},
    {ANSWER_WITH_ACCEPT(""), WS_HANDSHAKE_ERR_ANSWER_ACCEPT},
    {ANSWER_WITH_ACCEPT(ANSWER_ACCEPT ANSWER_ACCEPT), WS_HANDSHAKE_ERR_ANSWER_ACCEPT},
    {ANSWER_WITH_ACCEPT("Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), WS_HANDSHAKE_ERR_ANSWER_ACCEPT},
    {ANSWER_WITH_ACCEPT("Sec-WebSocket-Accept: " KEY "\r\n"), WS_HANDSHAKE_ERR_ANSWER_ACCEPT},
    {ANSWER("Sec-WebSocket-Extensions: permessage-deflate\r\n"), WS_HANDSHAKE_ERR_ANSWER_EXTENSION},
    {ANSWER("Sec-WebSocket-Protocol: other\r\n"), WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL},
    {ANSWER("Sec-WebSocket-Protocol: CHAT\r\n"), WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL},
    {ANSWER("Sec-WebSocket-Protocol:\r\n"), WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL},
    {ANSWER("Sec-WebSocket-Protocol: chat, superchat\r\n"), WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL},
    {ANSWER("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"), WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL},
};

Test(ws_handshake, judges_responses_as_the_table_says)
{
    const struct slice key = SLICE_LITERAL(KEY);
    cr_assert_eq(http1_head_parse_request(SLICE_LITERAL(WITH_PROTOCOL("chat, superchat")), &request), HTTP1_OK);
    for (size_t i = 0; i < ARRAY_LEN(response_rows); i++) {
        const struct row *row = &response_rows[i];
        struct slice chosen;
        cr_assert_eq(http1_head_parse_response(slice_from_string(row->text), &response), HTTP1_OK, "%s", row->text);
        const enum ws_handshake_status status =
            ws_handshake_check_response(&response, key, &request, WS_HANDSHAKE_EXTENSIONS_NONE, &chosen);
        cr_expect_eq(status, row->status, "%s: %s", row->text, ws_handshake_status_name(status));
        if (status == WS_HANDSHAKE_OK) {
            cr_expect(slice_equals(chosen, i == 0 ? SLICE_LITERAL("") : SLICE_LITERAL("superchat")));
        }
    }
}

Test(ws_handshake, takes_no_subprotocol_where_none_was_offered)
{
    struct slice chosen;
    const struct slice answer = SLICE_LITERAL(ANSWER("Sec-WebSocket-Protocol: chat\r\n"));
    cr_assert_eq(http1_head_parse_request(SLICE_LITERAL(WITH("")), &request), HTTP1_OK);
    cr_assert_eq(http1_head_parse_response(answer, &response), HTTP1_OK);
    cr_assert_eq(
        ws_handshake_check_response(&response, SLICE_LITERAL(KEY), &request, WS_HANDSHAKE_EXTENSIONS_NONE, &chosen),
        WS_HANDSHAKE_ERR_ANSWER_SUBPROTOCOL);
}

Test(ws_handshake, leaves_an_extension_to_the_caller_where_some_were_offered)
{
    struct slice chosen;
    const struct slice answer = SLICE_LITERAL(ANSWER("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    cr_assert_eq(http1_head_parse_request(SLICE_LITERAL(WITH("")), &request), HTTP1_OK);
    cr_assert_eq(http1_head_parse_response(answer, &response), HTTP1_OK);
    cr_assert_eq(
        ws_handshake_check_response(&response, SLICE_LITERAL(KEY), &request, WS_HANDSHAKE_EXTENSIONS_OFFERED, &chosen),
        WS_HANDSHAKE_OK);
}

Test(ws_handshake, limits_how_many_subprotocols_are_offered)
{
    for (int offers = WS_HANDSHAKE_SUBPROTOCOLS_MAX - 1; offers <= WS_HANDSHAKE_SUBPROTOCOLS_MAX + 1; offers++) {
        char text[2048];
        struct slice key;
        int len = snprintf(text, sizeof text, "%s", START UPGRADE_LINE CONNECTION_LINE VERSION_LINE KEY_LINE);
        len += snprintf(text + len, sizeof text - (size_t)len, "Sec-WebSocket-Protocol: ");
        for (int i = 0; i < offers; i++) {
            len += snprintf(text + len, sizeof text - (size_t)len, "p%d,", i);
        }
        len += snprintf(text + len, sizeof text - (size_t)len, "\r\n\r\n");
        cr_assert_eq(http1_head_parse_request(slice_from_string(text), &request), HTTP1_OK);
        cr_assert_eq(ws_handshake_check_request(&request, &key),
                     offers <= WS_HANDSHAKE_SUBPROTOCOLS_MAX ? WS_HANDSHAKE_OK : WS_HANDSHAKE_ERR_SUBPROTOCOL);
    }
}

Test(ws_handshake, answers_the_key_of_rfc_6455_with_its_accept)
{
    uint8_t key[WS_HANDSHAKE_KEY_BYTES];
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];
    ws_handshake_key((const uint8_t *)"the sample nonce", key);
    cr_assert_arr_eq(key, KEY, sizeof key);
    ws_handshake_accept((struct slice){key, sizeof key}, accept);
    cr_assert_arr_eq(accept, ACCEPT, sizeof accept);
}

static const char *const row_names[] = {
#define WS_HANDSHAKE_STATUS(name, word, code, text) #name,
#include "core/proto/ws_handshake_status.def"
#undef WS_HANDSHAKE_STATUS
};

Test(ws_handshake, each_fault_has_its_word_text_and_status_code)
{
    cr_assert_eq(ARRAY_LEN(row_names) + 1, WS_HANDSHAKE_STATUS_COUNT);
    cr_assert_eq(ws_handshake_status_code(WS_HANDSHAKE_OK), 0);
    for (unsigned i = 0; i < ARRAY_LEN(row_names); i++) {
        const enum ws_handshake_status status = (enum ws_handshake_status)(i + 1);
        const char *name = row_names[i] + strlen("ERR_");
        const char *word = ws_handshake_status_name(status);
        const uint16_t code = ws_handshake_status_code(status);
        cr_assert_eq(strlen(name), strlen(word));
        for (size_t k = 0; name[k] != '\0'; k++) {
            cr_expect_eq(word[k], tolower(name[k]), "%s", name);
        }
        cr_expect_gt(strlen(ws_handshake_status_text(status)), 0);
        cr_expect_eq(code >= 500, status >= WS_HANDSHAKE_ERR_REFUSED, "%s", name);
        cr_expect(code == 400 || code == 405 || code == 426 || code == 502, "%s", name);
    }
}

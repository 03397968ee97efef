#include "gateway/session/forward.h"

#include <criterion/criterion.h>
#include <stdio.h>

static uint8_t out[4096];

static const char *finish(struct http1_write *w)
{
    cr_assert(http1_write_is_whole(w));
    out[w->len] = '\0';
    return (const char *)out;
}

static const char *request(const char *text, const char *address)
{
    struct http1_head head;
    struct http1_write w;

    cr_assert_eq(http1_head_parse_request(slice_from_string(text), &head), HTTP1_OK);
    http1_write_init(&w, out, sizeof out - 1);
    forward_request(&w, &head, SLICE_LITERAL("OURKEYOURKEYOURKEYOURK=="), address);
    http1_write_end(&w);
    return finish(&w);
}

#define HANDSHAKE                                                                            \
    "Host: a.example:81\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade, X-Hop\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: THEIRKEYTHEIRKEYTHEIRK==\r\n"

Test(forward, a_request_keeps_its_end_to_end_fields_and_gets_ours)
{
    const char *text = request("GET /chat?room=1 HTTP/1.1\r\n" HANDSHAKE
                               "Origin: https://a.example\r\nCookie: a=b\r\nAuthorization: Bearer t\r\n"
                               "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat.v2\r\n"
                               "Sec-WebSocket-Extensions: permessage-deflate\r\nX-Hop: 1\r\nUser-Agent: u\r\n"
                               "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n",
                               "192.0.2.7:5000");
    cr_assert_str_eq(text,
                     "GET /chat?room=1 HTTP/1.1\r\nHost: a.example:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: OURKEYOURKEYOURKEYOURK==\r\n"
                     "Origin: https://a.example\r\nCookie: a=b\r\nAuthorization: Bearer t\r\n"
                     "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat.v2\r\nUser-Agent: u\r\n"
                     "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example:81\r\n"
                     "Forwarded: for=192.0.2.7;host=\"a.example:81\";proto=http\r\n\r\n");
}

Test(forward, an_ipv6_client_is_bracketed_and_quoted_where_rfc_7239_says_so)
{
    const char *text = request("GET / HTTP/1.1\r\n" HANDSHAKE "\r\n", "[2001:db8::1]:443");
    cr_assert_not_null(strstr(text, "\r\nX-Forwarded-For: 2001:db8::1\r\n"), "%s", text);
    cr_assert_not_null(strstr(text, "\r\nForwarded: for=\"[2001:db8::1]\";host="), "%s", text);
}

Test(forward, a_client_on_a_unix_socket_is_unknown)
{
    const char *text = request("GET / HTTP/1.1\r\n" HANDSHAKE "\r\n", "unix");
    cr_assert_not_null(strstr(text, "\r\nX-Forwarded-For: unknown\r\n"), "%s", text);
    cr_assert_not_null(strstr(text, "\r\nForwarded: for=unknown;"), "%s", text);
}

Test(forward, an_absolute_target_goes_on_as_path_and_query)
{
    const char *text = request("GET http://a.example:81/p?q HTTP/1.1\r\n" HANDSHAKE "\r\n", "192.0.2.7:5000");
    cr_assert_eq(strncmp(text, "GET /p?q HTTP/1.1\r\n", 19), 0, "%s", text);
}

static void parse_response(const char *text, struct http1_head *head)
{
    cr_assert_eq(http1_head_parse_response(slice_from_string(text), head), HTTP1_OK);
}

Test(forward, the_101_has_our_accept_the_subprotocol_and_what_the_backend_added)
{
    struct http1_head head;
    struct http1_write w;

    parse_response("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n"
                   "Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
                   &head);
    http1_write_init(&w, out, sizeof out - 1);
    forward_accept(&w, SLICE_LITERAL("dGhlIHNhbXBsZSBub25jZQ=="), &head, SLICE_LITERAL("chat"));
    http1_write_end(&w);
    cr_assert_str_eq(finish(&w), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                 "Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n");
}

Test(forward, a_refusal_keeps_reason_and_framing_and_closes)
{
    struct http1_head head;
    struct http1_write w;

    parse_response("HTTP/1.1 302 Over There\r\nLocation: /x\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n",
                   &head);
    http1_write_init(&w, out, sizeof out - 1);
    forward_refusal(&w, &head);
    cr_assert_str_eq(finish(&w), "HTTP/1.1 302 Over There\r\nConnection: close\r\nLocation: /x\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n");
}

static const char *refusal(const char *text)
{
    struct http1_head head;
    struct http1_write w;

    parse_response(text, &head);
    http1_write_init(&w, out, sizeof out - 1);
    forward_refusal(&w, &head);
    return finish(&w);
}

Test(forward, no_option_of_connection_takes_the_framing_of_a_refusal_away)
{
    cr_assert_str_eq(refusal("HTTP/1.1 403 No\r\nConnection: transfer-encoding, X-Hop\r\nX-Hop: 1\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"),
                     "HTTP/1.1 403 No\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    cr_assert_str_eq(refusal("HTTP/1.1 403 No\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\n"),
                     "HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 5\r\n\r\n");
}

Test(forward, a_204_has_no_framing)
{
    cr_assert_str_eq(refusal("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX: y\r\n\r\n"),
                     "HTTP/1.1 204 No Content\r\nConnection: close\r\nX: y\r\n\r\n");
    cr_assert_str_eq(refusal("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
                     "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

Test(forward, a_426_names_the_protocol_to_upgrade_to)
{
    cr_assert_str_eq(refusal("HTTP/1.1 426 Up\r\nConnection: upgrade\r\nUpgrade: other\r\n"
                             "Sec-WebSocket-Version: 14\r\nContent-Length: 0\r\n\r\n"),
                     "HTTP/1.1 426 Up\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 14\r\nContent-Length: 0\r\n\r\n");
}

/* A 101 has no body, and its answer to our handshake ends here, however often it is said. */
Test(forward, a_101_keeps_neither_framing_nor_what_connection_names)
{
    struct http1_head head;
    struct http1_write w;

    parse_response("HTTP/1.1 101 Yes\r\nConnection: Upgrade, X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n"
                   "Trailer: X\r\nX-End: 2\r\n\r\n",
                   &head);
    http1_write_init(&w, out, sizeof out - 1);
    forward_accept(&w, SLICE_LITERAL("dGhlIHNhbXBsZSBub25jZQ=="), &head, SLICE_LITERAL(""));
    http1_write_end(&w);
    cr_assert_str_eq(finish(&w), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-End: 2\r\n\r\n");
}

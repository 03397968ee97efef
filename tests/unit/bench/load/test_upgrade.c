#include "bench/load/upgrade.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/proto/http1_write.h"

static struct options o = {.path = "/x"};
static struct rng rng;
static uint8_t key[WS_HANDSHAKE_KEY_BYTES], request[UPGRADE_HEAD_BYTES_MAX];
static char answer[UPGRADE_HEAD_BYTES_MAX], why[UPGRADE_WHY_BYTES_MAX];

/* A right answer to a request just made, with more fields. */
static struct slice right(const char *fields)
{
    uint8_t accept[WS_HANDSHAKE_ACCEPT_BYTES];

    cr_assert_eq(addr_from_ip(&o.addr, SLICE_LITERAL("127.0.0.1"), 80), 0);
    cr_assert_gt(upgrade_request(&o, &rng, key, request), 0);
    ws_handshake_accept((struct slice){key, sizeof key}, accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %.28s\r\n%s\r\n",
             (const char *)accept, fields);
    return slice_from_string(answer);
}

static enum upgrade_status check(struct slice got, size_t *bytes)
{
    return upgrade_answer(&o, got, key, bytes, why);
}

Test(upgrade, makes_a_request_that_a_server_takes)
{
    struct http1_head head;
    struct slice found;

    (void)right("");
    cr_assert_eq(http1_head_parse_request((struct slice){request, sizeof request}, &head), HTTP1_OK);
    cr_assert_eq(ws_handshake_check_request(&head, &found), WS_HANDSHAKE_OK);
    cr_assert(slice_equals(head.path, SLICE_LITERAL("/x")));
}

Test(upgrade, takes_the_right_answer_when_it_is_whole)
{
    const struct slice got = right("");
    size_t bytes = 0;

    for (size_t len = 0; len < got.len; len++) {
        cr_assert_eq(check(slice_first(got, len), &bytes), UPGRADE_NEED_MORE);
    }
    cr_assert_eq(check(got, &bytes), UPGRADE_DONE);
    cr_assert_eq(bytes, got.len);
}

Test(upgrade, says_why_an_answer_is_refused)
{
    size_t bytes = 0;

    (void)right("");
    cr_assert_eq(check(SLICE_LITERAL("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), &bytes), UPGRADE_REFUSED);
    cr_assert_not_null(strstr(why, "404"), "%s", why);
    cr_assert_eq(check(SLICE_LITERAL("\r\nhello"), &bytes), UPGRADE_REFUSED);
}

Test(upgrade, wants_compression_where_it_was_asked_for)
{
    size_t bytes = 0;

    o.is_compressed = true;
    cr_assert_eq(check(right(""), &bytes), UPGRADE_REFUSED);
    cr_assert_not_null(strstr(why, "permessage-deflate"), "%s", why);
    const struct slice got = right("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                   "client_no_context_takeover\r\n");
    cr_assert_eq(check(got, &bytes), UPGRADE_DONE);
}

#include "gateway/session/opening.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static const char config[] = "routes:\n"
                             "  - { match: { path: /echo }, to: echo }\n"
                             "  - { match: { path: /ws }, to: BACKEND, limits: { refusal_size: 1KiB } }\n"
                             "  - { match: { path: /nobody }, to: \"ws+unix:/tmp/sluice-nobody.sock\" }\n"
                             "limits: { head_size: 2KiB }\n"
                             "timeouts: { handshake: 300ms, connect: 200ms, close: 200ms }\n";

static struct shard_fixture f;
static int client;
static char got[65536];

static void set_up(void)
{
    shard_fixture_open(&f, config, 4, 256);
    client = shard_fixture_client(&f);
}

static void tear_down(void)
{
    close(client);
    shard_fixture_close(&f);
}

TestSuite(opening, .init = set_up, .fini = tear_down);

/* The whole answer of a connection that then ends; checks its status. */
static void expect_status(const char *status)
{
    const size_t bytes = shard_fixture_read_all(&f, client, got, sizeof got - 1);
    got[bytes] = '\0';
    cr_assert(strncmp(got, "HTTP/1.1 ", 9) == 0 && strncmp(got + 9, status, 3) == 0, "%s", got);
}

static void expect_logged(const char *status)
{
    char line[2048], part[32];

    close(client);
    client = -1;
    snprintf(part, sizeof part, "\"status\":%s", status);
    shard_fixture_log_line(&f, "\"event\":\"refuse\"", line, sizeof line);
    cr_assert_not_null(strstr(line, part), "%s", line);
}

static void ask(const char *text)
{
    shard_fixture_send_text(&f, client, text);
}

Test(opening, a_path_without_a_route_is_404)
{
    ask(shard_fixture_request(&f, "/elsewhere"));
    expect_status("404");
    expect_logged("404");
}

Test(opening, plain_http_on_a_websocket_route_is_426_with_upgrade)
{
    ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_status("426");
    cr_assert_not_null(strstr(got, "\r\nUpgrade: websocket\r\n"), "%s", got);
    cr_assert_not_null(strstr(got, "\r\nSec-WebSocket-Version: 13\r\n"), "%s", got);
}

Test(opening, a_head_over_the_limit_is_431)
{
    ask("GET /echo HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 40; i++) {
        ask("0123456789012345678901234567890123456789012345678901234567890123456789");
    }
    expect_status("431");
}

Test(opening, a_method_other_than_get_is_405_with_allow)
{
    ask("POST /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n");
    expect_status("405");
    cr_assert_not_null(strstr(got, "\r\nAllow: GET\r\n"), "%s", got);
}

Test(opening, a_request_that_does_not_end_is_408)
{
    ask("GET /echo HTTP/1.1\r\nHost:");
    expect_status("408");
    cr_assert_not_null(strstr(got, "\r\nConnection: close\r\n"), "%s", got);
}

Test(opening, a_connection_that_says_nothing_is_closed_without_a_word)
{
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), 0);
}

Test(opening, a_backend_that_is_not_there_is_502)
{
    ask(shard_fixture_request(&f, "/nobody"));
    expect_status("502");
    expect_logged("502");
}

Test(opening, a_backend_that_accepts_and_is_silent_is_504)
{
    ask(shard_fixture_request(&f, "/ws"));
    const int backend = shard_fixture_backend(&f);
    expect_status("504");
    close(backend);
    expect_logged("504");
}

Test(opening, a_backend_that_hangs_up_before_its_answer_is_502)
{
    ask(shard_fixture_request(&f, "/ws"));
    close(shard_fixture_backend(&f));
    expect_status("502");
}

static int ask_backend(void)
{
    ask(shard_fixture_request(&f, "/ws"));
    const int backend = shard_fixture_backend(&f);
    shard_fixture_read_head(&f, backend, got, sizeof got);
    cr_assert_not_null(strstr(got, "GET /ws HTTP/1.1\r\nHost: test.example\r\n"), "%s", got);
    cr_assert_not_null(strstr(got, "\r\nX-Forwarded-For: unknown\r\n"), "%s", got);
    cr_assert_null(strstr(got, "dGhlIHNhbXBsZSBub25jZQ=="), "the client's key went to the backend");
    return backend;
}

Test(opening, a_101_with_a_wrong_accept_is_502)
{
    const int backend = ask_backend();
    shard_fixture_send_text(&f, backend,
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: " SHARD_FIXTURE_ACCEPT "\r\n\r\n");
    expect_status("502");
    close(backend);
}

Test(opening, an_answer_that_is_not_http_is_502)
{
    const int backend = ask_backend();
    shard_fixture_send_text(&f, backend, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
    expect_status("502");
    close(backend);
}

Test(opening, a_refusal_passes_with_status_fields_and_body)
{
    const int backend = ask_backend();
    shard_fixture_send_text(&f, backend,
                            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Who Are You\r\nWWW-Authenticate: Basic\r\n"
                            "Connection: keep-alive\r\nContent-Length: 7\r\n\r\n");
    shard_fixture_send_text(&f, backend, "no key\nand more that is no body");
    expect_status("401");
    cr_assert_not_null(strstr(got, " 401 Who Are You\r\n"), "%s", got);
    cr_assert_not_null(strstr(got, "\r\nWWW-Authenticate: Basic\r\n"), "%s", got);
    cr_assert_not_null(strstr(got, "\r\nConnection: close\r\n"), "%s", got);
    cr_assert_null(strstr(got, "keep-alive"), "%s", got);
    cr_assert_str_eq(strstr(got, "\r\n\r\n") + 4, "no key\n");
    close(backend);
    expect_logged("401");
}

/* A hundred options in Connection, and the end of the head. */
static const char *options_end(void)
{
    static char text[1024];
    int len = snprintf(text, sizeof text, "Connection: Upgrade");
    for (int i = 1; i < 100; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, ",x");
    }
    snprintf(text + len, sizeof text - (size_t)len, "\r\n\r\n");
    return text;
}

Test(opening, options_without_end_are_400_from_a_client_and_502_from_a_backend)
{
    ask("GET /echo HTTP/1.1\r\nHost: a\r\n");
    ask(options_end());
    expect_status("400");
    cr_assert_not_null(strstr(got, "more than 32 options in Connection"), "%s", got);
    close(client);

    client = shard_fixture_client(&f);
    ask(shard_fixture_request(&f, "/ws"));
    const int backend = shard_fixture_backend(&f);
    shard_fixture_send_text(&f, backend, "HTTP/1.1 403 No\r\n");
    shard_fixture_send_text(&f, backend, options_end());
    expect_status("502");
    close(backend);
}

Test(opening, interim_responses_without_end_are_502)
{
    const int backend = ask_backend();
    for (int i = 0; i < 20; i++) {
        shard_fixture_send_text(&f, backend, "HTTP/1.1 102 Processing\r\n\r\n");
    }
    expect_status("502");
    close(backend);
}

/* The Host is written three times into the head for the backend. */
Test(opening, a_host_as_long_as_a_head_reaches_the_backend)
{
    static char host[1601];
    char request[2048];

    memset(host, 'a', sizeof host - 1);
    snprintf(request, sizeof request,
             "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
             host);
    ask(request);
    const int backend = shard_fixture_backend(&f);
    shard_fixture_read_head(&f, backend, got, sizeof got);
    cr_assert_not_null(strstr(got, host));
    close(client);
    client = -1;
    close(backend);
}

Test(opening, a_refusal_over_the_limit_keeps_its_length_and_is_cut)
{
    const int backend = ask_backend();
    char body[1501] = {0};

    memset(body, 'b', sizeof body - 1);
    shard_fixture_send_text(&f, backend, "HTTP/1.1 404 Not Found\r\nContent-Length: 1500\r\n\r\n");
    shard_fixture_send_text(&f, backend, body);
    expect_status("404");
    cr_assert_not_null(strstr(got, "\r\nContent-Length: 1500\r\n"), "%s", got);
    cr_assert_eq(strlen(strstr(got, "\r\n\r\n") + 4), 1024);
    close(backend);
}

Test(opening, a_client_that_leaves_while_the_backend_is_asked_ends_both)
{
    const int backend = ask_backend();
    close(client);
    client = -1;
    cr_assert_eq(shard_fixture_read_all(&f, backend, got, sizeof got), 0);
    close(backend);
}

Test(opening, beyond_the_quota_is_503_with_retry_after)
{
    int others[4];

    for (int i = 0; i < 4; i++) {
        others[i] = i == 0 ? client : shard_fixture_client(&f);
    }
    client = shard_fixture_client(&f);
    ask(shard_fixture_request(&f, "/echo"));
    expect_status("503");
    cr_assert_not_null(strstr(got, "\r\nRetry-After: "), "%s", got);
    for (int i = 0; i < 4; i++) {
        close(others[i]);
    }
}

/* Frames in the same segment as the handshake are the first of the stream. */
Test(opening, what_comes_early_behind_either_head_is_kept)
{
    uint8_t early[64], frame[64];
    char request[600];

    const size_t early_bytes = shard_fixture_masked(early, 0x81, "early", 5);
    const size_t request_bytes = (size_t)snprintf(request, sizeof request, "%s", shard_fixture_request(&f, "/echo"));
    memcpy(request + request_bytes, early, early_bytes);
    shard_fixture_send(&f, client, request, request_bytes + early_bytes);
    shard_fixture_read_head(&f, client, got, sizeof got);
    const size_t frame_bytes = shard_fixture_plain(frame, 0x81, "early", 5);
    cr_assert_eq(shard_fixture_read(&f, client, got, frame_bytes), frame_bytes);
    cr_assert_eq(memcmp(got, frame, frame_bytes), 0);
}

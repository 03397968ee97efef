#include "gateway/session/access_log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static struct shard_fixture f;
static char line[4096];

static void set_up(void)
{
    shard_fixture_open(&f,
                       "routes: [ { match: { host: \"*.example\", path: /e/* }, to: echo }, { to: BACKEND } ]\n"
                       "timeouts: { close: 100ms }\n",
                       8, 256);
}

static void tear_down(void)
{
    shard_fixture_close(&f);
}

TestSuite(access_log, .init = set_up, .fini = tear_down);

static void expect(const char *part)
{
    cr_assert_not_null(strstr(line, part), "%s lacks %s", line, part);
}

Test(access_log, an_open_and_its_close_share_an_id_and_the_close_has_the_figures)
{
    uint8_t frame[64], got[64];
    const int client = shard_fixture_open_echo(&f, "/e/x?token=secret");
    char id[40];

    shard_fixture_log_line(&f, "\"event\":\"open\"", line, sizeof line);
    expect("\"route\":\"*.example/e/*\"");
    expect("\"backend\":\"echo\"");
    expect("\"host\":\"test.example\"");
    expect("\"path\":\"/e/x\"");
    cr_assert_null(strstr(line, "secret"), "the query is in the log");
    cr_assert_eq(sscanf(strstr(line, "\"session\""), "\"session\":\"%16[0-9a-f]\"", id), 1);
    cr_assert_eq(strlen(id), 16);

    const size_t bytes = shard_fixture_masked(frame, 0x81, "hello", 5);
    shard_fixture_send(&f, client, frame, bytes);
    cr_assert_eq(shard_fixture_read(&f, client, got, 7), 7);
    shard_fixture_send(&f, client, frame,
                       shard_fixture_masked(frame, 0x88,
                                            "\x03\xe8"
                                            "a\"b",
                                            5));
    close(client);
    shard_fixture_log_line(&f, "\"event\":\"close\"", line, sizeof line);
    expect(id);
    expect("\"code\":1000,\"reason\":\"a\\\"b\",\"cause\":\"closed\"");
    expect("\"client_messages\":1,\"client_bytes\":5,\"backend_messages\":0,\"backend_bytes\":0,\"duration_ms\":");
}

Test(access_log, a_refusal_has_its_status_and_cause)
{
    const int client = shard_fixture_client(&f);

    shard_fixture_send_text(&f, client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    close(client);
    shard_fixture_log_line(&f, "\"event\":\"refuse\"", line, sizeof line);
    expect("\"status\":426,\"initiator\":\"client\",\"cause\":\"this resource speaks WebSocket");
    expect("\"time\":\"20");
    expect("Z\"");
}

Test(access_log, a_path_as_long_as_a_head_still_gives_a_line)
{
    static char request[16000];
    const int client = shard_fixture_client(&f);
    size_t n = (size_t)snprintf(request, sizeof request, "GET /e/");

    memset(request + n, '"', 12000);
    n += 12000;
    snprintf(request + n, sizeof request - n, "%s", strchr(shard_fixture_request(&f, "/") + 4, ' '));
    shard_fixture_send_text(&f, client, request);
    close(client);
    shard_fixture_log_line(&f, "\"event\":", line, sizeof line);
}

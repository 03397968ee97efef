#include "gateway/conf/config.h"

#include <criterion/criterion.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/config_expect.h"

/* Loads a file with this text; the caller deinits errors and destroys the result. */
static struct config *load_file(const char *text, struct config_errors *errors)
{
    char name[] = "/tmp/test_config_XXXXXX";
    const int fd = mkstemp(name);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct config *config = config_load(name, errors);
    errors->file = "t.yaml";
    unlink(name);
    return config;
}

static void expect_file_error(const char *file, const char *text)
{
    struct config_errors errors;

    cr_assert_null(config_load(file, &errors));
    cr_assert_eq(errors.count, 1);
    cr_assert_eq(errors.list[0].line, 0);
    cr_assert_str_eq(errors.list[0].text, text);
    cr_assert_str_eq(errors.file, file);
    config_errors_deinit(&errors);
}

Test(config, a_file_that_cannot_be_read_is_an_error_of_the_file)
{
    expect_file_error("/nonexistent/sluice.yaml", "cannot be opened: No such file or directory");
    expect_file_error("/tmp", "cannot be read: Is a directory");
    expect_file_error("/dev/zero", "is larger than 16 MiB");
    expect_file_error("/dev/null", "the file is empty; it needs at least listen and routes");
}

Test(config, the_smallest_file_is_a_listener_and_a_route)
{
    struct config *config = config_expect_loads("listen: \":8080\"\nroutes:\n  - to: ws://127.0.0.1:9000\n");

    cr_assert_eq(config->listener_count, 1);
    cr_assert_eq(config->route_count, 1);
    cr_assert_eq(config->upstream_count, 1);
    cr_assert_eq(config->shards, 0);
    cr_assert_eq(config->head_bytes_max, 16 << 10);
    cr_assert_eq(config->drain_ms, 10000);
    cr_assert(config->access_log);
    config_destroy(config);
}

Test(config, all_errors_are_reported_at_once_in_the_order_of_the_file)
{
    config_expect_errors("routes:\n  - to: nowhere\n    limit: { message_size: 0B }\nshard: 3\nupstreams:\n  chat: {}\n"
                         "timeouts: { drain: 5 }\n",
                         "t.yaml: nothing to listen on: write listen: \":8080\"\n"
                         "t.yaml:2:9: no upstream is named \"nowhere\"\n"
                         "t.yaml:3:5: unknown key \"limit\" in a route; did you mean \"limits\"?\n"
                         "t.yaml:4:1: unknown key \"shard\" in the file; did you mean \"shards\"?\n"
                         "t.yaml:6:9: an upstream needs servers: { servers: [\"ws://HOST:PORT\"] }\n"
                         "t.yaml:7:20: timeouts.drain: \"5\" has no unit; write a duration from 1ms to 24h\n");
}

Test(config, each_address_of_a_name_is_a_server)
{
    struct config_errors errors;
    struct config *config =
        load_file("listen: ':1'\nroutes: [{to: a}]\nupstreams: {a: {servers: ['ws://localhost:9000']}}\n", &errors);

    cr_assert_not_null(config);
    const struct config_upstream *a = &config->upstreams[0];
    cr_assert_geq(a->server_count, 1);
    for (size_t i = 0; i < a->server_count; i++) {
        cr_assert_eq(addr_port(&a->servers[i].addr), 9000);
        cr_assert_str_eq(a->servers[i].url, "ws://localhost:9000");
    }
    char *printed = config_expect_print(config);
    const char *first = strstr(printed, "localhost");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "localhost"));
    free(printed);
    config_destroy(config);
    config_errors_deinit(&errors);
}

static size_t addresses_of_localhost(void)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    size_t count = 0;

    cr_assert_eq(getaddrinfo("localhost", NULL, &hints, &list), 0);
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
        count++;
    }
    freeaddrinfo(list);
    return count;
}

Test(config, the_addresses_of_names_count_as_servers_against_the_limit)
{
    struct config_errors errors;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    fputs("listen: ':1'\nroutes: [{to: a}]\nupstreams:\n  a:\n    servers:\n", out);
    for (unsigned i = 1; i < CONFIG_SERVERS_MAX; i++) {
        fprintf(out, "      - ws://localhost:%u\n", i);
    }
    fputs("      - ws://127.0.0.1:1\n", out);
    (void)fclose(out);
    struct config *config = load_file(text, &errors);
    if (addresses_of_localhost() == 1) {
        cr_assert_not_null(config);
    } else {
        cr_assert_null(config);
        cr_assert_str_eq(errors.list[0].text, "more than 1000 servers in one upstream");
        cr_assert_eq(errors.count, 1);
    }
    config_destroy(config);
    config_errors_deinit(&errors);
    free(text);
}

Test(config, a_name_that_is_not_found_is_an_error_with_its_place)
{
    struct config_errors errors;

    cr_assert_null(load_file("listen: ':1'\nroutes: [{to: 'ws://nowhere.invalid:9000'}]\n", &errors));
    cr_assert_eq(errors.count, 1);
    cr_assert_eq(errors.list[0].line, 2);
    cr_assert_eq(errors.list[0].column, 15);
    cr_assert_not_null(strstr(errors.list[0].text, "the host \"nowhere.invalid\" is not found: "));
    config_errors_deinit(&errors);
}

Test(config, a_file_of_many_errors_reports_them_up_to_the_limit)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct config_errors errors;

    fputs("listen: ':1'\nroutes:\n", out);
    for (unsigned i = 0; i < 2000; i++) {
        fprintf(out, "  - to: u%u\n", i);
    }
    (void)fclose(out);
    cr_assert_null(config_load_text(slice_from_string(text), "t.yaml", &errors));
    cr_assert_eq(errors.count, 500);
    cr_assert_eq(errors.list[0].line, 3);
    cr_assert_not_null(strstr(errors.list[499].text, "more than 499 errors"));
    config_errors_deinit(&errors);
    free(text);
}

Test(config, the_example_in_docs_loads_and_names_every_default)
{
    struct config_errors errors;
    struct config *config = config_load("docs/examples/sluice.yaml", &errors);

    config_errors_print(&errors, stderr);
    cr_assert_not_null(config);
    struct config *plain = config_expect_loads("listen: ':1'\nroutes: [{to: echo}]\n");
    cr_assert_eq(memcmp(&config->defaults, &plain->defaults, sizeof plain->defaults), 0);
    cr_assert_eq(config->head_bytes_max, plain->head_bytes_max);
    cr_assert_eq(config->drain_ms, plain->drain_ms);
    config_destroy(plain);
    config_destroy(config);
    config_errors_deinit(&errors);
}

Test(config, destroying_nothing_is_fine)
{
    config_destroy(NULL);
}

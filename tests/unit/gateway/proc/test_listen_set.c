#include "gateway/proc/listen_set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct config *load(const char *text)
{
    struct config_errors errors;
    struct config *config = config_load_text(slice_from_string(text), "test", &errors);
    config_errors_print(&errors, stderr);
    config_errors_deinit(&errors);
    cr_assert_not_null(config);
    return config;
}

Test(listen_set, gives_every_shard_a_socket_on_the_same_port)
{
    struct config *config =
        load("listeners: [ { bind: \"127.0.0.1:0\" }, { bind: \"[::1]:0\" } ]\nroutes: [ { to: echo } ]\n");
    struct listen_set set;
    struct addr addr;

    cr_assert_eq(listen_set_open(&set, config, 3, stderr), 0);
    for (uint32_t listener = 0; listener < 2; listener++) {
        cr_assert_neq(addr_port(&set.addrs[listener]), 0);
        for (uint32_t shard = 0; shard < 3; shard++) {
            addr.len = sizeof addr.sa;
            cr_assert_eq(getsockname(listen_set_fd(&set, shard, listener), &addr.sa.any, &addr.len), 0);
            cr_assert_eq(addr_port(&addr), addr_port(&set.addrs[listener]));
        }
    }
    listen_set_close(&set);
    config_destroy(config);
}

Test(listen_set, shares_a_unix_socket_and_removes_it_at_the_end)
{
    char text[200], path[64];
    struct listen_set set;

    snprintf(path, sizeof path, "/tmp/sluice-set-%d.sock", (int)getpid());
    snprintf(text, sizeof text, "listen: \"unix:%s\"\nroutes: [ { to: echo } ]\n", path);
    struct config *config = load(text);
    cr_assert_eq(listen_set_open(&set, config, 2, stderr), 0);
    cr_assert_eq(listen_set_fd(&set, 0, 0), listen_set_fd(&set, 1, 0));
    cr_assert_eq(access(path, F_OK), 0);
    listen_set_close(&set);
    cr_assert_neq(access(path, F_OK), 0);
    config_destroy(config);
}

/* Another process has taken the path over meanwhile: its socket is not ours to remove. */
Test(listen_set, leaves_a_unix_socket_that_is_not_its_own_any_more)
{
    char text[200], path[64];
    struct listen_set set, other;

    snprintf(path, sizeof path, "/tmp/sluice-own-%d.sock", (int)getpid());
    snprintf(text, sizeof text, "listen: \"unix:%s\"\nroutes: [ { to: echo } ]\n", path);
    struct config *config = load(text);
    cr_assert_eq(listen_set_open(&set, config, 1, stderr), 0);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(listen_set_open(&other, config, 1, stderr), 0);
    listen_set_close(&set);
    cr_assert_eq(access(path, F_OK), 0);
    listen_set_close(&other);
    cr_assert_neq(access(path, F_OK), 0);
    config_destroy(config);
}

Test(listen_set, says_every_listener_that_cannot_be_had_and_keeps_none)
{
    struct config *config =
        load("listeners: [ { bind: \"192.0.2.1:80\" }, { bind: \"127.0.0.1:0\" }, { bind: \"unix:/nonexistent/s\" } ]\n"
             "routes: [ { to: echo } ]\n");
    struct listen_set set;
    char *text = NULL;
    size_t size = 0;
    FILE *err = open_memstream(&text, &size);

    cr_assert_eq(listen_set_open(&set, config, 1, err), -EADDRNOTAVAIL);
    fclose(err);
    cr_assert_not_null(strstr(text, "cannot listen on 192.0.2.1:80: not an address of this machine\n"), "%s", text);
    cr_assert_not_null(strstr(text, "cannot listen on unix:/nonexistent/s: the directory does not exist\n"), "%s",
                       text);
    cr_assert_null(set.fds);
    free(text);
    config_destroy(config);
}

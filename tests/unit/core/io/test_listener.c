#include "core/io/listener.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/ring_fixture.h"

static struct io io;
static struct listener listener;
static unsigned accepted_count;
static int keep_alive;

static void on_accepted(struct listener *l, int fd)
{
    socklen_t bytes = sizeof keep_alive;

    (void)l;
    (void)getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keep_alive, &bytes);
    accepted_count++;
    close(fd);
}

static struct addr local(uint16_t port)
{
    struct addr a;
    cr_assert_eq(addr_from_ip(&a, SLICE_LITERAL("127.0.0.1"), port), 0);
    return a;
}

static void connect_to(const struct addr *addr)
{
    const int fd = socket(addr->sa.any.sa_family, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, &addr->sa.any, addr->len), 0);
    close(fd);
}

static struct addr start(struct addr addr)
{
    int fd;

    ring_fixture_open(&io);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &fd), 0);
    listener = (struct listener){.fd = fd, .accepted = on_accepted};
    listener_start(&listener, &io);
    return addr;
}

static void end(void)
{
    listener_stop(&listener);
    ring_fixture_for(&io, 10);
    cr_assert(!listener.is_armed);
    close(listener.fd);
    ring_fixture_close(&io);
}

Test(listener, accepts_many_with_one_submission_and_tells_its_port)
{
    const struct addr addr = start(local(0));

    cr_assert_neq(addr_port(&addr), 0);
    for (int i = 0; i < 10; i++) {
        connect_to(&addr);
    }
    ring_fixture_for(&io, 20);
    cr_assert_eq(accepted_count, 10);
    cr_assert(listener.is_armed);
    end();
}

Test(listener, what_it_accepts_is_kept_alive)
{
    const struct addr addr = start(local(0));

    connect_to(&addr);
    ring_fixture_for(&io, 10);
    cr_assert_eq(accepted_count, 1);
    cr_assert_eq(keep_alive, 1);
    end();
}

Test(listener, refuses_new_clients_after_a_stop)
{
    const struct addr addr = start(local(0));
    const int client = socket(AF_INET, SOCK_STREAM, 0);

    listener_stop(&listener);
    ring_fixture_for(&io, 10);
    cr_assert_eq(connect(client, &addr.sa.any, addr.len), -1);
    cr_assert_eq(errno, ECONNREFUSED);
    cr_assert_eq(accepted_count, 0);
    close(client);
    end();
}

/* Out of descriptors the client waits in the backlog; it is accepted when there are some again. */
Test(listener, goes_on_when_descriptors_are_back)
{
    const struct addr addr = start(local(0));
    struct rlimit limit;
    const int client = socket(AF_INET, SOCK_STREAM, 0);

    getrlimit(RLIMIT_NOFILE, &limit);
    const struct rlimit none = {0, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    cr_assert_eq(connect(client, &addr.sa.any, addr.len), 0);
    ring_fixture_for(&io, 30);
    setrlimit(RLIMIT_NOFILE, &limit);
    cr_assert_eq(accepted_count, 0);
    ring_fixture_for(&io, 200);
    cr_assert_eq(accepted_count, 1);
    close(client);
    end();
}

Test(listener, a_port_that_another_socket_shares_is_in_use)
{
    struct addr first = local(0);
    int a, b;

    cr_assert_eq(listener_open(&first, LISTENER_FIRST, &a), 0);
    struct addr again = first;
    cr_assert_eq(listener_open(&again, LISTENER_FIRST, &b), -EADDRINUSE);
    cr_assert_eq(listener_open(&again, LISTENER_FURTHER, &b), 0);
    close(a);
    close(b);
}

Test(listener, takes_over_a_unix_path_only_where_nobody_listens)
{
    struct addr addr;
    char path[64];
    int a, b;

    snprintf(path, sizeof path, "/tmp/sluice-test-%d.sock", (int)getpid());
    cr_assert_eq(addr_from_path(&addr, slice_from_string(path)), 0);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &a), 0);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &b), -EADDRINUSE);
    close(a);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &b), 0);
    close(b);
    unlink(path);

    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fclose(f);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &b), -EADDRINUSE);
    unlink(path);
}

Test(listener, says_what_the_system_says)
{
    struct addr addr;
    int fd;

    cr_assert_eq(addr_from_ip(&addr, SLICE_LITERAL("192.0.2.1"), 80), 0);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &fd), -EADDRNOTAVAIL);
    cr_assert_eq(addr_from_path(&addr, SLICE_LITERAL("/nonexistent/x.sock")), 0);
    cr_assert_eq(listener_open(&addr, LISTENER_FIRST, &fd), -ENOENT);
}

#include "core/io/io.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/support/ring_fixture.h"
#include "tests/support/submit_faults.h"

static struct io io;
static struct io_mail got;
static bool came;
static int watched;

static void note_mail(struct io *at, struct io_mail mail)
{
    (void)at;
    got = mail;
    came = true;
}

static void note_watch(struct io *at, int result)
{
    (void)at;
    watched = result;
    came = true;
}

static void set_up(void)
{
    ring_fixture_open(&io);
    io.on_mail = note_mail;
    io.on_watch = note_watch;
    came = false;
}

static void tear_down(void)
{
    ring_fixture_close(&io);
}

TestSuite(io, .init = set_up, .fini = tear_down);

Test(io, delivers_mail_to_its_own_ring)
{
    io_post(&io, io.ring.ring_fd, (struct io_mail){.kind = 200, .value = UINT64_C(0xffffffffffff)});
    ring_fixture_until(&io, &came);
    cr_assert_eq(got.kind, 200);
    cr_assert_eq(got.value, UINT64_C(0xffffffffffff));
}

static void *post_from_elsewhere(void *arg)
{
    const struct io_settings settings = {.sq_entries = 8, .cq_entries = 16};
    struct io other;
    char why[IO_WHY_BYTES_MAX];

    if (io_open(&other, &settings, why) != 0) {
        return NULL;
    }
    io_post(&other, *(int *)arg, (struct io_mail){.kind = 7, .value = 4711});
    io_turn(&other, 0);
    io_close(&other);
    return NULL;
}

Test(io, delivers_mail_from_the_ring_of_another_thread)
{
    pthread_t thread;
    int fd = io.ring.ring_fd;

    cr_assert_eq(pthread_create(&thread, NULL, post_from_elsewhere, &fd), 0);
    ring_fixture_until(&io, &came);
    cr_assert_eq(got.kind, 7);
    cr_assert_eq(got.value, 4711);
    pthread_join(thread, NULL);
}

Test(io, mail_to_a_descriptor_that_is_no_ring_is_lost_without_harm)
{
    io_post(&io, 0, (struct io_mail){.kind = 1});
    io_post(&io, -1, (struct io_mail){.kind = 1});
    ring_fixture_for(&io, 10);
    cr_assert(!came);
}

Test(io, watches_a_descriptor_once)
{
    const uint64_t five = 5;
    uint64_t value = 0;
    const int fd = eventfd(0, 0);

    io_watch(&io, fd, &value, sizeof value);
    ring_fixture_for(&io, 5);
    cr_assert(!came);
    cr_assert_eq(write(fd, &five, sizeof five), (ssize_t)sizeof five);
    ring_fixture_until(&io, &came);
    cr_assert_eq(watched, (int)sizeof value);
    cr_assert_eq(value, 5);
    close(fd);
}

static bool fired;

static void note_fired(struct wheel_timer *timer)
{
    (void)timer;
    fired = true;
}

Test(io, a_timer_set_after_a_long_wait_counts_from_now)
{
    struct wheel_timer timer;

    fired = false;
    wheel_timer_init(&timer, note_fired);
    usleep(60000);
    io_turn(&io, 0);
    const uint64_t before = clock_monotonic_ms();
    io_set_timer(&io, &timer, 30);
    ring_fixture_until(&io, &fired);
    cr_assert_geq(clock_monotonic_ms() - before, 29);
}

Test(io, submits_by_itself_when_the_entries_run_out)
{
    for (int i = 0; i < 1000; i++) {
        io_post(&io, io.ring.ring_fd, (struct io_mail){.kind = 3, .value = (uint64_t)i});
        if (i % 100 == 0) {
            io_turn(&io, 0);
        }
    }
    ring_fixture_for(&io, 20);
    cr_assert_eq(got.value, 999);
}

/* An entry of no consequence, which stands for one that names a message. */
static void queue_entry(void)
{
    struct io_uring_sqe *sqe = io_sqe(&io);
    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data64(sqe, io_tag_pack((struct io_tag){.op = IO_OP_UNHEARD}));
}

static struct msghdr *keep_message(unsigned count)
{
    struct msghdr *msg = io_message(&io);
    queue_entry();
    io_message_keep(&io, count);
    return msg;
}

Test(io, iovecs_are_reused_after_a_submission_and_never_before)
{
    const struct msghdr *first = keep_message(4);
    const struct msghdr *second = keep_message(4);

    cr_assert_geq(second->msg_iov, first->msg_iov + 4);
    for (int i = 0; i < 2 * IO_ARENA_IOVECS / IO_IOVECS_MAX; i++) {
        const struct msghdr *m = keep_message(IO_IOVECS_MAX);
        cr_assert(m->msg_iov >= io.iovecs && m->msg_iov + IO_IOVECS_MAX <= io.iovecs + IO_ARENA_IOVECS);
    }
    io_turn(&io, 0);
    cr_assert_eq(io_message(&io)->msg_iov, io.iovecs);
}

Test(io, a_message_takes_as_many_iovecs_as_it_uses)
{
    const struct msghdr *first = keep_message(3);
    cr_assert_eq(first->msg_iovlen, 3);
    const struct msghdr *second = io_message(&io);
    cr_assert_eq(second->msg_iov, first->msg_iov + 3);
    io_message_keep(&io, 0);
    cr_assert_eq(io_message(&io), second);
}

Test(io, iovecs_stay_while_the_kernel_refuses_their_entries)
{
    const struct msghdr *first = keep_message(2);

    submit_faults_refuse(1, -EBUSY);
    io_turn(&io, 0);
    cr_assert_eq(submit_faults_refused(), 1);
    cr_assert_neq(keep_message(2), first);
    io_turn(&io, 0);
    cr_assert_eq(keep_message(2), first);
}

Test(io, iovecs_stay_while_the_kernel_has_taken_only_a_part)
{
    const struct msghdr *first = keep_message(2);

    keep_message(2);
    submit_faults_take_only(1);
    io_turn(&io, 0);
    cr_assert_eq(io_uring_sq_ready(&io.ring), 1);
    cr_assert_neq(keep_message(2), first);
    io_turn(&io, 0);
    cr_assert_eq(keep_message(2), first);
}

static void fill_queue(void)
{
    while (io_uring_sq_space_left(&io.ring) > 0) {
        io_post(&io, io.ring.ring_fd, (struct io_mail){.kind = 3});
    }
}

Test(io, a_message_outlives_the_submission_that_makes_room_for_its_entry)
{
    fill_queue();
    const struct msghdr *first = keep_message(2);
    cr_assert_neq(keep_message(2), first);
    ring_fixture_for(&io, 10);
}

Test(io, a_full_queue_is_submitted_again_while_the_kernel_refuses_it)
{
    fill_queue();
    submit_faults_refuse(3, -EAGAIN);
    io_post(&io, io.ring.ring_fd, (struct io_mail){.kind = 4});
    cr_assert_eq(submit_faults_refused(), 3);
    ring_fixture_for(&io, 10);
    cr_assert_eq(got.kind, 4);
}

Test(io, a_full_queue_that_is_taken_in_parts_is_submitted_whole)
{
    fill_queue();
    submit_faults_take_only(5);
    io_post(&io, io.ring.ring_fd, (struct io_mail){.kind = 4});
    cr_assert_eq(io_uring_sq_ready(&io.ring), 1);
    ring_fixture_for(&io, 10);
    cr_assert_eq(got.kind, 4);
}

Test(io, a_kernel_that_never_takes_anything_again_is_given_up, .signal = SIGABRT)
{
    fill_queue();
    submit_faults_refuse(IO_SUBMIT_TRIES_MAX, -EBUSY);
    queue_entry();
}

Test(io_open, says_what_to_do_when_there_is_no_descriptor)
{
    const struct io_settings settings = {.sq_entries = 8, .cq_entries = 16};
    struct rlimit limit;
    struct io ring;
    char why[IO_WHY_BYTES_MAX] = "";

    getrlimit(RLIMIT_NOFILE, &limit);
    const struct rlimit none = {0, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const int error = io_open(&ring, &settings, why);
    setrlimit(RLIMIT_NOFILE, &limit);
    cr_assert_eq(error, -EMFILE);
    cr_assert_not_null(strstr(why, "LimitNOFILE"));
}

#include "gateway/proc/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/proc/notice.h"

enum { CONTROL_ENTRIES = 512 };

static void post_all(struct control *c, struct io_mail mail)
{
    for (uint32_t i = 0; i < c->shard_count; i++) {
        io_post(&c->io, c->shards[i].ring_fd, mail);
    }
}

static void on_terminate(struct control *c)
{
    if (c->is_draining) {
        c->is_forced = true;
        post_all(c, (struct io_mail){.kind = SHARD_MAIL_STOP});
        return;
    }
    c->is_draining = true;
    post_all(c, (struct io_mail){.kind = SHARD_MAIL_DRAIN, .value = c->drain_ms});
    notice_line("draining: no new connections, Close 1001 to all within %u ms", c->drain_ms);
}

static void on_interrupt(struct control *c)
{
    c->is_draining = c->is_forced = true;
    post_all(c, (struct io_mail){.kind = SHARD_MAIL_STOP});
}

static void on_hangup(struct control *c)
{
    (void)c;
    notice_line("SIGHUP: this version cannot reload; restart to apply a changed configuration");
}

static const struct {
    int signal;
    void (*handle)(struct control *c);
} handlers[] = {{SIGTERM, on_terminate}, {SIGINT, on_interrupt}, {SIGHUP, on_hangup}};

static void watch(struct control *c)
{
    io_watch(&c->io, c->signal_fd, &c->signal, sizeof c->signal);
}

static void on_signal(struct io *io, int result)
{
    struct control *c = io->owner;

    if (result == (int)sizeof c->signal) {
        for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
            if (handlers[i].signal == (int)c->signal.ssi_signo) {
                handlers[i].handle(c);
            }
        }
    }
    watch(c);
}

static void on_mail(struct io *io, struct io_mail mail)
{
    struct control *c = io->owner;
    ASSERT(mail.kind == SHARD_MAIL_OVER && mail.value < c->shard_count);
    c->over_count++;
}

int control_open(struct control *c, char why[IO_WHY_BYTES_MAX])
{
    const struct io_settings settings = {.sq_entries = CONTROL_ENTRIES, .cq_entries = 2 * CONTROL_ENTRIES};
    sigset_t set;

    *c = (struct control){0};
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        sigaddset(&set, handlers[i].signal);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    if (c->signal_fd < 0) {
        snprintf(why, IO_WHY_BYTES_MAX, "signalfd: %s", strerror(errno));
        return -errno;
    }
    const int error = io_open(&c->io, &settings, why);
    if (error != 0) {
        close(c->signal_fd);
        return error;
    }
    c->io.owner = c;
    c->io.on_mail = on_mail;
    c->io.on_watch = on_signal;
    return 0;
}

void control_run(struct control *c, struct shard *shards, uint32_t shard_count, uint32_t drain_ms)
{
    c->shards = shards;
    c->shard_count = shard_count;
    c->drain_ms = drain_ms;
    watch(c);
    while (c->over_count < shard_count) {
        io_turn(&c->io, WHEEL_NEVER);
    }
}

void control_close(struct control *c)
{
    io_close(&c->io);
    close(c->signal_fd);
}

int control_fd(const struct control *c)
{
    return c->io.ring.ring_fd;
}

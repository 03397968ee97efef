#include "bench/load/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/proto/ws_close.h"

int conn_init(struct conn *c, struct load *load, uint32_t index)
{
    *c = (struct conn){.load = load, .index = index, .fd = -1, .first = index % load->stream.count};
    c->started_ns = calloc(load->o->depth, sizeof *c->started_ns);
    if (c->started_ns == NULL) {
        return -ENOMEM;
    }
    return load->o->is_compressed ? echo_reader_init(&c->reader, &load->check) : 0;
}

void conn_deinit(struct conn *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    echo_reader_deinit(&c->reader);
    free(c->started_ns);
}

/* ---------------------------------------------------------------- the end */

static void leave(struct conn *c)
{
    struct load *l = c->load;

    l->connecting -= c->state == CONN_CONNECTING || c->state == CONN_UPGRADING;
    l->open -= c->state == CONN_OPEN;
    c->state = CONN_GONE;
    if (c->fd >= 0) {
        shutdown(c->fd, SHUT_RDWR);
    }
}

static void lose(struct conn *c, const char *what, int error)
{
    char address[ADDR_TEXT_BYTES_MAX];

    load_complain(c->load, "%s %s: %s", addr_format(&c->load->o->addr, address), what,
                  error == 0 ? "the other side ended the connection" : strerror(error));
    c->load->lost++;
    leave(c);
}

static void find_wrong(struct conn *c)
{
    load_complain(c->load, "connection %u: what came back for its message %llu is not what was sent", c->index,
                  (unsigned long long)(c->done - c->first));
    c->load->wrong++;
    leave(c);
}

/* With nothing under way any more its slot can serve again. */
static void settle(struct conn *c)
{
    if (c->state == CONN_LEAVING && !c->is_receiving && !c->is_sending) {
        close(c->fd);
        c->fd = -1;
        c->state = CONN_IDLE;
    }
}

/* ---------------------------------------------------------------- connecting */

static int bind_source(const struct conn *c, int fd)
{
    const int one = 1;
    const struct sockaddr_in from = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + c->index % c->load->o->sources)};

    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    return bind(fd, (const struct sockaddr *)(const void *)&from, sizeof from) < 0 ? -errno : 0;
}

void conn_connect(struct conn *c)
{
    const struct options *o = c->load->o;
    const int one = 1;

    c->state = CONN_CONNECTING;
    c->load->connecting++;
    c->begun_ns = clock_monotonic_ns();
    c->head_bytes = 0;
    c->fd = socket(o->addr.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        lose(c, errno == EMFILE ? "(raise ulimit -n, or use fewer connections)" : "socket", errno);
        return;
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int rc = o->sources != 0 ? bind_source(c, c->fd) : 0;
    if (rc < 0) {
        lose(c, "binding a source address", -rc);
        return;
    }
    struct io_uring_sqe *sqe = ring_sqe(&c->load->ring);
    io_uring_prep_connect(sqe, c->fd, &o->addr.sa.any, o->addr.len);
    ring_tag(sqe, c, RING_CONNECT);
}

static void send_bytes(struct conn *c, struct slice bytes, enum ring_op op)
{
    struct io_uring_sqe *sqe = ring_sqe(&c->load->ring);

    io_uring_prep_send(sqe, c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_WAITALL);
    ring_tag(sqe, c, op);
    c->is_sending = true;
}

static void receive(struct conn *c)
{
    ring_receive(&c->load->ring, c->fd, c);
    c->is_receiving = true;
}

static void become_open(struct conn *c)
{
    struct load *l = c->load;

    c->state = CONN_OPEN;
    l->connecting--;
    l->open++;
    c->done = c->allowed = c->first;
    c->out = stream_position(&l->stream, &l->stream.out, c->first);
    c->in = stream_position(&l->stream, &l->stream.in, c->first);
}

static void on_connect(struct conn *c, int result)
{
    if (result < 0) {
        lose(c, result == -EADDRNOTAVAIL ? "(no port is left: --sources N brings more)" : "connect", -result);
        return;
    }
    receive(c);
    if (c->load->o->is_raw) {
        become_open(c);
        return;
    }
    c->state = CONN_UPGRADING;
    send_bytes(c, (struct slice){c->words, upgrade_request(c->load->o, &c->load->rng, c->key, c->words)}, RING_OTHER);
}

/* A handshake was made, and that is all that was wanted: Close, and the other side ends the connection. */
static void say_goodbye(struct conn *c)
{
    static const uint8_t normal[] = {WS_CLOSE_NORMAL >> 8, WS_CLOSE_NORMAL & 0xff};
    const struct ws_frame frame = {
        .payload_bytes = sizeof normal, .opcode = WS_OPCODE_CLOSE, .fin = true, .masked = true, .key = 0};
    const size_t header = ws_frame_encode(&frame, c->words);

    memcpy(c->words + header, normal, sizeof normal);
    c->load->open--;
    c->state = CONN_LEAVING;
    send_bytes(c, (struct slice){c->words, header + sizeof normal}, RING_OTHER);
}

static void on_answer(struct conn *c, struct slice got)
{
    char why[UPGRADE_WHY_BYTES_MAX];
    size_t bytes = 0;

    if (got.len > sizeof c->head - c->head_bytes) {
        lose(c, "handshake", EMSGSIZE);
        return;
    }
    memcpy(c->head + c->head_bytes, got.ptr, got.len);
    c->head_bytes += got.len;
    const enum upgrade_status status =
        upgrade_answer(c->load->o, (struct slice){c->head, c->head_bytes}, c->key, &bytes, why);
    if (status == UPGRADE_REFUSED) {
        load_complain(c->load, "%s", why);
        c->load->lost++;
        leave(c);
    } else if (status == UPGRADE_DONE && bytes < c->head_bytes) {
        find_wrong(c);
    } else if (status == UPGRADE_DONE) {
        become_open(c);
        c->load->handshakes++;
        if (c->load->o->is_handshakes) {
            histogram_add(&c->load->latency, clock_monotonic_ns() - c->begun_ns);
            say_goodbye(c);
        }
    }
}

/* ---------------------------------------------------------------- messages */

static void arm_send(struct conn *c)
{
    const struct stream *s = &c->load->stream;
    const uint64_t end = stream_position(s, &s->out, c->allowed);

    if (!c->is_sending && c->out < end) {
        send_bytes(c, stream_run(&s->out, c->out, end), RING_SEND);
    }
}

void conn_send(struct conn *c, uint64_t now_ns)
{
    const struct load *l = c->load;
    const uint32_t depth = l->o->depth;
    uint64_t allowed = c->done + depth;

    if (c->state != CONN_OPEN || !l->is_sending) {
        return;
    }
    if (l->o->rate != 0) {
        const uint64_t due = load_due_count(l, now_ns), all = l->o->connections;
        const uint64_t mine = due / all + (c->index < due % all);
        allowed = allowed < c->first + mine ? allowed : c->first + mine;
    }
    while (c->allowed < allowed) {
        c->started_ns[c->allowed++ % depth] = now_ns;
    }
    arm_send(c);
}

/* The number of the first message that is not whole at the position reached; or ECHO_CHECK_BAD. */
static int count_whole(struct conn *c, struct slice got)
{
    struct load *l = c->load;

    if (l->o->is_compressed) {
        return echo_reader_take(&c->reader, &l->check, c->done, got);
    }
    if (!stream_matches(&l->stream.in, c->in, got)) {
        return ECHO_CHECK_BAD;
    }
    c->in += got.len;
    /* Plain frames are all of one length. */
    return (int)(c->in / (l->stream.in.period / l->stream.count) - c->done);
}

static void on_echo(struct conn *c, struct slice got)
{
    struct load *l = c->load;
    const int whole = count_whole(c, got);

    if (whole < 0 || c->done + (unsigned)whole > c->allowed) {
        find_wrong(c);
        return;
    }
    if (whole == 0) {
        return;
    }
    const uint64_t now = clock_monotonic_ns();
    for (int i = 0; i < whole; i++, c->done++) {
        histogram_add(&l->latency, now - (l->o->rate != 0 ? load_due_ns(l, c->index, c->done - c->first)
                                                          : c->started_ns[c->done % l->o->depth]));
    }
    l->messages += (unsigned)whole;
    conn_send(c, now);
}

/* ---------------------------------------------------------------- completions */

static void take(struct conn *c, struct slice got)
{
    switch ((enum conn_state)c->state) {
    case CONN_UPGRADING:
        on_answer(c, got);
        return;
    case CONN_OPEN:
        on_echo(c, got);
        return;
    case CONN_IDLE:
    case CONN_CONNECTING:
    case CONN_LEAVING: /* the other side's Close */
    case CONN_GONE:
        return;
    }
}

static void on_receive(struct conn *c, const struct io_uring_cqe *cqe)
{
    c->is_receiving = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->res > 0) {
        take(c, ring_received(&c->load->ring, cqe));
    } else if (cqe->res != -ENOBUFS) {
        if (c->state == CONN_UPGRADING || c->state == CONN_OPEN) {
            lose(c, c->state == CONN_OPEN ? "while open" : "handshake", -cqe->res);
        }
        settle(c);
        return;
    }
    ring_give_back(&c->load->ring, cqe);
    if (!c->is_receiving && c->state != CONN_GONE) {
        receive(c);
    }
}

/* moved: the stream's position; a request's or a Close's bytes are not in it. */
static void on_sent(struct conn *c, int result, unsigned moved)
{
    c->is_sending = false;
    if (result < 0 && (c->state == CONN_OPEN || c->state == CONN_UPGRADING)) {
        lose(c, "send", -result);
    } else if (c->state == CONN_OPEN) {
        c->out += moved;
        arm_send(c);
    }
    settle(c);
}

void conn_complete(struct conn *c, const struct io_uring_cqe *cqe)
{
    switch (ring_op(cqe)) {
    case RING_CONNECT:
        on_connect(c, cqe->res);
        return;
    case RING_RECV:
        on_receive(c, cqe);
        return;
    case RING_SEND:
        on_sent(c, cqe->res, cqe->res > 0 ? (unsigned)cqe->res : 0);
        return;
    case RING_OTHER:
        on_sent(c, cqe->res, 0);
        return;
    case RING_OPS:
        return;
    }
}

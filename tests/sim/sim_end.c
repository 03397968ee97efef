#include "tests/sim/sim_end.h"

#include "tests/sim/sim_speech.h"

/* ---- the log of what was said ---- */

static struct sim_log_message *messages(const struct sim_log *log)
{
    return (void *)log->messages.ptr;
}

static size_t message_count(const struct sim_log *log)
{
    return log->messages.len / sizeof(struct sim_log_message);
}

static size_t control_count(const struct sim_log *log)
{
    return log->controls.len / sizeof(struct sim_log_control);
}

static struct sim_log_message *last_message(const struct sim_log *log)
{
    const size_t count = message_count(log);
    return count == 0 || messages(log)[count - 1].is_whole ? NULL : &messages(log)[count - 1];
}

static size_t content_bytes(const struct sim_log *log, size_t index)
{
    const size_t end = index + 1 < message_count(log) ? messages(log)[index + 1].begin : log->content.len;
    return end - messages(log)[index].begin;
}

static void log_content(void *owner, uint8_t opcode, bool begins, struct slice bytes)
{
    struct sim_end *e = owner;

    if (begins) {
        const struct sim_log_message m = {
            .begin = e->log.content.len, .opcode = opcode, .is_compressed = e->said.is_compressed};
        sim_bytes_add(&e->log.messages, (struct slice){(const uint8_t *)&m, sizeof m});
    }
    sim_bytes_add(&e->log.content, bytes);
}

static void log_frame_end(void *owner, bool ends_message)
{
    struct sim_end *e = owner;
    struct sim_log_message *m = last_message(&e->log);

    if (m != NULL) {
        m->whole_bytes = e->log.content.len - m->begin;
        m->is_whole = ends_message;
    }
}

static void log_control(void *owner, uint8_t opcode, struct slice payload)
{
    struct sim_end *e = owner;
    struct sim_log_control control = {.opcode = opcode, .bytes = (uint8_t)payload.len};

    memcpy(control.payload, payload.ptr, payload.len);
    if (opcode == SIM_STREAM_CLOSE) {
        e->log.close = control;
        e->log.has_close = true;
        sim_link_blame(e->link);
    } else {
        sim_bytes_add(&e->log.controls, (struct slice){(const uint8_t *)&control, sizeof control});
    }
}

static const struct sim_stream_events saying = {
    .content = log_content, .frame_ended = log_frame_end, .control = log_control};

void sim_link_blame(struct sim_link *l)
{
    l->is_blameless = false;
    l->at_fault = NULL;
}

/* Behind its Close an end may say what it likes. */
static void read_said(struct sim_end *e)
{
    if (!e->said.is_over && e->is_ready) {
        sim_stream_read(&e->said, sim_bytes_left(&e->pending));
        e->pending.read = e->pending.len;
    }
    if (e->said.fault != 0 && e->link->at_fault != e) {
        const bool is_alone = e->link->is_blameless;
        sim_link_blame(e->link);
        e->link->at_fault = is_alone ? e : NULL;
    }
}

/* ---- what is heard, held against it ---- */

static const struct sim_log *source(struct sim_end *e)
{
    return e->link->profile->is_echo ? &e->log : &sim_end_other(e)->log;
}

static void check_content(void *owner, uint8_t opcode, bool begins, struct slice bytes)
{
    struct sim_end *e = owner;
    const struct sim_log *log = source(e);

    if (e->link->is_wild) {
        return;
    }
    const bool was_said = e->heard_messages < message_count(log);
    ASSERT(was_said);
    const struct sim_log_message *m = &messages(log)[e->heard_messages];
    const bool is_of_the_same_kind = !begins || (m->opcode == opcode && e->heard_bytes == 0);
    ASSERT(is_of_the_same_kind);
    const bool is_no_longer = e->heard_bytes + bytes.len <= content_bytes(log, e->heard_messages);
    ASSERT(is_no_longer);
    const bool is_the_same =
        bytes.len == 0 || memcmp(log->content.ptr + m->begin + e->heard_bytes, bytes.ptr, bytes.len) == 0;
    ASSERT(is_the_same);
    e->heard_bytes += bytes.len;
}

static void check_frame_end(void *owner, bool ends_message)
{
    struct sim_end *e = owner;
    const struct sim_log *log = source(e);

    if (e->link->is_wild || !ends_message) {
        return;
    }
    const bool was_whole =
        messages(log)[e->heard_messages].is_whole && e->heard_bytes == content_bytes(log, e->heard_messages);
    ASSERT(was_whole);
    e->heard_messages++;
    e->heard_bytes = 0;
}

static bool is_same_control(const struct sim_log_control *c, uint8_t opcode, struct slice payload)
{
    return c->opcode == opcode && c->bytes == payload.len && memcmp(c->payload, payload.ptr, payload.len) == 0;
}

/* Where the gateway answers pings, each pong is that of a ping, in order; else controls come as they were said. */
static void check_ping_or_pong(struct sim_end *e, uint8_t opcode, struct slice payload)
{
    const bool is_answer = e->link->profile->answers_pings;
    const struct sim_log *log = is_answer ? &e->log : source(e);
    const struct sim_log_control *controls = (const void *)log->controls.ptr;
    size_t i = e->heard_controls;

    ASSERT(!is_answer || opcode == SIM_STREAM_PONG);
    while (is_answer && i < control_count(log) && !is_same_control(&controls[i], SIM_STREAM_PING, payload)) {
        i++;
    }
    const bool was_said = i < control_count(log) && (is_answer || is_same_control(&controls[i], opcode, payload));
    ASSERT(was_said);
    e->heard_controls = i + 1;
}

/* Whether everything that was said whole was heard: whole messages, and of one under way, where it goes on as it is,
 * whole frames. */
static bool is_even(struct sim_end *e)
{
    const struct sim_log *log = source(e);
    const struct sim_log_message *open = last_message(log);
    const size_t whole = message_count(log) - (open != NULL);
    const bool is_plain = open != NULL && !open->is_compressed && !e->link->agreed.is_on;

    return e->heard_messages == whole && (!is_plain || e->heard_bytes >= open->whole_bytes);
}

/* A Close with a reason of the other end's own was passed on: nothing that was said before it may be missing. */
static void check_close(struct sim_end *e, struct slice payload)
{
    const struct sim_log *log = source(e);
    const bool is_passed_on =
        log->has_close && log->close.bytes > 2 && is_same_control(&log->close, SIM_STREAM_CLOSE, payload);
    const bool has_heard_all = is_even(e);

    ASSERT(!is_passed_on || has_heard_all);
    /* Of what is compressed, more than one thing may be wrong in one piece. */
    const bool has_the_right_code = e->link->at_fault != e || e->said.is_compressed ||
                                    (payload.len >= 2 && (payload.ptr[0] << 8 | payload.ptr[1]) == e->said.fault);
    ASSERT(has_the_right_code);
    ASSERT(!e->link->is_blameless);
}

static void check_control(void *owner, uint8_t opcode, struct slice payload)
{
    struct sim_end *e = owner;

    if (opcode == SIM_STREAM_CLOSE) {
        e->has_heard_close = true;
        if (!e->link->is_wild) {
            check_close(e, payload);
        }
        if (e->link->is_polite) {
            sim_speech_answer_close(e, payload);
        }
    } else if (!e->link->is_wild) {
        check_ping_or_pong(e, opcode, payload);
    }
}

static const struct sim_stream_events hearing = {
    .content = check_content, .frame_ended = check_frame_end, .control = check_control};

/* ---- beginning ---- */

static void stream_rules(const struct sim_end *e, bool is_from_client, struct sim_stream_rules *rules)
{
    const struct sim_profile *p = e->link->profile;
    const struct sim_deflate *agreed = &e->link->agreed;
    const bool is_leg_compressed = agreed->is_on && (p->passes_deflate || e->is_client);

    *rules = (struct sim_stream_rules){
        .may_compress = is_leg_compressed,
        .inflates = !p->passes_deflate || p->inspects,
        .has_takeover = !(is_from_client ? agreed->client_resets : agreed->server_resets),
        .bytes_max = UINT32_MAX,
        .content_max = UINT32_MAX,
    };
}

void sim_end_begin_said(struct sim_end *e)
{
    const struct config_route_settings *settings = &e->link->profile->config->routes[0].settings;
    struct sim_stream_rules rules;

    stream_rules(e, e->is_client, &rules);
    rules.is_masked = e->is_client;
    rules.bytes_max = e->is_client ? settings->message_bytes_max : settings->backend_message_bytes_max;
    rules.content_max = settings->compression.inflated_bytes_max;
    sim_stream_init(&e->said, &rules, &saying, e);
    e->is_ready = true;
    read_said(e);
}

void sim_end_begin_heard(struct sim_end *e)
{
    struct sim_stream_rules rules;

    stream_rules(e, !e->is_client, &rules);
    rules.is_masked = !e->is_client;
    sim_stream_init(&e->heard, &rules, &hearing, e);
    e->is_upgraded = true;
}

/* ---- from the kernel ---- */

void sim_end_received(void *owner, struct slice bytes)
{
    struct sim_end *e = owner;
    const size_t head = bytes.len < e->head_left ? bytes.len : e->head_left;

    e->head_left -= head;
    sim_bytes_add(&e->pending, slice_skip(bytes, head));
    read_said(e);
}

static void hear_head(struct sim_end *e)
{
    if (!e->is_client) {
        e->link->backend.is_upgraded = true;
        sim_end_begin_heard(e);
        if (e->link->answers_at_once) {
            sim_link_answer(e->link);
        }
    } else {
        sim_heads_read_answer(e->link, (const char *)e->head.ptr);
    }
}

/* The head, byte by byte; returns how many bytes were of it. */
static size_t take_head(struct sim_end *e, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        sim_bytes_add(&e->head, slice_first(slice_skip(bytes, i), 1));
        if (e->head.len >= 4 && memcmp(e->head.ptr + e->head.len - 4, "\r\n\r\n", 4) == 0) {
            sim_bytes_add(&e->head, (struct slice){(const uint8_t *)"", 1});
            hear_head(e);
            return i + 1;
        }
    }
    return bytes.len;
}

void sim_end_sent(void *owner, struct slice bytes)
{
    struct sim_end *e = owner;

    ASSERT(!e->has_heard_end);
    if (!e->is_upgraded && !e->is_refused) {
        bytes = slice_skip(bytes, take_head(e, bytes));
    }
    if (e->is_upgraded) {
        sim_stream_read(&e->heard, bytes);
        ASSERT(e->heard.fault == 0 || e->link->is_wild);
    }
}

void sim_end_ended(void *owner)
{
    struct sim_end *e = owner;

    e->has_heard_end = true;
    ASSERT(!e->link->is_blameless);
    if (e->link->is_polite) {
        sim_end_finish(e);
    }
}

/* ---- saying ---- */

void sim_end_send(struct sim_end *e, struct slice bytes)
{
    if (e->socket != NULL && !e->has_finished) {
        sim_bytes_add(&e->socket->in, bytes);
    }
}

void sim_end_finish(struct sim_end *e)
{
    if (e->socket != NULL && !e->has_finished) {
        e->has_finished = e->socket->has_in_end = true;
        sim_link_blame(e->link);
    }
}

/* ---- links ---- */

static void init_end(struct sim_end *e, struct sim_link *l, bool is_client)
{
    *e = (struct sim_end){.link = l, .is_client = is_client};
}

void sim_link_init(struct sim_link *l, const struct sim_profile *profile, struct sim_rng *rng)
{
    *l = (struct sim_link){.profile = profile, .rng = rng, .is_used = true, .is_blameless = true};
    init_end(&l->client, l, true);
    init_end(&l->backend, l, false);
}

static void free_end(struct sim_end *e)
{
    sim_bytes_free(&e->head);
    sim_bytes_free(&e->pending);
    sim_bytes_free(&e->message);
    sim_bytes_free(&e->log.content);
    sim_bytes_free(&e->log.messages);
    sim_bytes_free(&e->log.controls);
    sim_stream_free(&e->said);
    sim_stream_free(&e->heard);
    if (e->has_deflater) {
        deflateEnd(&e->deflater);
    }
}

void sim_link_free(struct sim_link *l)
{
    free_end(&l->client);
    free_end(&l->backend);
    *l = (struct sim_link){0};
}

void sim_link_connect(struct sim_link *l, enum sim_request request)
{
    l->client.socket = sim_kernel_arrive(&l->client);
    sim_heads_request(l, request);
    if (!l->profile->passes_deflate) {
        l->agreed = l->profile->is_edge ? l->offer : (struct sim_deflate){0};
        sim_end_begin_said(&l->client);
    }
}

void sim_link_answer(struct sim_link *l)
{
    if (l->backend.is_upgraded && !l->backend.is_ready && l->backend.head_left == 0 && !l->backend.is_refused) {
        sim_heads_answer(l);
    }
}

bool sim_link_is_healthy(const struct sim_link *l)
{
    return l->is_used && l->is_blameless && !l->is_wild && l->client.is_upgraded;
}

static bool is_received(const struct sim_end *e)
{
    return e->socket == NULL || sim_bytes_left(&e->socket->in).len == 0;
}

bool sim_link_is_even(const struct sim_link *l)
{
    struct sim_link *link = (void *)(uintptr_t)l;
    return is_received(&l->client) && is_received(&l->backend) && is_even(&link->client) &&
           (l->profile->is_echo || is_even(&link->backend));
}

void sim_link_check_even(const struct sim_link *l)
{
    struct sim_link *link = (void *)(uintptr_t)l;
    const bool is_all_received = is_received(&l->client) && is_received(&l->backend);
    ASSERT(is_all_received);
    const bool has_the_client_heard_all = is_even(&link->client);
    ASSERT(has_the_client_heard_all);
    const bool has_the_backend_heard_all = l->profile->is_echo || is_even(&link->backend);
    ASSERT(has_the_backend_heard_all);
}

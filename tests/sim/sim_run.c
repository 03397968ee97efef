#include "tests/sim/sim_run.h"

#include <errno.h>

#include "tests/sim/sim_shard.h"
#include "tests/sim/sim_speech.h"

enum {
    ENOUGH_CHUNKS = 8192,
    BORROW_MS = COMPRESSION_BORROW_MS_MAX + 1000,
    LEAVING_STEP_MS = 250,
    /* A handshake, a connect, and each side's Close, flush and linger, one behind the other. */
    LEAVING_MS_MAX = SIM_PROFILE_HANDSHAKE_MS + SIM_PROFILE_CONNECT_MS + 6 * SIM_PROFILE_CLOSE_MS + 1000,
    STALLED_LINGER_MS_MAX = LEAVING_MS_MAX + BORROW_MS,
};

/* What an event of the script says: four bytes. */
struct sim_event {
    uint8_t what, where, how, salt;
};

/* How the ends leave when the script is over. */
enum leaving { LEAVE_FINISHED, LEAVE_RESET, LEAVE_CLOSING, LEAVE_ABORTED };

static struct {
    struct sim_shard shard;
    struct sim_link links[SIM_RUN_LINKS];
    const struct sim_profile *profile;
    struct sim_rng rng; /* of the event under way */
    unsigned link_count;
    enum leaving leaving;
    bool is_scarce; /* what runs out ends sessions */
    bool answers_at_once, is_polite, keeps_nothing, is_drained;
} run;

/* ---- blame ---- */

static void blame_all(void)
{
    for (unsigned i = 0; i < run.link_count; i++) {
        sim_link_blame(&run.links[i]);
    }
}

/* Time ends what is not open yet, and who keeps an inflater. */
static void blame_slow(void)
{
    for (unsigned i = 0; i < run.link_count; i++) {
        struct sim_link *l = &run.links[i];
        const bool keeps = l->profile->is_edge && (!sim_link_is_even(l) || !sim_stream_is_at_rest(&l->client.said));
        if (!l->client.is_upgraded || keeps) {
            sim_link_blame(l);
        }
    }
}

/* ---- ends of the event ---- */

static struct sim_link *link_at(const struct sim_event *e)
{
    return run.link_count == 0 ? NULL : &run.links[(e->where >> 1) % run.link_count];
}

/* The end that an event is about, if it may speak frames; NULL else. */
static struct sim_end *speaker_at(const struct sim_event *e)
{
    struct sim_link *l = link_at(e);

    if (l == NULL) {
        return NULL;
    }
    struct sim_end *end = (e->where & 1) != 0 && !l->profile->is_echo ? &l->backend : &l->client;
    return end->is_client || end->is_ready ? end : NULL;
}

static struct sim_socket *socket_at(const struct sim_event *e)
{
    struct sim_link *l = link_at(e);
    return l == NULL ? NULL : (e->where & 1) != 0 && l->backend.socket != NULL ? l->backend.socket : l->client.socket;
}

/* ---- events ---- */

typedef void event_fn(const struct sim_event *e);

static void turn(const struct sim_event *e)
{
    sim_shard_turn(&run.shard, e->how % 24);
}

static void settle(const struct sim_event *e)
{
    (void)e;
    sim_shard_settle(&run.shard);
}

static void pass_time(const struct sim_event *e)
{
    static const uint16_t jumps_ms[] = {1, 7, 63, 64, 150, 310, 510, 1010, 4100, BORROW_MS};

    sim_kernel.now_ms += jumps_ms[e->how % ARRAY_LEN(jumps_ms)];
    blame_slow();
    sim_shard_turn(&run.shard, e->salt % 8);
}

static void connect_client(const struct sim_event *e)
{
    if (run.link_count == SIM_RUN_LINKS) {
        return;
    }
    struct sim_link *l = &run.links[run.link_count++];
    sim_link_init(l, run.profile, &run.rng);
    l->answers_at_once = run.answers_at_once;
    l->is_polite = run.is_polite;
    l->keeps_nothing = run.keeps_nothing;
    l->answer = e->where % 4 == 0 ? e->where >> 2 : SIM_ANSWER_GOOD;
    sim_link_connect(l, e->how % 4 == 0 ? (e->how >> 2) % SIM_REQUEST_COUNT : SIM_REQUEST_GOOD);
    if (run.is_scarce || run.is_drained) {
        sim_link_blame(l);
    }
}

static void message(const struct sim_event *e)
{
    struct sim_end *end = speaker_at(e);
    if (end != NULL) {
        sim_speech_message(end, &run.rng);
    }
}

static void burst(const struct sim_event *e)
{
    for (unsigned i = 0; i < e->how % 32; i++) {
        message(e);
    }
}

static void control(const struct sim_event *e)
{
    struct sim_end *end = speaker_at(e);
    if (end != NULL) {
        sim_speech_control(end, &run.rng);
    }
}

static void say_close(const struct sim_event *e)
{
    struct sim_end *end = speaker_at(e);
    if (end != NULL) {
        sim_speech_close(end, &run.rng);
    }
}

static void defect(const struct sim_event *e)
{
    struct sim_end *end = speaker_at(e);
    if (end != NULL) {
        sim_speech_defect(end, &run.rng);
    }
}

static void raw(const struct sim_event *e)
{
    const uint8_t bytes[] = {e->how, e->salt};
    struct sim_end *end = speaker_at(e);
    if (end != NULL) {
        sim_speech_raw(end, (struct slice){bytes, sizeof bytes});
    }
}

static void finish(const struct sim_event *e)
{
    struct sim_link *l = link_at(e);
    if (l != NULL) {
        sim_end_finish((e->where & 1) != 0 ? &l->backend : &l->client);
    }
}

static void reset(const struct sim_event *e)
{
    struct sim_link *l = link_at(e);
    struct sim_socket *s = socket_at(e);
    if (s != NULL) {
        sim_link_blame(l);
        sim_kernel_reset(s);
    }
}

static void stall(const struct sim_event *e)
{
    struct sim_socket *s = socket_at(e);
    if (s != NULL) {
        s->room = e->how % 4 == 0 ? e->salt : 0;
    }
}

static void take(const struct sim_event *e)
{
    struct sim_socket *s = socket_at(e);
    if (s != NULL) {
        s->room = e->how % 2 == 0 ? s->room + (size_t)e->salt * 100 : SIZE_MAX / 2;
    }
}

static void answer(const struct sim_event *e)
{
    struct sim_link *l = link_at(e);
    if (l != NULL) {
        sim_link_answer(l);
    }
}

/* Of all that wait: the oldest. */
static void connected(const struct sim_event *e)
{
    static const int results[] = {0, 0, 0, -ECONNREFUSED, -ETIMEDOUT};

    for (int i = 0; i < sim_kernel.socket_count; i++) {
        struct sim_socket *s = &sim_kernel.sockets[i];
        if (s->connect_result == SIM_KERNEL_CONNECT_PENDING) {
            s->connect_result = results[e->how % ARRAY_LEN(results)];
            if (s->connect_result != 0) {
                blame_all(); /* whose it is, is not known yet */
            }
            return;
        }
    }
}

static void refuse(const struct sim_event *e)
{
    sim_kernel.refused_submits = e->how % 8;
}

static void drain(const struct sim_event *e)
{
    if (e->how % 4 == 0 && !run.is_drained) {
        blame_all();
        run.is_drained = true;
        session_drain_all(&run.shard.pool, e->salt);
    }
}

static void crowd(const struct sim_event *e)
{
    for (unsigned i = 0; i < run.link_count; i++) {
        if (run.links[i].client.is_upgraded && (i != e->where % SIM_RUN_LINKS)) {
            sim_speech_begin(&run.links[i].client, &run.rng);
        }
    }
}

#define connect connect_client
static const struct {
    event_fn *act;
    unsigned weight;
} events[] = {
#define SIM_EVENT(weight, name) {name, weight},
#include "tests/sim/sim_events.def"
#undef SIM_EVENT
};
#undef connect

static void act(const struct sim_event *e)
{
    unsigned total = 0, at;

    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        total += events[i].weight;
    }
    at = e->what % total;
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if (at < events[i].weight) {
            events[i].act(e);
            return;
        }
        at -= events[i].weight;
    }
}

/* ---- the end ---- */

static void on_connected(struct sim_socket *s)
{
    struct sim_socket *client = sim_shard_client_of(&run.shard, s);

    if (client != NULL && client->owner != NULL) {
        struct sim_link *l = ((struct sim_end *)client->owner)->link;
        l->backend.socket = s;
        s->owner = &l->backend;
    }
}

static const struct sim_kernel_events kernel_events = {
    .received = sim_end_received, .sent = sim_end_sent, .ended = sim_end_ended, .connected = on_connected};

static void open_windows(void)
{
    for (int i = 0; i < sim_kernel.socket_count; i++) {
        struct sim_socket *s = &sim_kernel.sockets[i];
        s->room = SIZE_MAX / 2;
        s->connect_result = s->connect_result == SIM_KERNEL_CONNECT_PENDING ? 0 : s->connect_result;
    }
    sim_kernel.holds_connects = false;
    sim_kernel.refused_submits = 0;
}

/* Everything that was said is heard, but by those who wait for an inflater that another one keeps. */
static void check_delivery(void)
{
    open_windows();
    sim_shard_settle(&run.shard);
    for (unsigned i = 0; i < run.link_count; i++) {
        run.links[i].answers_at_once = true;
        sim_link_answer(&run.links[i]);
    }
    sim_shard_settle(&run.shard);
    for (unsigned i = 0; i < run.link_count && run.profile->is_edge; i++) {
        if (!sim_stream_is_at_rest(&run.links[i].client.said)) {
            sim_link_blame(&run.links[i]);
        }
    }
    for (unsigned i = 0; i < 2 && run.profile->is_edge; i++) {
        sim_kernel.now_ms += BORROW_MS;
        sim_shard_settle(&run.shard);
    }
    for (unsigned i = 0; i < run.link_count; i++) {
        if (sim_link_is_healthy(&run.links[i])) {
            sim_link_check_even(&run.links[i]);
        }
    }
}

static void leave(struct sim_end *end)
{
    if (end->socket == NULL) {
        return;
    }
    sim_link_blame(end->link);
    if (run.leaving == LEAVE_RESET) {
        sim_kernel_reset(end->socket);
    } else if (run.leaving == LEAVE_CLOSING && (end->is_client ? true : end->is_ready)) {
        sim_speech_close(end, &run.rng);
    }
    sim_end_finish(end);
}

/* Sessions that nobody has given a reason to stay are over within the time that their states have. */
static void leave_all(void)
{
    unsigned waited_ms = 0;

    for (unsigned i = 0; i < run.link_count; i++) {
        run.links[i].is_polite = true;
        sim_link_blame(&run.links[i]);
    }
    if (run.leaving == LEAVE_ABORTED) {
        session_abort_all(&run.shard.pool);
    }
    for (unsigned i = 0; i < run.link_count; i++) {
        leave(&run.links[i].client);
        leave(&run.links[i].backend);
    }
    const unsigned most_ms = run.profile->is_edge ? STALLED_LINGER_MS_MAX : LEAVING_MS_MAX;
    sim_shard_settle(&run.shard);
    while (!session_pool_is_empty(&run.shard.pool)) {
        ASSERT(waited_ms < most_ms);
        sim_kernel.now_ms += LEAVING_STEP_MS;
        waited_ms += LEAVING_STEP_MS;
        sim_shard_settle(&run.shard);
    }
}

/* ---- the run ---- */

static void set_up(const uint8_t setup[SIM_RUN_SETUP_BYTES])
{
    static const uint16_t buffers[] = {1, 2, 3, 5, 8, 32, 64, 300};
    static const uint16_t chunks[] = {1, 4, 24, 64};
    const bool is_short_of_chunks = (setup[2] & 7) == 7;
    const bool is_short_of_places = (setup[2] & 0x38) == 0x38;
    const bool is_short_of_nodes = (setup[2] & 0xc0) == 0xc0;
    const struct sim_shard_settings settings = {.sessions = is_short_of_places ? 2 : SIM_RUN_LINKS,
                                                .buffers = buffers[setup[1] % ARRAY_LEN(buffers)],
                                                .nodes = is_short_of_nodes ? 16 : ENOUGH_CHUNKS,
                                                .chunks = is_short_of_chunks ? chunks[setup[6] % 4] : ENOUGH_CHUNKS};
    const uint64_t seed = (uint64_t)setup[4] << 8 | setup[5];

    sim_kernel_begin(seed, &kernel_events);
    sim_kernel.has_multishot = (setup[3] & 1) == 0;
    sim_kernel.holds_connects = (setup[3] & 6) == 6;
    run.answers_at_once = (setup[3] & 0x18) != 0x18;
    run.is_polite = (setup[3] & 0x20) == 0;
    run.keeps_nothing = (setup[6] & 4) != 0;
    run.leaving = (enum leaving)(setup[3] >> 6);
    run.is_scarce = is_short_of_chunks || is_short_of_places || is_short_of_nodes;
    run.is_drained = false;
    run.profile = sim_profile_get(setup[0]);
    run.link_count = 0;
    sim_shard_open(&run.shard, run.profile, &settings);
}

/* Some clients are there already when the script begins, all open or each on its way. */
static void connect_first(const uint8_t setup[SIM_RUN_SETUP_BYTES])
{
    for (unsigned i = 0; i < setup[7] % 16 && i < SIM_RUN_LINKS; i++) {
        run.rng.state = (uint64_t)setup[5] << 8 | i;
        connect_client(&(struct sim_event){.where = 1, .how = 1});
    }
    if ((setup[7] & 16) != 0) {
        sim_shard_settle(&run.shard);
    }
}

uint32_t sim_run(struct slice script)
{
    if (script.len < SIM_RUN_SETUP_BYTES) {
        return 0;
    }
    const uint8_t *at = script.ptr + SIM_RUN_SETUP_BYTES;
    size_t count = (script.len - SIM_RUN_SETUP_BYTES) / SIM_RUN_EVENT_BYTES;

    set_up(script.ptr);
    connect_first(script.ptr);
    for (count = count < SIM_RUN_EVENTS_MAX ? count : SIM_RUN_EVENTS_MAX; count > 0; count--) {
        const struct sim_event e = {at[0], at[1], at[2], at[3]};
        run.rng.state = (uint64_t)e.how << 8 | e.salt;
        sim_kernel.rng.state += run.rng.state;
        act(&e);
        at += SIM_RUN_EVENT_BYTES;
    }
    check_delivery();
    leave_all();
    sim_shard_close(&run.shard);
    for (unsigned i = 0; i < run.link_count; i++) {
        sim_link_free(&run.links[i]);
    }
    sim_kernel_end();
    return sim_kernel.digest;
}

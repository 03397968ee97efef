#include "gateway/session/compression.h"

#include <errno.h>

#include "gateway/session/relay.h"
#include "gateway/session/session.h"

static const struct slice EXTENSIONS = {(const uint8_t *)"Sec-WebSocket-Extensions", 24};

/* ---- the pool ---- */

static void serve_waiting(struct wheel_timer *timer);

bool compression_inflates(const struct config_compression *settings)
{
    return settings->mode == CONFIG_COMPRESSION_EDGE ||
           (settings->mode == CONFIG_COMPRESSION_PASSTHROUGH && settings->inspect);
}

int compression_pool_init(struct compression_pool *pool, struct session_pool *sessions,
                          const struct config_compression *settings, uint32_t shard_count)
{
    *pool = (struct compression_pool){.sessions = sessions};
    list_init(&pool->waiting);
    list_init(&pool->borrowers);
    wheel_timer_init(&pool->timer, serve_waiting);
    if (!compression_inflates(settings)) {
        return 0;
    }
    const int error =
        pmd_pool_init(&pool->contexts, (size_t)(settings->memory_bytes / shard_count), (int)settings->level);
    pool->has_contexts = error == 0;
    return error;
}

void compression_pool_deinit(struct compression_pool *pool)
{
    if (pool->has_contexts) {
        wheel_clear(&pool->timer);
        pmd_pool_deinit(&pool->contexts);
    }
}

static const struct config_compression *settings_of(const struct session *s)
{
    return &s->route->settings.compression;
}

static void resume(struct wheel_timer *timer);

static struct compression *begin(struct session *s)
{
    struct compression *c = slab_take(&s->pool->compressions);
    if (c != NULL) {
        *c = (struct compression){.item = c->item, .session = s};
        c->from_client.bytes_max = c->from_upstream.bytes_max = settings_of(s)->inflated_bytes_max;
        list_init(&c->link);
        wheel_timer_init(&c->next_turn, resume);
    }
    s->compression = c;
    return c;
}

static void keep_inflater(struct session *s, struct inflation *f, int window_bits)
{
    f->inflater = pmd_pool_keep_inflater(&session_pool_compression(s->pool, s->route)->contexts, window_bits);
    f->is_kept = f->has_takeover = f->inflater != NULL;
}

/* ---- edge ---- */

/* Each direction on its own: what the client does not want to keep, we need not; what there is no memory for, neither.
 */
void compression_accept(struct session *s, const struct http1_head *request)
{
    struct pmd_pool *contexts = &session_pool_compression(s->pool, s->route)->contexts;
    struct ws_deflate offer;

    if (settings_of(s)->mode != CONFIG_COMPRESSION_EDGE || !ws_deflate_choose(request, &offer)) {
        return;
    }
    struct compression *c = begin(s);
    if (c == NULL) {
        return;
    }
    if (!offer.client_no_context_takeover) {
        keep_inflater(s, &c->from_client, offer.client_max_window_bits);
    }
    if (!offer.server_no_context_takeover) {
        c->deflater = pmd_pool_keep_deflater(contexts, offer.server_max_window_bits);
    }
    const struct ws_deflate wanted = {.server_max_window_bits = WS_DEFLATE_WINDOW_BITS_MAX,
                                      .client_max_window_bits = WS_DEFLATE_WINDOW_BITS_MAX,
                                      .server_no_context_takeover = c->deflater == NULL,
                                      .client_no_context_takeover = c->from_client.inflater == NULL};
    c->agreed = ws_deflate_agree(&offer, &wanted);
}

/* ---- passthrough ---- */

/* A larger window than the one agreed on reads the same: the answer, which may limit it, is still to come. */
static bool keep_both(struct session *s, struct compression *c)
{
    keep_inflater(s, &c->from_client, WS_DEFLATE_WINDOW_BITS_MAX);
    keep_inflater(s, &c->from_upstream, WS_DEFLATE_WINDOW_BITS_MAX);
    return c->from_client.is_kept && c->from_upstream.is_kept;
}

void compression_offer(struct session *s, const struct http1_head *request, struct http1_write *w)
{
    struct ws_deflate offer;

    if (settings_of(s)->mode != CONFIG_COMPRESSION_PASSTHROUGH || !ws_deflate_choose(request, &offer)) {
        return;
    }
    struct compression *c = begin(s);
    if (c == NULL || (settings_of(s)->inspect && !keep_both(s, c))) {
        compression_end(s);
        return;
    }
    ws_deflate_write_offers(w, request);
}

enum ws_handshake_status compression_check(struct session *s, const struct http1_head *response,
                                           const struct http1_head *request)
{
    struct compression *c = s->compression;
    bool is_agreed = false;

    if (c == NULL) {
        return WS_HANDSHAKE_OK;
    }
    const enum ws_handshake_status status = ws_deflate_check_answer(response, request, &is_agreed, &c->agreed);
    if (status != WS_HANDSHAKE_OK || !is_agreed) {
        compression_end(s);
        return status;
    }
    c->from_client.has_takeover = !c->agreed.client_no_context_takeover;
    c->from_upstream.has_takeover = !c->agreed.server_no_context_takeover;
    return WS_HANDSHAKE_OK;
}

void compression_answer(const struct session *s, const struct http1_head *response, struct http1_write *w)
{
    if (s->compression == NULL) {
        return;
    }
    if (settings_of(s)->mode == CONFIG_COMPRESSION_EDGE) {
        ws_deflate_write_answer(w, &s->compression->agreed);
    } else {
        http1_write_header(w, EXTENSIONS, http1_head_find(response, EXTENSIONS)->value);
    }
}

/* ---- contexts for a while ---- */

bool compression_borrow(struct session *s)
{
    struct compression *c = s->compression;
    struct compression_pool *pool = session_pool_compression(s->pool, s->route);

    if (c->from_client.inflater != NULL) {
        return true;
    }
    if (!list_is_empty(&pool->waiting) && pool->waiting.next != &c->link) {
        return false; /* nobody overtakes */
    }
    c->from_client.inflater = pmd_pool_borrow_inflater(&pool->contexts);
    if (c->from_client.inflater == NULL) {
        return false;
    }
    c->borrowed_ms = s->pool->io->now_ms;
    list_remove(&c->link);
    list_push_back(&pool->borrowers, &c->link);
    return true;
}

/* When the one that has kept its inflater the longest must give it back, or now if one is there. */
static void set_timer(struct compression_pool *pool, uint64_t delay_ms)
{
    io_set_timer(pool->sessions->io, &pool->timer, delay_ms);
}

void compression_wait(struct session *s)
{
    struct compression_pool *pool = session_pool_compression(s->pool, s->route);

    if (!list_is_linked(&s->compression->link)) {
        list_push_back(&pool->waiting, &s->compression->link);
    }
    if (!wheel_timer_is_set(&pool->timer)) {
        set_timer(pool, COMPRESSION_BORROW_MS_MAX);
    }
}

void compression_give_back(struct session *s)
{
    struct compression *c = s->compression;
    struct compression_pool *pool = session_pool_compression(s->pool, s->route);

    if (c->from_client.is_kept) {
        return;
    }
    list_remove(&c->link);
    if (c->from_client.inflater == NULL) {
        return;
    }
    pmd_pool_give_inflater(&pool->contexts, c->from_client.inflater);
    c->from_client.inflater = NULL;
    if (!list_is_empty(&pool->waiting)) {
        set_timer(pool, 0);
    }
}

static struct compression *first(const struct list *l)
{
    return list_is_empty(l) ? NULL : CONTAINER_OF(l->next, struct compression, link);
}

/* Ends the sessions that have kept an inflater for too long; returns when the next one will have. */
static uint64_t end_overdue(struct compression_pool *pool)
{
    const uint64_t now_ms = pool->sessions->io->now_ms;
    struct compression *c;

    while ((c = first(&pool->borrowers)) != NULL && c->borrowed_ms + COMPRESSION_BORROW_MS_MAX <= now_ms) {
        struct session *s = c->session;
        compression_give_back(s);
        if (peer_gives_frames(&s->client)) {
            session_fault(&s->client, WS_ERR_SLOW);
        }
    }
    return c != NULL ? c->borrowed_ms + COMPRESSION_BORROW_MS_MAX - now_ms : COMPRESSION_BORROW_MS_MAX;
}

/* Whether what a client sends is still to be inflated. */
static bool inflates(const struct session *s)
{
    const struct peer *to = s->route->target == CONFIG_TARGET_ECHO ? &s->client : &s->upstream;
    return peer_gives_frames(&s->client) && peer_takes_data(to);
}

/* Each that waits is given one and resumed, in order, as far as there are any. */
static void serve_waiting(struct wheel_timer *timer)
{
    struct compression_pool *pool = CONTAINER_OF(timer, struct compression_pool, timer);
    struct compression *c;
    const uint64_t next_ms = end_overdue(pool);

    while ((c = first(&pool->waiting)) != NULL && pmd_pool_can_lend(&pool->contexts)) {
        if (inflates(c->session) && compression_borrow(c->session)) {
            peer_resume(&c->session->client);
        } else {
            list_remove(&c->link);
        }
    }
    if (!list_is_empty(&pool->waiting)) {
        set_timer(pool, next_ms);
    }
}

/* ---- turns ---- */

void compression_spend(const struct session *s, struct inflation *f, size_t bytes)
{
    const uint64_t turn = s->pool->io->enter_count;

    f->turn_bytes = f->turn == turn ? f->turn_bytes + bytes : bytes;
    f->turn = turn;
}

bool compression_must_yield(struct session *s, struct inflation *f)
{
    if (f->turn != s->pool->io->enter_count || f->turn_bytes < COMPRESSION_TURN_BYTES_MAX) {
        return false;
    }
    f->has_yielded = true;
    io_set_timer(s->pool->io, &s->compression->next_turn, 1);
    return true;
}

/* One that the queue of the other side holds back too goes on when that has shrunk. */
static void resume_one(struct inflation *f, struct peer *from, struct peer *to)
{
    const bool has_yielded = f->has_yielded;

    f->has_yielded = false; /* it may yield anew */
    if (has_yielded && !relay_is_pressed(to)) {
        peer_resume(from);
    }
}

static void resume(struct wheel_timer *timer)
{
    struct compression *c = CONTAINER_OF(timer, struct compression, next_turn);
    struct session *s = c->session;
    const bool echoes = s->route->target == CONFIG_TARGET_ECHO;

    resume_one(&c->from_client, &s->client, echoes ? &s->client : &s->upstream);
    resume_one(&c->from_upstream, &s->upstream, &s->client);
}

/* ---- to the client ---- */

struct pmd_deflater *compression_deflater(struct session *s)
{
    const struct compression *c = s->compression;

    return c->deflater != NULL ? c->deflater
                               : pmd_pool_shared_deflater(&session_pool_compression(s->pool, s->route)->contexts,
                                                          c->agreed.server_max_window_bits);
}

/* ---- the end ---- */

static void give_kept(struct pmd_pool *contexts, struct inflation *f)
{
    if (f->is_kept) {
        pmd_pool_give_inflater(contexts, f->inflater);
    }
}

void compression_end(struct session *s)
{
    struct compression *c = s->compression;

    if (c == NULL) {
        return;
    }
    struct pmd_pool *contexts = &session_pool_compression(s->pool, s->route)->contexts;
    compression_give_back(s);
    list_remove(&c->link);
    wheel_clear(&c->next_turn);
    give_kept(contexts, &c->from_client);
    give_kept(contexts, &c->from_upstream);
    if (c->deflater != NULL) {
        pmd_pool_give_deflater(contexts, c->deflater);
    }
    slab_give(&s->pool->compressions, c);
    s->compression = NULL;
}

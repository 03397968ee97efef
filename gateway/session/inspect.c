#include "gateway/session/inspect.h"

#include "gateway/session/relay.h"

enum { INFLATED_AT = 32 << 10, INFLATED_BYTES = 64 << 10 };

/* What is wrong with the next bytes of a compressed message. */
static enum ws_status look(const struct session *s, struct inflation *f, struct slice in, bool is_last)
{
    const struct span room = {s->pool->scratch + INFLATED_AT, INFLATED_BYTES};
    const uint64_t bytes_max = s->route->settings.compression.inflated_bytes_max;
    struct slice out;
    enum ws_status fault;

    while (inflation_step(f, bytes_max, &in, is_last, room, &out, &fault) == PMD_NEED_ROOM) {
    }
    return fault;
}

/* The same of a part, by pieces. */
static enum ws_status look_at_part(const struct session *s, struct inflation *f, const struct ws_part *part)
{
    const struct span room = {s->pool->scratch, INFLATED_AT};
    enum ws_status fault;
    size_t taken = 0;

    do {
        const struct slice in = inflation_unmask(part, taken, room);
        taken += in.len;
        fault = look(s, f, in, part->ends_message && taken == part->body.len);
    } while (fault == WS_OK && taken < part->body.len);
    return fault;
}

size_t inspect_on_part(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(from);
    struct compression *c = s->compression;
    struct inflation *f = from == &s->client ? &c->from_client : &c->from_upstream;

    if (!part->is_control && inflation_takes(f, part)) {
        const enum ws_status fault = look_at_part(s, f, part);
        if (fault != WS_OK) {
            session_fault(from, fault);
            return 0;
        }
    }
    return relay_on_part(from, part, buffer);
}

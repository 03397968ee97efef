#include "gateway/session/inspect.h"

#include "gateway/session/relay.h"

enum { INFLATED_AT = 32 << 10, INFLATED_BYTES = 64 << 10 };

/* What was found in a part: how many of its bytes were not looked at yet, or what is wrong. */
struct look {
    size_t left;
    enum ws_status fault;
};

/* The next bytes of a compressed message, as far as there is time in this turn. */
static struct look look_at_bytes(struct session *s, struct inflation *f, struct slice in, bool is_last)
{
    const struct span room = {s->pool->scratch + INFLATED_AT, INFLATED_BYTES};
    enum pmd_status status;
    struct slice out;

    do {
        if (in.len > 0 && compression_must_yield(s, f)) {
            return (struct look){in.len, WS_OK};
        }
        status = inflation_step(f, &in, is_last, room, &out);
        compression_spend(s, f, out.len);
    } while (status == PMD_NEED_ROOM);
    return (struct look){0, f->fault};
}

/* The same of a part, by pieces. */
static struct look look_at_part(struct session *s, struct inflation *f, const struct ws_part *part)
{
    const struct span room = {s->pool->scratch, INFLATED_AT};
    struct look look;
    size_t taken = 0;

    do {
        const struct slice in = inflation_unmask(part, taken, room);
        taken += in.len;
        look = look_at_bytes(s, f, in, part->ends_message && taken == part->body.len);
    } while (look.fault == WS_OK && look.left == 0 && taken < part->body.len);
    look.left += part->body.len - taken;
    return look;
}

/* A part without its last bytes. */
static struct ws_part without(const struct ws_part *part, size_t left)
{
    struct ws_part first = *part;

    first.body.len -= left;
    if (left > 0) {
        first.ends_frame = first.ends_message = false;
    }
    return first;
}

size_t inspect_on_part(struct peer *from, const struct ws_part *part, uint16_t buffer)
{
    struct session *s = session_of(from);
    struct compression *c = s->compression;
    struct inflation *f = from == &s->client ? &c->from_client : &c->from_upstream;

    if (part->is_control || !inflation_takes(f, part)) {
        return relay_on_part(from, part, buffer);
    }
    const struct look look = look_at_part(s, f, part);
    if (look.fault != WS_OK) {
        session_fault(from, look.fault);
        return 0;
    }
    const struct ws_part seen = without(part, look.left);
    (void)relay_on_part(from, &seen, buffer);
    if (look.left > 0) {
        peer_pause(from);
    }
    return look.left;
}

#include "gateway/conn/inbox.h"

int inbox_slab_init(struct slab *slab, uint32_t head_bytes_max, uint32_t count)
{
    return slab_init(slab, sizeof(struct inbox) + head_bytes_max + INBOX_EARLY_BYTES_MAX, count);
}

struct inbox *inbox_take(struct slab *slab)
{
    struct inbox *in = slab_take(slab);
    if (in != NULL) {
        in->len = in->head_bytes = 0;
        in->scanned = 0;
    }
    return in;
}

size_t inbox_room(const struct inbox *in, const struct slab *slab)
{
    return slab->item_bytes - sizeof *in - in->len;
}

void inbox_append(struct inbox *in, const struct slab *slab, struct slice bytes)
{
    ASSERT(bytes.len <= inbox_room(in, slab));
    memcpy(in->bytes + in->len, bytes.ptr, bytes.len);
    in->len += (uint32_t)bytes.len;
}

enum http1_status inbox_scan(struct inbox *in, uint32_t head_bytes_max)
{
    const enum http1_status status = http1_head_scan((struct slice){in->bytes, in->len}, head_bytes_max, &in->scanned);
    if (status == HTTP1_OK) {
        in->head_bytes = (uint32_t)in->scanned;
    }
    return status;
}

void inbox_drop_head(struct inbox *in)
{
    const struct span rest = inbox_rest(in);
    memmove(in->bytes, rest.ptr, rest.len);
    in->len = (uint32_t)rest.len;
    in->head_bytes = 0;
    in->scanned = 0;
}

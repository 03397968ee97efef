#include "core/io/send_pool.h"

int send_pool_init(struct send_pool *p, struct buf_ring *bufs, uint32_t nodes, uint32_t chunks)
{
    p->bufs = bufs;
    int error = slab_init(&p->nodes, sizeof(struct send_node), nodes);
    if (error == 0) {
        error = slab_init(&p->chunks, sizeof(struct send_chunk), chunks);
    }
    if (error != 0) {
        slab_deinit(&p->nodes);
    }
    return error;
}

void send_pool_deinit(struct send_pool *p)
{
    slab_deinit(&p->nodes);
    slab_deinit(&p->chunks);
}

#include "core/deflate/pmd_memory.h"

static void *take(void *opaque, unsigned count, unsigned bytes)
{
    struct pmd_memory *m = opaque;
    const size_t mask = PMD_MEMORY_ALIGNMENT - 1;
    const size_t wanted = ((size_t)count * bytes + mask) & ~mask;
    if (wanted > m->block.len - m->used) {
        return Z_NULL;
    }
    uint8_t *taken = m->block.ptr + m->used;
    m->used += wanted;
    return taken;
}

static void give(void *opaque, void *taken)
{
    (void)opaque;
    (void)taken;
}

void pmd_memory_bind(struct pmd_memory *m, z_stream *stream, struct span block)
{
    ASSERT((uintptr_t)block.ptr % PMD_MEMORY_ALIGNMENT == 0);
    *m = (struct pmd_memory){.block = block};
    *stream = (z_stream){.zalloc = take, .zfree = give, .opaque = m};
}

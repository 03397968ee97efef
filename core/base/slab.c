#include "core/base/slab.h"

#include <errno.h>
#include <sys/mman.h>

#include "core/base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_POISONS 1
#endif
#endif
#ifdef SLAB_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(ptr, bytes)   ((void)(ptr), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, bytes) ((void)(ptr), (void)(bytes))
#endif

int slab_init(struct slab *s, size_t item_bytes, uint32_t capacity)
{
    ASSERT(item_bytes >= sizeof(struct slab_item) && capacity > 0 && capacity < UINT32_MAX);
    *s = (struct slab){.item_bytes = (item_bytes + 15) & ~(size_t)15, .capacity = capacity};

    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *base = mmap(NULL, s->item_bytes * capacity, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) {
        return -ENOMEM;
    }
    s->base = base;
    return 0;
}

void slab_deinit(struct slab *s)
{
    if (s->base == NULL) {
        return;
    }
    ASSERT(slab_is_whole(s));
    ASAN_UNPOISON_MEMORY_REGION(s->base, s->item_bytes * s->fresh);
    munmap(s->base, s->item_bytes * s->capacity);
    s->base = NULL;
}

void *slab_take(struct slab *s)
{
    struct slab_item *item;

    if (s->free_head != 0) {
        item = slab_at(s, s->free_head - 1);
        s->free_head = item->next_free;
    } else if (s->fresh < s->capacity) {
        item = slab_at(s, s->fresh++);
    } else {
        return NULL;
    }
    ASAN_UNPOISON_MEMORY_REGION(item + 1, s->item_bytes - sizeof *item);
    s->used++;
    return item;
}

void slab_give(struct slab *s, void *item)
{
    struct slab_item *freed = item;
    const uint32_t slot = slab_slot(s, freed);

    ASSERT(s->used > 0 && slot < s->fresh && slab_at(s, slot) == item);
    freed->generation++;
    freed->next_free = s->free_head;
    s->free_head = slot + 1;
    s->used--;
    ASAN_POISON_MEMORY_REGION(freed + 1, s->item_bytes - sizeof *freed);
}

#include "gateway/conf/config_arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) uint8_t bytes[];
};

struct config_arena {
    struct block *newest;
};

struct config_arena *config_arena_create(void)
{
    struct config_arena *arena = calloc(1, sizeof *arena);
    ASSERT(arena != NULL);
    return arena;
}

void config_arena_destroy(struct config_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct block *b = arena->newest, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

static void add_block(struct config_arena *arena, size_t bytes)
{
    const size_t size = bytes > CONFIG_ARENA_BLOCK_BYTES ? bytes : CONFIG_ARENA_BLOCK_BYTES;
    struct block *b = calloc(1, sizeof *b + size);

    ASSERT(b != NULL);
    b->size = size;
    b->next = arena->newest;
    arena->newest = b;
}

void *config_arena_alloc(struct config_arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);

    ASSERT(bytes <= SIZE_MAX / 2);
    bytes = (bytes + align - 1) / align * align;
    if (arena->newest == NULL || arena->newest->size - arena->newest->used < bytes) {
        add_block(arena, bytes);
    }
    struct block *b = arena->newest;
    void *piece = b->bytes + b->used;
    b->used += bytes;
    return piece;
}

void *config_arena_array(struct config_arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes = 0;
    ASSERT(!__builtin_mul_overflow(count, bytes_each, &bytes));
    return config_arena_alloc(arena, bytes);
}

char *config_arena_text(struct config_arena *arena, struct slice text)
{
    char *copy = config_arena_alloc(arena, text.len + 1);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}

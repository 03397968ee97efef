#include "gateway/conf/config_arena.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdalign.h>

Test(config_arena, pieces_are_zeroed_aligned_and_apart)
{
    struct config_arena *arena = config_arena_create();
    uint8_t *before = NULL;

    for (size_t bytes = 0; bytes < 3 * CONFIG_ARENA_BLOCK_BYTES; bytes = bytes * 2 + 1) {
        uint8_t *piece = config_arena_alloc(arena, bytes);
        cr_assert_eq((uintptr_t)piece % alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++) {
            cr_assert_eq(piece[i], 0);
        }
        memset(piece, 0xff, bytes);
        cr_assert(before == NULL || bytes == 1 || piece != before);
        before = piece;
    }
    config_arena_destroy(arena);
}

Test(config_arena, a_text_is_copied_and_ends_in_nul)
{
    struct config_arena *arena = config_arena_create();
    char text[] = "chat";
    const char *copy = config_arena_text(arena, (struct slice){(const uint8_t *)text, 3});

    text[0] = 'x';
    cr_assert_str_eq(copy, "cha");
    cr_assert_str_eq(config_arena_text(arena, (struct slice){0}), "");
    config_arena_destroy(arena);
}

Test(config_arena, destroying_nothing_is_fine)
{
    config_arena_destroy(NULL);
}

Test(config_arena, an_array_larger_than_memory_aborts, .signal = SIGABRT)
{
    cr_assert_null(config_arena_array(config_arena_create(), SIZE_MAX / 2, 4));
}

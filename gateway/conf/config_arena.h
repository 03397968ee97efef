/*
 * config_arena - memory that is taken piece by piece and given back whole.
 *
 * Thread: one at a time. Memory: blocks of CONFIG_ARENA_BLOCK_BYTES, larger ones where a piece is larger.
 * Errors: none (out of memory at start-up aborts). Limits: none; the size of a configuration file bounds it.
 */
#ifndef GATEWAY_CONF_CONFIG_ARENA_H
#define GATEWAY_CONF_CONFIG_ARENA_H

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum { CONFIG_ARENA_BLOCK_BYTES = 16 << 10 };

struct config_arena;

MUST_USE struct config_arena *config_arena_create(void);
void config_arena_destroy(struct config_arena *arena);

/* Zeroed, aligned for any type; lives as long as the arena. */
MUST_USE void *config_arena_alloc(struct config_arena *arena, size_t bytes);

/* Room for count elements of the given size each. */
MUST_USE void *config_arena_array(struct config_arena *arena, size_t count, size_t bytes_each);

/* A copy of text that ends in NUL. */
MUST_USE char *config_arena_text(struct config_arena *arena, struct slice text);

#endif
